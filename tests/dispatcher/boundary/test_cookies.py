"""Each app sees the cookies it set itself, and those alone."""

from __future__ import annotations

from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatcher.boundary.cookies import MARK, Namespace
from tests.dispatcher.browser import Browser

HOST = "example.org"


class Served:
    """An app at an address, as one browser meets it."""

    def __init__(self, browser: Browser, name: str, mount: str = "", host: str = HOST) -> None:
        self.browser, self.mount, self.host = browser, mount, host
        self.cookies = Namespace(name, alone=host != HOST)

    def sets(self, *values: str, path: str = "/", secure: bool = True) -> None:
        for value in values:
            bare = self.mount + path == self.mount
            for header in self.cookies.outward(value, self.mount, secure, bare=bare):
                assert self.browser.store(header, self.host, self.mount + path, secure=secure)

    def sees(self, path: str = "/", *, secure: bool = True) -> str:
        header = self.browser.header(self.host, self.mount + path, secure=secure)
        return self.cookies.inward(header, secure)


@pytest.fixture
def browser() -> Browser:
    return Browser()


def outward(value: str, mount: str = "/wiki", **more: bool) -> tuple[str, ...]:
    return Namespace("wiki").outward(value, mount, more.pop("secure", False), **more)


def test_two_apps_on_one_host_keep_their_sessions(browser: Browser) -> None:
    wiki, shop = Served(browser, "wiki", "/wiki"), Served(browser, "shop", "/shop")

    wiki.sets("session=w; HttpOnly; Path=/")
    shop.sets("session=s; HttpOnly; Path=/")

    assert (wiki.sees(), shop.sees()) == ("session=w", "session=s")


def test_an_app_at_the_root_and_one_below_it_keep_their_sessions(browser: Browser) -> None:
    portal, wiki = Served(browser, "portal"), Served(browser, "wiki", "/wiki")

    portal.sets("session=p; HttpOnly; Path=/")
    wiki.sets("session=w; HttpOnly; Path=/")

    assert (portal.sees(), wiki.sees()) == ("session=p", "session=w")
    assert portal.sees("/wiki/page") == "session=p", "should it ever be asked there"


@pytest.mark.parametrize("secure", [False, True])
def test_what_the_app_wrote_stays_but_for_the_name(secure: bool) -> None:
    end = "" if secure else "; secure"
    wrote = f'a="x, y=1";expires=Wed, 21 Oct 2026 07:28:00 GMT; Path=/wiki/;httponly{end}; New=1'

    (header,) = outward(wrote)

    assert header == f"wiki~{wrote}"


def test_a_cookie_without_attributes_goes_out_with_its_mark_alone() -> None:
    assert outward("a=b") == ("a=b", f"wiki~a={MARK}; HttpOnly")


@pytest.mark.parametrize(
    ("path", "becomes"),
    [
        ("/", "/wiki"),
        ("//", "/wiki"),
        ("/admin", "/wiki/admin"),
        ("/wikipedia", "/wiki/wikipedia"),
        ("/wiki", "/wiki"),
        ("/wiki/", "/wiki/"),
        ("/wiki/admin", "/wiki/admin"),
        ("", ""),
        ("admin", "admin"),
    ],
)
def test_a_path_that_would_escape_the_mount_is_pulled_under_it(path: str, becomes: str) -> None:
    assert outward(f"a=b; Path={path}; HttpOnly") == (f"wiki~a=b; Path={becomes}; HttpOnly",)


def test_every_path_of_several_is_pulled_under_the_mount() -> None:
    (header,) = outward("a=b; HttpOnly; path=/x; PATH = / ")

    assert header == "wiki~a=b; HttpOnly; path=/wiki/x; PATH =/wiki"


def test_a_path_at_the_root_stays() -> None:
    assert outward("a=b; HttpOnly; Path=/x", "") == ("wiki~a=b; HttpOnly; Path=/x",)


@pytest.mark.parametrize("path", ["", "; Path=", "; Path=/x; Path=x"])
def test_a_cookie_without_a_path_stays_under_the_mount_asked_without_its_slash(path: str) -> None:
    (header,) = outward(f"a=b; HttpOnly{path}", bare=True)
    browser = Browser()
    browser.store(header, HOST, "/wiki")

    assert browser.header(HOST, "/shop/") == ""
    assert browser.header(HOST, "/wiki/") == "wiki~a=b"


