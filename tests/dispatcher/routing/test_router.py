from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatcher.registry.address import PROBE_HOST, Address
from dispatcher.registry.site import App, Site
from dispatcher.routing.router import LABEL, ROOM, SHORT, Router, route
from tests.dispatcher.wsgi import Seen, ask, environ_of, get

PORTAL = App("portal", "apps.portal:create_app", (Address("example.org"),))
WIKI = App(
    "wiki",
    "apps.wiki:create_app",
    (Address("example.org", "/wiki"), Address("wiki.example.org"), Address("wiki.net")),
)
SITE = Site("yard", "example.org", (PORTAL, WIKI))


def seen(app: App, _: Address) -> Seen:
    return Seen(app.name)


def remembered(site: Router) -> set[str]:
    return {*site.headers, *site.below}


def router(*, by_address: bool = False) -> Router:
    return route(SITE, seen, by_address=by_address)


@pytest.mark.parametrize(
    ("host", "path", "app"),
    [
        ("example.org", "/", "portal"),
        ("example.org", "/news", "portal"),
        ("example.org", "/wiki/", "wiki"),
        ("example.org", "/wiki/a/b", "wiki"),
        ("example.org", "/wikis", "portal"),
        ("wiki.example.org", "/", "wiki"),
        ("wiki.net", "/a", "wiki"),
        ("EXAMPLE.org.:8000", "/wiki/", "wiki"),
    ],
)
def test_an_app_answers_at_every_address_it_is_given(host: str, path: str, app: str) -> None:
    assert get(router(), path, host).text == app


@pytest.mark.parametrize(
    ("host", "status"),
    [
        pytest.param("example.net", 421, id="nobody's"),
        pytest.param("evilexample.org", 421, id="ends like ours"),
        pytest.param("x.example.org", 421, id="below ours"),
        pytest.param("127.0.0.1", 421, id="an address"),
        pytest.param("a b", 400, id="no host name"),
        pytest.param("example.org:port", 400, id="no port"),
        pytest.param("", 400, id="empty"),
        pytest.param("example.org,example.org", 400, id="two, joined by the server"),
        pytest.param("example.org:65536", 400, id="no port there can be"),
        pytest.param("b\xe4ckerei.example", 400, id="latin-1"),
        pytest.param("\xc3\xa4.example", 421, id="nobody's, in UTF-8"),
        pytest.param("a" * 100_000, 400, id="100 kB"),
        pytest.param(None, 400, id="absent, as in HTTP/1.0"),
    ],
)
def test_a_host_that_is_nobodys_is_misdirected_and_what_is_no_host_is_a_bad_request(
    host: str | None, status: int
) -> None:
    assert get(router(), "/", host).status == status


def test_a_path_that_is_nobodys_on_a_known_host_is_not_found() -> None:
    only = route(Site("yard", "example.org", (WIKI,)), seen)
    assert get(only, "/nothing").status == 404
    assert get(route(Site("yard", "example.org", ()), seen), "/").status == 404


GROUPS = App("groups", "apps.groups:app", (Address("*.archive.example.org"),))
ARCHIVE = App(
    "archive",
    "apps.archive:app",
    (
        Address("archive.example.org"),
        Address("help.archive.example.org"),
        Address("*.archive.example.org", "/help"),
    ),
)


@pytest.mark.parametrize(
    ("host", "path", "app", "label"),
    [
        pytest.param("choir.archive.example.org", "/", "groups", "choir", id="one label below"),
        pytest.param("CHOIR.Archive.Example.org.:80", "/", "groups", "choir", id="normalised"),
        pytest.param("choir.archive.example.org", "/help/", "archive", "choir", id="a mount"),
        pytest.param("help.archive.example.org", "/", "archive", None, id="an exact host wins"),
        pytest.param("archive.example.org", "/", "archive", None, id="not its own domain"),
    ],
)
def test_a_wildcard_answers_one_label_below_its_domain_and_says_which(
    host: str, path: str, app: str, label: str | None
) -> None:
    apps = {name: Seen(name) for name in ("groups", "archive")}
    site = route(Site("yard", "example.org", (GROUPS, ARCHIVE)), lambda app, _: apps[app.name])

    assert get(site, path, host).text == app
    assert apps[app].environ.get(LABEL) == label


def test_a_wildcard_is_told_from_its_exact_hosts_at_every_port() -> None:
    site = route(Site("yard", "example.org", (GROUPS, ARCHIVE)), seen)

    for host, app in [("choir", "groups"), ("help", "archive"), ("choir", "groups")]:
        assert get(site, "/", f"{host}.archive.example.org:80").text == app


