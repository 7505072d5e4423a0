from __future__ import annotations

import pytest

from dispatcher.registry.address import Address
from dispatcher.routing.router import LABEL
from dispatcher.tenants.resolution import TENANT, named
from tests.dispatcher.wsgi import Seen, ask, environ_of, get

BY_PATH = Address("example.org", "/t")
BY_HOST = Address("*.archive.example.org")


@pytest.mark.parametrize(
    ("path", "tenant", "script", "rest"),
    [
        ("/choir/", "choir", "/t/choir", "/"),
        ("/choir/a/b", "choir", "/t/choir", "/a/b"),
        ("/choir//x", "choir", "/t/choir", "//x"),
        ("/choir/a/../b", "choir", "/t/choir", "/a/../b"),
        ("/9/", "9", "/t/9", "/"),
    ],
)
def test_the_tenant_by_path_is_the_next_segment_and_part_of_the_mount(
    path: str, tenant: str, script: str, rest: str
) -> None:
    app = Seen()
    get(named(BY_PATH, app), path, SCRIPT_NAME="/t")
    seen = app.environ
    assert (seen[TENANT], seen["SCRIPT_NAME"], seen["PATH_INFO"]) == (tenant, script, rest)


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/choir/../band/", "/t/choir/../band/"),
        ("/choir/..", "/t/choir/.."),
        ("/choir/../../", "/t/choir/../../"),
        ("/choir/../band/", "/t/choir/%2e%2e/band/"),
        ("/choir/band/", "/t/choir%2Fband/"),
        ("/choir/", "/t%2fchoir/"),
    ],
)
def test_a_path_in_which_two_tenants_can_be_read_reaches_neither(path: str, target: str) -> None:
    app = Seen()
    environ = environ_of(path, SCRIPT_NAME="/t", RAW_URI=target)
    assert ask(named(BY_PATH, app), environ).status == 400
    assert not app.calls


def test_other_letters_of_a_tenants_name_may_be_encoded() -> None:
    app = Seen()
    get(named(BY_PATH, app), "/choir/a/b", SCRIPT_NAME="/t", RAW_URI="/t/%63hoir/a%2fb")
    assert app.environ[TENANT] == "choir"


@pytest.mark.parametrize("path", ["", "/", "//choir/", "/Choir/", "/a.b/", "/../", "/a_b", "/é/"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_is_no_tenants_name_is_the_sites_404_and_reaches_no_app(
    path: str, method: str
) -> None:
    app = Seen()
    environ = environ_of(path, SCRIPT_NAME="/t", REQUEST_METHOD=method)
    assert ask(named(BY_PATH, app), environ).status == 404
    assert not app.calls


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_tenant_by_path_without_its_slash_is_redirected_to_it(method: str) -> None:
    answer = get(
        named(BY_PATH, Seen()),
        "/choir",
        SCRIPT_NAME="/t",
        QUERY_STRING="q=1",
        REQUEST_METHOD=method,
    )
    assert (answer.status, answer.headers["Location"]) == (308, "/t/choir/?q=1")


def test_what_is_posted_to_a_tenant_without_its_slash_reaches_the_app() -> None:
    app = Seen()
    get(named(BY_PATH, app), "/choir", SCRIPT_NAME="/t", REQUEST_METHOD="POST")
    assert (app.environ["SCRIPT_NAME"], app.environ["PATH_INFO"]) == ("/t/choir", "")


def test_the_tenant_by_host_is_the_label_the_router_found() -> None:
    app = Seen()
    get(named(BY_HOST, app), "/a", **{LABEL: "choir"})
    seen = app.environ
    assert (seen[TENANT], seen["SCRIPT_NAME"], seen["PATH_INFO"]) == ("choir", "", "/a")
