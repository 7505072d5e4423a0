from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from dispatcher.routing.mounts import LONG, Mounts, with_slash
from dispatcher.routing.router import Router
from tests.dispatcher.model import mount_named
from tests.dispatcher.wsgi import Seen, ask, environ_of, get, written

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

SEGMENTS = st.sampled_from(["a", "b", "ab", "a.b", "A"])
PREFIXES = st.lists(SEGMENTS, min_size=1, max_size=4).map(lambda parts: "/" + "/".join(parts))
TAILS = st.lists(st.one_of(SEGMENTS, st.just(""), st.text(max_size=3)), max_size=7)
PATHS = st.one_of(
    TAILS.map(lambda parts: "/" + "/".join(parts)),
    st.tuples(PREFIXES, TAILS).map(lambda pair: "/".join([pair[0], *pair[1]])),
)


class Counted(dict[str, Any]):
    """A dict that counts how often it is looked into."""

    looks = 0

    def __contains__(self, key: object) -> bool:
        self.looks += 1
        return super().__contains__(key)


def through(
    kind: Callable[[WSGIApplication, dict[str, WSGIApplication]], WSGIApplication],
    prefixes: list[str],
    environ: dict[str, Any],
) -> Seen:
    """Return the app that ``kind`` hands the request to, having seen it."""
    apps = {prefix: Seen(prefix) for prefix in prefixes}
    root = Seen("")
    ask(kind(root, {**apps}), environ)
    (called,) = [app for app in (root, *apps.values()) if app.calls]
    return called


def mounted(root: WSGIApplication, mounts: dict[str, WSGIApplication]) -> Router:
    """Return mounts behind the router, which answers for them where it can."""
    return Router({"example.org": Mounts(root, mounts)})


@given(
    st.lists(PREFIXES, max_size=6, unique=True),
    PATHS,
    st.sampled_from(["", "/outer"]),
    st.sampled_from(["GET", "HEAD", "POST", "OPTIONS"]),
    st.sampled_from(["RAW_URI", "REQUEST_URI"]),
)
@example(["/a", "/a/b/ab"], "/a/b/", "", "GET", "RAW_URI")
@example(["/a/b"], "/a", "", "GET", "RAW_URI")
@example(["/a"], "//b", "", "GET", "RAW_URI")
@example(["/a"], "/", "", "GET", "RAW_URI")
def test_every_well_formed_request_reaches_the_app_it_does_in_werkzeug_with_the_same_environ(
    prefixes: list[str], path: str, script: str, method: str, target: str
) -> None:
    environ = environ_of(path, SCRIPT_NAME=script, REQUEST_METHOD=method)
    del environ["RAW_URI"]
    environ[target] = written(script + path)  # not every server calls it RAW_URI
    if path in prefixes and method in ("GET", "HEAD"):
        return  # the one difference; see below
    if mount_named(prefixes, path, written(path)) is None:
        return  # not well-formed

    ours = through(mounted, prefixes, dict(environ))
    theirs = through(DispatcherMiddleware, prefixes, dict(environ))

    assert ours.name == theirs.name
    assert ours.environ == theirs.environ


@given(st.lists(PREFIXES, max_size=6, unique=True), PATHS)
def test_the_mount_and_the_rest_make_up_the_path_that_was_asked(
    prefixes: list[str], path: str
) -> None:
    if mount_named(prefixes, path, written(path)) is None:
        return  # not well-formed
    seen = through(mounted, prefixes, environ_of(path, REQUEST_METHOD="POST"))
    assert seen.environ["SCRIPT_NAME"] + seen.environ["PATH_INFO"] == path


def test_a_request_without_script_name_gets_an_empty_one_as_in_werkzeug() -> None:
    environ = environ_of("/x")
    del environ["SCRIPT_NAME"]
    assert through(mounted, ["/a"], environ).environ["SCRIPT_NAME"] == ""


def test_an_empty_path_is_that_of_the_root_app() -> None:
    seen = through(mounted, ["/a"], environ_of(""))
    assert (seen.name, seen.environ["PATH_INFO"]) == ("", "")


@pytest.mark.parametrize("path", ["*", "a", "xa/b", "/a\0", "/\0", "/a/\0b"])
@pytest.mark.parametrize("prefixes", [[], ["/a"]])
def test_what_is_no_path_is_a_bad_request(prefixes: list[str], path: str) -> None:
    mounts = mounted(Seen(), {prefix: Seen() for prefix in prefixes})
    assert ask(mounts, environ_of(path)).status == 400


def test_options_of_the_whole_server_are_answered_by_no_app() -> None:
    app = Seen()
    answer = ask(mounted(app, {}), environ_of("*", REQUEST_METHOD="OPTIONS"))
    assert (answer.status, answer.text, app.calls) == (204, "", 0)


MOUNTS = ["/wiki", "/wiki/a", "/admin"]


