from pathlib import Path

import pytest

from dispatcher.registry.site import Pool
from dispatcher.settings import Settings, SettingsError

SITE = """\
name = "yard"
domain = "example.org"
[apps.wiki]
app = "wiki_app:application"
path = "/wiki"
pool = "files"
[pools.files]
workers = 1
worker_class = "sync"
[environments.staging]
domain = "staging.example.org"
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "site.toml"
    path.write_text(SITE)
    return path


def test_without_variables_the_whole_site_of_this_folder_is_served() -> None:
    assert Settings.of({}) == Settings(Path("site.toml"), "", "", "", "", 0)


def test_each_variable_has_its_setting() -> None:
    settings = Settings.of(
        {
            "DISPATCHER_SITE": "/srv/site.toml",
            "DISPATCHER_ENV": "staging",
            "DISPATCHER_DOMAIN": "localhost",
            "DISPATCHER_POOL": "files",
            "DISPATCHER_RELEASE": "r1",
            "DISPATCHER_PROXIES": "2",
            "DISPATCHER_PORT": "8000",
        }
    )
    assert settings == Settings(
        Path("/srv/site.toml"), "staging", "localhost", "files", "r1", 2, 8000
    )


@pytest.mark.parametrize("value", ["", "one", "-1", "1.5", " 1"])
def test_a_number_of_proxies_that_is_none_is_refused_with_what_would_be_right(value: str) -> None:
    with pytest.raises(SettingsError) as raised:
        Settings.of({"DISPATCHER_PROXIES": value})
    assert str(raised.value) == (
        f"DISPATCHER_PROXIES={value!r}: must be how many proxies stand in front, as in 1"
    )


def test_a_port_that_is_none_is_refused_with_what_would_be_right() -> None:
    with pytest.raises(SettingsError, match="DISPATCHER_PORT='http': must be a port, as in 8000"):
        Settings.of({"DISPATCHER_PORT": "http"})


def test_a_pool_that_is_not_there_is_refused_with_those_that_are(path: Path) -> None:
    with pytest.raises(SettingsError) as raised:
        Settings(path, pool="file").read()
    assert str(raised.value) == f"DISPATCHER_POOL='file': {path} has the pools default, files"


def test_the_site_is_read_as_the_variables_have_it(path: Path) -> None:
    assert Settings(path, env="staging").read().domain == "staging.example.org"
    assert Settings(path, domain="localhost").read().domain == "localhost"


def test_the_whole_site_is_served_by_the_processes_of_the_default_pool(path: Path) -> None:
    whole, files = Settings(path), Settings(path, pool="files")
    assert whole.pool_of(whole.read()) == Pool()
    assert files.pool_of(files.read()) == Pool("files", 1, "sync")


def test_a_form_of_the_log_that_there_is_not_is_refused_with_those_there_are() -> None:
    assert Settings.of({"DISPATCHER_LOG": "json"}).log == "json"
    with pytest.raises(SettingsError, match="DISPATCHER_LOG='xml': must be text or json"):
        Settings.of({"DISPATCHER_LOG": "xml"})
