"""An app gets the secrets a person set for it, by name, and nobody is shown one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dispatcher.cli import main
from dispatcher.keys.own import SecretFile, fault_of_secret, located
from dispatcher.keys.private import PrivateError
from dispatcher.loading.attempt import attempt
from dispatcher.registry.address import Address
from dispatcher.registry.site import App, Site
from dispatcher.serving.apps import ready
from tests.dispatcher.conftest import Write
from tests.dispatcher.wsgi import get

VALUE = "p4ss {word}\nof two lines\n"

SITE = """\
name = "yard"
domain = "example.org"
[apps.wiki]
app = "secretive:make"
path = "/wiki"
args.key = "<{secret:API_KEY}>"
"""

APP = """\
def make(key):
    def application(environ, start_response):
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [key.encode()]
    return application
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "site.toml").write_text(SITE)
    (tmp_path / "secretive.py").write_text(APP)
    return tmp_path / "site.toml"


def dispatcher(site: Path, *words: str, typed: str | bytes = "") -> Result:
    return CliRunner().invoke(main, [*words, "--site", str(site)], input=typed)


@pytest.fixture
def file(site: Path) -> SecretFile:
    return located(site, {})


def test_a_secret_is_set_from_stdin_for_nobody_else_to_read(site: Path, file: SecretFile) -> None:
    done = dispatcher(site, "secrets", "set", "API_KEY", "--app", "wiki", typed=f"{VALUE}\n")

    assert done.output == f"API_KEY of wiki is set, in {file.path}\n"
    assert file.of("wiki", "API_KEY") == VALUE
    assert file.path.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in file.path.parent.iterdir()] == ["secrets"], "nothing aside"


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ("", "is empty"),
        ("\n", "is empty"),
        ("a\0b", "has a NUL"),
        ("x" * 65_537, "has more than 65536 bytes"),
        ("ö" * 40_000, "has more than 65536 bytes"),
        (b"\xff\xfe", "is not UTF-8"),
    ],
)
def test_what_cannot_be_a_secret_is_refused_and_not_shown(
    site: Path, file: SecretFile, given: str | bytes, fault: str
) -> None:
    done = dispatcher(site, "secrets", "set", "API_KEY", "--app", "wiki", typed=given)

    assert done.exit_code == 1
    assert fault in done.output
    assert "xxx" not in done.output
    assert not file.path.exists()


@pytest.mark.parametrize("name", ["../A", "A-B", "1A", "A" * 65])
def test_a_name_that_site_toml_could_not_have_is_refused(site: Path, name: str) -> None:
    done = dispatcher(site, "secrets", "set", name, "--app", "wiki", typed="x")

    assert done.exit_code == 2
    assert "letters, digits and _" in done.output


def test_the_list_says_what_is_used_and_what_is_missing_and_no_secret(
    site: Path, file: SecretFile
) -> None:
    assert "wiki   API_KEY   is not set" in dispatcher(site, "secrets", "list").output
    file.set("wiki", "API_KEY", VALUE)
    file.set("shop", "OLD", "forgotten")

    told = dispatcher(site, "secrets", "list").output

    assert "wiki   API_KEY   is used" in told
    assert "shop   OLD       is in no use" in told
    assert "p4ss" not in told
    assert "forgotten" not in told


def test_a_secret_is_forgotten_and_one_not_there_is_told_with_those_there_are(
    site: Path, file: SecretFile
) -> None:
    file.set("wiki", "API_KEY", VALUE)
    file.set("wiki", "OTHER", VALUE)

    done = dispatcher(site, "secrets", "remove", "API_KEY", "--app", "wiki")
    again = dispatcher(site, "secrets", "remove", "API_KEY", "--app", "wiki")

    assert done.output == "API_KEY of wiki is forgotten\n"
    assert file.read() == {"wiki": {"OTHER": VALUE}}
    assert again.output == "Error: wiki has no secret API_KEY; those it has: OTHER\n"