@pytest.mark.parametrize(
    ("host", "status"),
    [
        pytest.param("a.b.archive.example.org", 421, id="two labels below"),
        pytest.param("choirarchive.example.org", 421, id="ends like it"),
        pytest.param("archive.example.net", 421, id="elsewhere"),
        pytest.param("*.archive.example.org", 400, id="itself"),
        pytest.param(".archive.example.org", 400, id="no label"),
        pytest.param("a_b.archive.example.org", 400, id="no host label"),
    ],
)
def test_a_wildcard_answers_nothing_else(host: str, status: int) -> None:
    site = route(Site("yard", "example.org", (GROUPS,)), seen)
    assert get(site, "/", host).status == status


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "[::1]:8000", "192.168.1.2"])
def test_an_ip_address_is_the_sites_own_host_where_that_is_wanted(host: str) -> None:
    assert get(router(by_address=True), "/wiki/", host).text == "wiki"


def test_probes_answer_at_their_own_host_only() -> None:
    probed = route(SITE, seen, probes=Seen("probes"))

    assert get(probed, "/live", PROBE_HOST).text == "probes"
    assert get(probed, "/live").text == "portal"


@pytest.mark.parametrize(
    ("header", "normal"),
    [
        ("example.org", "example.org"),
        ("Example.ORG.:0080", "example.org:80"),
        ("example.org:", "example.org"),
        ("wiki.example.org:65535", "wiki.example.org:65535"),
    ],
)
def test_an_app_sees_the_normal_spelling_of_its_host(header: str, normal: str) -> None:
    app = Seen()
    get(route(SITE, lambda *_: app), "/", header)
    assert app.environ["HTTP_HOST"] == normal


def test_a_host_answers_to_its_name_in_any_script_and_in_ascii() -> None:
    app = Seen()
    bakery = App("bakery", "a:b", (Address("xn--bckerei-5wa.example"),))
    site = route(Site("yard", "example.org", (bakery,)), lambda *_: app)

    for name in ("bäckerei.example", "BÄCKEREI.Example.:80", "XN--bckerei-5wa.example"):
        header = name.encode().decode("latin-1")  # as PEP 3333 has it
        assert get(site, "/", header).status == 200
        assert app.environ["HTTP_HOST"].startswith("xn--bckerei-5wa.example")


@given(st.text(alphabet="eExamplORG.:80", max_size=20))
def test_a_spelling_is_answered_the_same_way_each_time(header: str) -> None:
    site = router()
    first, second = (ask(site, environ_of("/", header)) for _ in range(2))
    assert (first.status, first.text) == (second.status, second.text)


def test_hosts_of_strangers_leave_nothing_behind() -> None:
    site = router()
    before = remembered(site)

    for number in range(3000):
        get(site, "/", f"host{number}.example")

    assert remembered(site) == before


def test_what_a_wildcard_stands_for_is_not_remembered() -> None:
    site = route(Site("yard", "example.org", (GROUPS,)), seen)
    before = remembered(site)

    for number in range(3000):
        assert get(site, "/", f"group{number}.archive.example.org").text == "groups"
        assert get(site, "/", f"Group{number}.archive.example.org").text == "groups"
        assert get(site, "/", f"a{number}.b.archive.example.org").status == 421

    assert remembered(site) == before


def test_spellings_of_known_hosts_take_bounded_room() -> None:
    site = router()

    for number in range(3000):
        assert get(site, "/", f"example.org:{number}").text == "portal"
        assert get(site, "/", f"EXAMPLE.org.:{number:05}").text == "portal"
        assert get(site, "/", "example.org:" + "0" * 50 + str(number)).status == 400

    assert len(remembered(site)) == len(SITE.hosts) + ROOM
    assert max(map(len, remembered(site))) <= len("wiki.example.org:65535")


def test_paths_of_mounts_take_bounded_room_and_other_paths_none() -> None:
    site = router()

    for number in range(2 * ROOM):
        assert get(site, f"/wiki/{number}").text == "wiki"
        assert get(site, f"/{number}/").text == "portal"
        assert get(site, f"/{number}/", "wiki.net").text == "wiki"
        assert get(site, "/wiki/" + "x" * SHORT + str(number)).text == "wiki"
        assert get(site, f"/wiki/{number}/../..").status == 400

    known = [path for _, paths, *_ in site.headers.values() for path in paths]
    assert len(known) == ROOM
    assert all(path.startswith("/wiki/") and len(path) < SHORT for path in known)


def test_a_path_that_is_known_is_answered_as_it_was_the_first_time() -> None:
    app = Seen()
    site = route(SITE, lambda *_: app)

    for script in ("", "", "/outer"):
        get(site, "/wiki/page", SCRIPT_NAME=script)
        assert (app.environ["SCRIPT_NAME"], app.environ["PATH_INFO"]) == (f"{script}/wiki", "/page")


def test_a_known_path_is_not_taken_for_one_with_an_encoded_slash_in_its_mount() -> None:
    site = router()
    assert get(site, "/wiki/page", RAW_URI="/wiki/page?q=%2f").text == "wiki"
    assert get(site, "/wiki/page", RAW_URI="/wiki%2fpage").status == 400
    assert get(site, "/wiki/page", RAW_URI="/wiki%2fpage?/wiki/page?").status == 400
