import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from dispatcher.develop.application import LOADING, application, local, site_here
from dispatcher.registry.faults import RegistryError
from tests.dispatcher.conftest import Write
from tests.dispatcher.loading.test_importing import WSGI
from tests.dispatcher.wsgi import get

SITE = """\
name = "yard"
domain = "example.org"
[apps.wiki]
app = "yard_wiki:application"
path = "/wiki"
subdomain = "wiki"
domains = ["wiki.example.net"]
"""


@pytest.fixture
def path(tmp_path: Path, write: Write) -> Iterator[Path]:
    """Write a site; when done, wait until nothing loads the app any more."""
    write("yard_wiki", WSGI)
    path = tmp_path / "site.toml"
    path.write_text(SITE)
    yield path
    for thread in threading.enumerate():
        if thread.name == LOADING:
            thread.join(10)


@pytest.mark.parametrize(
    "host",
    [
        "localhost:8000",
        "127.0.0.1:8000",
        "[::1]:8000",
        "wiki.localhost:8000",
        "wiki.example.net.localhost:8000",
    ],
)
def test_locally_the_domain_is_localhost_whatever_the_registry_says(path: Path, host: str) -> None:
    where = "/wiki/" if "wiki" not in host else "/"
    assert get(local(site_here(path, "", 8000), debug=True), where, host).text == "here"


def test_the_registrys_own_domain_is_nobodys_on_this_machine(path: Path) -> None:
    assert get(local(site_here(path, "", 8000), debug=True), "/wiki/", "example.org").status == 421


@pytest.mark.parametrize("debug", [True, False])
def test_only_a_developer_sees_the_traceback_of_a_broken_app(
    path: Path, write: Write, debug: bool
) -> None:
    write("yard_wiki", "1 / 0")
    answer = get(local(site_here(path, "", 8000), debug=debug), "/wiki/", "localhost")
    assert answer.status == 503
    assert ("ZeroDivisionError" in answer.text) is debug


def test_a_registry_that_is_faulty_from_the_start_starts_nothing(path: Path) -> None:
    path.write_text("name = 3")
    with pytest.raises(RegistryError):
        site_here(path, "", 8000)


def test_a_registry_that_breaks_meanwhile_is_a_page_until_it_is_mended(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path.write_text(SITE.replace('"/wiki"', '"wiki"'))

    answer = get(
        application(lambda: site_here(path, "", 8000), then=lambda _: None), "/", "localhost"
    )

    assert answer.status == 503
    assert "can never match" in answer.text
    assert "can never match" in capsys.readouterr().err