def test_a_domain_is_dropped(browser: Browser) -> None:
    wiki = Served(browser, "wiki", "/wiki")

    wiki.sets("a=b; Domain=example.org; HttpOnly; DOMAIN=.example.org; Path=/")

    assert wiki.sees() == "a=b"
    assert browser.header("archive.example.org", "/wiki/", secure=True) == ""


def test_under_tls_hidden_cookies_are_secure(browser: Browser) -> None:
    assert outward("a=b; HttpOnly", secure=True) == ("wiki~a=b; HttpOnly; Secure",)
    assert outward("a=b; SECURE; HttpOnly", secure=True) == ("wiki~a=b; SECURE; HttpOnly",)
    assert outward("a=b", secure=True)[0] == "a=b", "what scripts read is as the app wants it"


def test_an_app_alone_on_its_host_takes_cookies_from_that_host_only(browser: Browser) -> None:
    archive = Served(browser, "archive", host="archive.example.org")
    for name in ("session", "archive~session"):
        browser.store(f"{name}=tossed; Domain=example.org; Path=/", "evil.example.org", "/")
        browser.store(f"{name}=tossed; Domain=example.org; Path=/a", "evil.example.org", "/")

    assert archive.sees("/a") == ""
    archive.sets("session=1; HttpOnly; Domain=example.org; Path=/a", "other=2; HttpOnly")

    assert archive.sees("/a") == archive.sees("/") == "session=1; other=2"
    assert "__Host-archive~session=1" in browser.header("archive.example.org", "/", secure=True)


def test_without_tls_an_app_alone_on_its_host_has_its_cookies(browser: Browser) -> None:
    archive = Served(browser, "archive", host="archive.example.org")

    archive.sets("session=1; HttpOnly; Path=/a", "theme=dark", secure=False)

    assert archive.sees("/a", secure=False) == "session=1; theme=dark"
    assert archive.sees("/", secure=False) == "theme=dark"


def test_what_scripts_read_keeps_its_name_and_stays_below_the_mount(browser: Browser) -> None:
    wiki = Served(browser, "wiki", "/wiki")

    wiki.sets("csrftoken=w; Path=/; SameSite=Lax", "session=1; HttpOnly; Path=/")

    assert browser.scripts_see(HOST, "/wiki/page") == "csrftoken=w"
    assert browser.scripts_see(HOST, "/shop/") == ""
    assert wiki.sees() == "csrftoken=w; session=1"


def test_an_app_does_not_see_what_scripts_read_of_the_app_around_it(browser: Browser) -> None:
    portal, wiki = Served(browser, "portal"), Served(browser, "wiki", "/wiki")

    portal.sets("csrftoken=p; Path=/")
    assert wiki.sees() == ""

    wiki.sets("csrftoken=w; Path=/")
    assert (portal.sees(), wiki.sees()) == ("csrftoken=p", "csrftoken=w")

    wiki.sets("csrftoken=; Path=/; Max-Age=0")
    assert (portal.sees(), wiki.sees()) == ("csrftoken=p", "")


def test_what_a_script_makes_of_a_cookie_the_app_set_is_seen(browser: Browser) -> None:
    wiki = Served(browser, "wiki", "/wiki")
    wiki.sets("theme=dark; Path=/")

    browser.store("theme=light; Path=/wiki", HOST, "/wiki/")
    assert wiki.sees() == "theme=light"

    browser.store("theme=; Path=/wiki; Max-Age=0", HOST, "/wiki/")
    assert wiki.sees() == ""


def test_a_cookie_that_only_scripts_make_is_seen_where_it_is_named() -> None:
    header = "bar=folded; wiki~session=1; bar=of-the-root"

    assert Namespace("wiki").inward(header, False) == "session=1"
    assert Namespace("wiki", scripted=["bar"]).inward(header, False) == "bar=folded; session=1"


@pytest.mark.parametrize("host", [HOST, "wiki.example.org"])
@pytest.mark.parametrize("end", ["", "; HttpOnly"])
def test_a_deleted_cookie_is_gone_also_where_the_deletion_forgets_httponly(
    browser: Browser, host: str, end: str
) -> None:
    wiki = Served(browser, "wiki", "/wiki" if host == HOST else "", host)
    wiki.sets("remember=1; Path=/; HttpOnly")

    wiki.sets(f"remember=; Path=/; Max-Age=0{end}")

    assert wiki.sees() == ""
    assert not browser.jar