def test_check_names_a_secret_that_is_not_set_and_how_to_set_it(
    site: Path, file: SecretFile
) -> None:
    missing = dispatcher(site, "check")
    file.set("wiki", "API_KEY", VALUE)
    there = dispatcher(site, "check")

    right = "the secret API_KEY is not set; run: dispatcher secrets set API_KEY --app wiki"
    assert missing.exit_code == 1
    assert right in missing.output
    assert there.exit_code == 0
    assert "p4ss" not in there.output


def test_an_app_is_given_its_own_and_not_another_s(
    write: Write, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    write("secretive", APP)
    file = SecretFile(tmp_path / "own")
    monkeypatch.setenv("DISPATCHER_SECRETS", str(file.path))
    file.set("wiki", "API_KEY", VALUE)
    here = Address("example.org", "")
    wiki = App("wiki", "secretive:make", (here,), args={"key": "<{secret:API_KEY}>"})
    shop = App("shop", "secretive:make", (here,), args={"key": "{secret:API_KEY}"})
    site = Site("yard", "example.org", (wiki, shop))

    made = ready(wiki, site, here)
    other = attempt(shop, lambda app: ready(app, site, here), 5).error

    assert get(made, "/", "example.org").text == f"<{VALUE}>"
    assert str(other).endswith("run: dispatcher secrets set API_KEY --app shop")


def test_a_tenant_s_instance_is_given_its_app_s(
    write: Write, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    write("secretive", APP)
    file = SecretFile(tmp_path / "own")
    monkeypatch.setenv("DISPATCHER_SECRETS", str(file.path))
    file.set("wiki", "API_KEY", VALUE)
    here = Address("ada.example.org")
    ada = App("wiki.ada", "secretive:make", (here,), args={"key": "{secret:API_KEY}"})

    made = ready(ada, Site("yard", "example.org", (ada,)), here)

    assert get(made, "/", here.host).text == VALUE


@pytest.mark.parametrize("mode", [0o640, 0o604])
def test_a_file_that_others_may_read_is_refused(file: SecretFile, mode: int) -> None:
    file.set("wiki", "API_KEY", VALUE)
    file.path.chmod(mode)

    with pytest.raises(PrivateError, match=f"others may read it; run: chmod 600 {file.path}"):
        file.read()


@pytest.mark.parametrize("content", ["", "[]", '{"wiki": 3}', '{"wiki": {"A": 3}}', "{"])
def test_a_damaged_file_is_refused_and_stays(file: SecretFile, content: str) -> None:
    file.write({})
    file.path.write_text(content)

    with pytest.raises(PrivateError, match=r"is not JSON like \{app: \{name: secret\}\}"):
        file.set("wiki", "API_KEY", VALUE)
    assert file.path.read_text() == content


def test_where_the_secrets_are(tmp_path: Path) -> None:
    site, credentials = tmp_path / "site.toml", tmp_path / "credentials"
    here = SecretFile(tmp_path / "instance" / "secrets")
    credentials.mkdir()
    systemd = {"CREDENTIALS_DIRECTORY": str(credentials)}

    assert located(site, {}) == here
    assert located(site, systemd) == here, "its credentials are for something else"
    (credentials / "secrets").write_text(json.dumps({"wiki": {"API_KEY": VALUE}}))
    assert located(site, systemd) == SecretFile(credentials / "secrets", own=False)
    assert located(site, {**systemd, "DISPATCHER_SECRETS": "/s"}) == SecretFile(Path("/s"))


def test_what_systemd_hands_over_is_read_and_what_is_missing_in_it_is_set_by_fab(
    tmp_path: Path,
) -> None:
    (tmp_path / "secrets").write_text(json.dumps({"wiki": {"API_KEY": VALUE}}))
    (tmp_path / "secrets").chmod(0o440)
    file = SecretFile(tmp_path / "secrets", own=False)

    assert file.of("wiki", "API_KEY") == VALUE
    with pytest.raises(LookupError, match="run: fab secrets-set OTHER --app wiki"):
        file.of("wiki", "OTHER")


def test_a_secret_may_have_any_text_of_some_length() -> None:
    assert fault_of_secret("{}\n\t💥 " + "x" * 60_000) is None
