from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from werkzeug.routing import Map

from dispatcher.links.endpoints import Exported, LinkError
from dispatcher.links.rules import ROOM, OutError, Rules, asked
from dispatcher.registry.site import App
from tests.dispatcher.conftest import Write

SITE = """\
name = "yard"
domain = "example.org"
[apps.members]
app = "yard_members:create_app"
path = "/members"
[apps.archive]
app = "yard_members:create_archive"
tenants = "/t/<tenant>"
[apps.plain]
app = "yard_members:plain"
path = "/plain"
[apps.broken]
app = "yard_members:broken"
path = "/broken"
[apps.mutual]
app = "yard_members:create_mutual"
path = "/mutual"
"""

MEMBERS = """\
from flask import Flask
from dispatcher.links import site_url
print("this is no JSON")
def create_app():
    app = Flask("yard_members")
    app.add_url_rule("/people/<int:id>", "profile", lambda id: "")
    return app
def create_archive(tenant):
    if tenant == "broke":
        raise OSError("disk full")
    app = Flask(tenant)
    app.add_url_rule("/items/<name>", "item", lambda name: "")
    return app
def create_mutual():
    site_url("members", "profile", id=3)
def tenant_exists(tenant):
    return "perhaps" if tenant == "unsure" else tenant in ("choir", "broke")
def plain(environ, start_response):
    return []
"""


@pytest.fixture
def _site(write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write("yard_members", MEMBERS)
    (tmp_path / "site.toml").write_text(SITE)
    monkeypatch.setenv("DISPATCHER_SITE", str(tmp_path / "site.toml"))


def endpoints(rules: list[Exported] | None) -> list[str]:
    return [rule["endpoint"] for rule in rules or []]


@pytest.mark.usefixtures("_site")
def test_another_process_tells_what_an_app_has_and_this_one_imports_nothing() -> None:
    assert endpoints(asked("members", "")) == ["static", "profile"]
    assert endpoints(asked("archive", "choir")) == ["static", "item"]
    assert asked("plain", "") is None


@pytest.mark.usefixtures("_site")
@pytest.mark.parametrize(
    ("name", "tenant", "fault"),
    [
        ("broken", "", "yard_members has no 'broken'"),
        ("archive", "stranger", "be asked for: there is no tenant 'stranger'"),
        (
            "archive",
            "broke",
            "archive.broke: yard_members:create_archive cannot be loaded: OSError",
        ),
        ("archive", "unsure", "archive: yard_members:create_archive cannot be loaded: TypeError"),
        ("mutual", "", "its endpoints are not known while another app tells its own"),
    ],
)
def test_an_app_that_does_not_load_is_out_and_the_reason_told(
    name: str, tenant: str, fault: str
) -> None:
    with pytest.raises(OutError) as raised:
        asked(name, tenant)
    assert fault in str(raised.value)


MEMBERS_APP = App("members", "a:b", ())


def test_an_app_is_asked_for_once_however_many_want_to_know() -> None:
    times: list[str] = []

    def ask(name: str, tenant: str) -> list[Exported]:
        times.append(name)
        return []

    rules, barrier = Rules(ask), Barrier(8)

    def want(_: int) -> Map:
        barrier.wait(10)
        return rules.of(MEMBERS_APP, "")

    with ThreadPoolExecutor(8) as threads:
        assert len(set(map(id, threads.map(want, range(8))))) == 1
    assert times == ["members"]


def test_an_app_that_is_out_is_not_asked_for_with_every_link(
    caplog: pytest.LogCaptureFixture,
) -> None:
    times: list[str] = []

    def ask(name: str, tenant: str) -> list[Exported]:
        times.append(name)
        raise OutError(name, "boom")

    rules = Rules(ask)
    for _ in range(3):
        with pytest.raises(OutError):
            rules.of(MEMBERS_APP, "")
    assert times == ["members"]
    assert len(caplog.records) == 1


def test_a_tenant_that_there_is_not_does_not_put_the_app_out_for_others() -> None:
    def ask(name: str, tenant: str) -> list[Exported]:
        if tenant != "choir":
            raise OutError(name, "there is no such tenant")
        return []

    rules = Rules(ask)
    for number in range(200):
        with pytest.raises(OutError):
            rules.of(MEMBERS_APP, f"stranger{number}")
    assert isinstance(rules.of(MEMBERS_APP, "choir"), Map)
    assert isinstance(rules.of(MEMBERS_APP, "stranger1"), Map)
    assert len(rules.out) <= ROOM


def test_an_app_without_endpoints_is_told_to_be_one() -> None:
    with pytest.raises(LinkError, match="it is no Flask app"):
        Rules(lambda *_: None).of(MEMBERS_APP, "")