def test_a_cookie_that_becomes_hidden_is_no_longer_taken_from_scripts(browser: Browser) -> None:
    wiki = Served(browser, "wiki", "/wiki")

    wiki.sets("a=open; Path=/", "a=hidden; Path=/; HttpOnly")
    assert wiki.sees() == "a=hidden"

    wiki.sets("a=open again; Path=/")
    assert wiki.sees() == "a=open again"


@pytest.mark.parametrize(
    "value",
    ["shop~session=1", "=shop~session=1", "shop~session", "__Host-shop~a=1; Path=/; Secure", ""],
)
def test_no_app_can_set_what_passes_for_another_s(browser: Browser, value: str) -> None:
    wiki, shop = Served(browser, "wiki"), Served(browser, "shop", "/shop")

    wiki.sets(value, f"{value}; HttpOnly; Path=/")

    assert shop.sees() == ""


def test_a_host_prefix_of_the_app_s_own_works_under_a_mount(browser: Browser) -> None:
    wiki = Served(browser, "wiki", "/wiki")

    wiki.sets("__Host-a=1; Path=/; Secure", "__host-b=2; Path=/; Secure; HttpOnly")

    assert wiki.sees() == "__Host-a=1; __host-b=2"


def test_a_cookie_header_of_many_megabytes_costs_no_more_than_its_length() -> None:
    header = "; ".join(f"a{number}={MARK}" for number in range(100_000))

    assert Namespace("wiki").inward(f"{header}; wiki~a={MARK}; a=1", False) == "a=1"


TOKENS = st.sampled_from(["", "a", "wiki~a", "shop~a", "__Host-a", "~", MARK, '"', "\xff", " "])
GARBAGE = st.text(st.sampled_from("a=;,~ \t\"'\\\0\r\n\xe9/%"), max_size=40) | st.lists(
    st.sampled_from(["wiki~", MARK, ";", "=", " ", "Path", "/", "HttpOnly", "Domain", "a"])
).map("".join)


@given(GARBAGE, st.booleans(), st.booleans())
def test_garbage_is_never_an_error(text: str, secure: bool, alone: bool) -> None:
    cookies = Namespace("wiki", alone=alone, scripted=["a"])

    cookies.inward(text, secure)
    for header in cookies.outward(text, "" if alone else "/wiki", secure, bare=secure):
        assert "domain" not in header.partition(";")[2].lower().replace(" ", "").split(";")


VALUES = st.sampled_from(["1", "2", '"q, x"', "", "a=b"])
SETTINGS = st.tuples(
    st.sampled_from(["portal", "wiki", "deep"]),
    st.sampled_from(["a", "b"]),
    VALUES,
    st.sampled_from(["/", "/x"]),
    st.booleans(),
    st.booleans(),
)


@given(st.lists(SETTINGS, max_size=12))
def test_each_app_sees_what_it_would_see_with_the_host_for_itself(
    settings: list[tuple[str, str, str, str, bool, bool]],
) -> None:
    """A model: the same answers, each app with a browser of its own and without us.

    The cookie ``a`` is for scripts, ``b`` is not, and deletions may forget that.
    """
    shared = Browser()
    mounts = {"portal": "", "wiki": "/wiki", "deep": "/wiki/deep"}
    apps = {name: Served(shared, name, mount) for name, mount in mounts.items()}
    alone = {name: Browser() for name in mounts}
    for app, name, value, path, forgets, ends in settings:
        header = f"{name}={value}; Path={path}"
        header += "; Max-Age=0" if ends else ""
        header += "; HttpOnly" if name == "b" and not (ends and forgets) else ""
        apps[app].sets(header)
        alone[app].store(header, HOST, "/", secure=True)

    for served, browser in zip(apps.values(), alone.values(), strict=True):
        for path in ("/", "/x", "/x/y"):
            assert by_name(served.sees(path)) == by_name(browser.header(HOST, path))


def by_name(header: str) -> dict[str, list[str]]:
    found = defaultdict(list)
    for pair in filter(None, header.split("; ")):
        name, _, value = pair.partition("=")
        found[name].append(value)
    return dict(found)