@pytest.mark.parametrize(
    "target",
    [
        "/admin/../wiki/",
        "/wiki/../admin/",
        "/wiki%2f..%2fadmin",
        "/wiki/%2e%2e/admin",
        "/wiki%2Fpage",
        "/x/../admin/",
        "/x/..%2fadmin/",
        "/./wiki/",
        "/%2e/wiki/",
        "//wiki/",
        "///wiki/",
        "/%2fwiki/",
        "/wiki//a/",
        "/wiki/./a/",
        "/wiki/a/../b",
        "/wiki%2fa/",
        "/wiki/a%2fb",
        "/..",
        "/../wiki/",
        "/wiki/../../wiki/",
        "/wiki/%00",
        "/%00/wiki/",
        "http://example.org/wiki%2fpage",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_path_in_which_more_than_one_mount_can_be_read_reaches_no_app(
    target: str, method: str
) -> None:
    apps = {prefix: Seen() for prefix in ["", *MOUNTS]}
    mounts = mounted(apps.pop(""), {**apps})
    path = unquote(target.removeprefix("http://example.org"), "latin-1")

    answer = get(mounts, path, RAW_URI=target, REQUEST_METHOD=method)

    assert (answer.status, [app.calls for app in apps.values()]) == (400, [0, 0, 0])


@pytest.mark.parametrize(
    ("target", "mount", "rest"),
    [
        ("/wiki//", "/wiki", "//"),
        ("/wiki/b/../c", "/wiki", "/b/../c"),
        ("/wiki/./", "/wiki", "/./"),
        ("/wiki/b%2fc", "/wiki", "/b/c"),
        ("/wiki/b?q=%2f%00", "/wiki", "/b"),
        ("/%77iki/", "/wiki", "/"),
        ("/wiki/%c0%af", "/wiki", "/\xc0\xaf"),
        ("/wiki%c0%afa", "", "/wiki\xc0\xafa"),
        ("http://example.org/wiki/%41", "/wiki", "/A"),
        ("/WIKI/", "", "/WIKI/"),
        ("/wikis/", "", "/wikis/"),
        ("//b", "", "//b"),
        ("/b//wiki/", "", "/b//wiki/"),
        ("/b/../c", "", "/b/../c"),
        ("/.well-known/x", "", "/.well-known/x"),
        ("/wiki/..a/...", "/wiki", "/..a/..."),
        ("/wiki;x=1/", "", "/wiki;x=1/"),
    ],
)
def test_a_path_in_which_one_mount_can_be_read_comes_as_it_was_sent(
    target: str, mount: str, rest: str
) -> None:
    apps = {prefix: Seen() for prefix in ["", *MOUNTS]}
    mounts = mounted(apps[""], {prefix: apps[prefix] for prefix in MOUNTS})
    path = unquote(target.removeprefix("http://example.org").partition("?")[0], "latin-1")

    get(mounts, path, RAW_URI=target)

    environ = apps[mount].environ
    assert (environ["SCRIPT_NAME"], environ["PATH_INFO"]) == (mount, rest)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    ("path", "script", "query", "location"),
    [
        pytest.param("/a", "", "", "/a/", id="mount"),
        pytest.param("/a/b", "", "", "/a/b/", id="nested mount"),
        pytest.param("/a", "/outer", "", "/outer/a/", id="below another"),
        pytest.param("/a", "", "q=1&q=%20+", "/a/?q=1&q=%20+", id="query kept"),
        pytest.param("/a", "", "q=\xe9\x01", "/a/?q=%E9%01", id="query of raw bytes"),
        pytest.param("/a", "", "//evil.example", "/a/?//evil.example", id="not to another host"),
    ],
)
def test_a_mount_without_its_slash_is_redirected_to_it(
    method: str, path: str, script: str, query: str, location: str
) -> None:
    mounts = mounted(Seen(), {"/a": Seen(), "/a/b": Seen()})

    answer = get(mounts, path, SCRIPT_NAME=script, QUERY_STRING=query, REQUEST_METHOD=method)

    assert (answer.status, answer.headers["Location"]) == (308, location)


def test_what_is_posted_to_a_mount_without_its_slash_reaches_the_app() -> None:
    seen = through(mounted, ["/a"], environ_of("/a", REQUEST_METHOD="POST"))
    assert (seen.environ["SCRIPT_NAME"], seen.environ["PATH_INFO"]) == ("/a", "")


@pytest.mark.parametrize("path", ["/" * 4000, "/a" + "/" * 4000, "/a" * 2000, "/x" * 2000])
def test_a_path_costs_no_more_look_ups_than_the_deepest_mount_below_its_first_segment(
    path: str,
) -> None:
    mounts = Mounts(Seen(), {"/a": Seen(), "/a/b/c": Seen(), "/d/e/f/g/h": Seen()})
    mounts.mounts = counted = Counted(mounts.mounts)

    ask(Router({"example.org": mounts}), environ_of(path))

    assert counted.looks <= 2 * 3  # as it was sent, and as a proxy reads it


@pytest.mark.parametrize(
    "path", ["/" * 4000, "/a" + "/" * 4000, "/a" * 2000, "/" + "a" * 100_000, "/a/" + "b" * LONG]
)
def test_a_very_long_path_is_answered_as_in_werkzeug(path: str) -> None:
    ours = through(mounted, ["/a", "/a/a/a"], environ_of(path))
    theirs = through(DispatcherMiddleware, ["/a", "/a/a/a"], environ_of(path))
    assert (ours.name, ours.environ["PATH_INFO"]) == (theirs.name, theirs.environ["PATH_INFO"])


@pytest.mark.parametrize("length", range(LONG - 4, LONG + 4))
@pytest.mark.parametrize("rest", ["/", "/b", "/b/c", "b/", "/" + "b" * LONG])
def test_a_mount_of_any_length_is_found(length: int, rest: str) -> None:
    prefixes = ["/a", "/" + "a" * length]
    environ = environ_of(prefixes[1] + rest)

    ours = through(mounted, prefixes, dict(environ))
    theirs = through(DispatcherMiddleware, prefixes, dict(environ))

    assert (ours.name, ours.environ) == (theirs.name, theirs.environ)


def test_the_place_of_a_mount_is_given_percent_encoded() -> None:
    assert with_slash("/\xc3\xa9", "") == "/%C3%A9/"
