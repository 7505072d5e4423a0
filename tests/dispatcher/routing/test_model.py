"""Hosts and paths are answered as the model has it, whatever is sent."""

from __future__ import annotations

from gunicorn.util import (  # type: ignore[import-untyped]
    split_request_uri,
    unquote_to_wsgi_str,
)
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dispatcher.registry.hosts import host_and_port
from dispatcher.routing.mounts import Mounts
from dispatcher.routing.router import LABEL, Router
from tests.dispatcher.model import host_named, mount_named
from tests.dispatcher.wsgi import Seen, ask, environ_of

KNOWN = ["example.org", "a.example.org", "*.example.org", "xn--bcher-kva.example", "[::1]"]
PIECES = ["example", "Example", "org", "a", "bücher", "BÜCHER", "xn--bcher-kva", "*", "x_y", "-"]
PIECES += [
    ".",
    ".",
    ".",
    ":",
    ":80",
    ":08",
    ":65536",
    "[::1]",
    "[0:0::1]",
    "[",
    "]",
    "。",
    " ",
    ",",
]
LABELS = ["x", "a", "X", "a.b", "ü", "²", "xn--", "", "7", "a-1", "-a", "a-", "a" * 63, "a" * 64]
HEADERS = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=8).map("".join),
    st.sampled_from(KNOWN).flatmap(lambda host: st.sampled_from([host, f"{host}.", f"{host}:80"])),
    st.sampled_from(LABELS).map(lambda it: f"{it}.example.org"),
    st.text(max_size=12),
).map(lambda text: text.encode("utf-8", "replace").decode("latin-1"))

SEGMENTS = st.sampled_from(["a", "b", "ab", "a.b", "A"])
PREFIXES = st.lists(SEGMENTS, min_size=1, max_size=3).map(lambda parts: "/" + "/".join(parts))
BITS = ["/", "/", "/", "a", "b", "ab", "a.b", "A", ".", "..", "%2f", "%2F", "%2e", "%61", "%00"]
BITS += ["%c0%af", "%25", "?", "/..", "/../", "//", "\\"]
TARGETS = st.lists(st.sampled_from(BITS), max_size=12).map(lambda bits: "/" + "".join(bits))


@given(HEADERS)
@settings(max_examples=300)
def test_a_host_header_is_read_as_in_the_model(header: str) -> None:
    assert host_and_port(header) == host_named(header)


@given(
    st.lists(HEADERS | st.none(), min_size=1, max_size=6),
    st.lists(st.sampled_from(KNOWN), unique=True),
)
@settings(max_examples=300)
def test_a_host_is_answered_as_in_the_model_whatever_was_asked_before(
    headers: list[str | None], known: list[str]
) -> None:
    apps = {host: Seen(host) for host in known}
    site = Router(apps)
    for header in headers:
        answer = ask(site, environ_of("/", header))

        named = host_named(header or "")
        if named is None:
            assert answer.status == 400
            continue
        label, _, domain = named[0].partition(".")
        below = f"*.{domain}"
        found = next((apps[host] for host in (named[0], below) if host in apps), None)
        if found is None:
            assert answer.status == 421
        else:
            assert answer.text == found.name
            assert found.environ["HTTP_HOST"] == "".join(named)
            assert found.environ.get(LABEL) == (label if found.name == below else None)


@given(
    st.lists(PREFIXES, max_size=5, unique=True),
    TARGETS,
    st.sampled_from(["GET", "POST", "OPTIONS"]),
)
@settings(max_examples=600)
@example(["/a", "/b"], "/a/../b/", "GET")
@example(["/a", "/b"], "/b%2f..%2fa/", "GET")
@example(["/a"], "/a%2fb", "GET")
@example(["/a"], "/a/%2e%2e%2fb", "GET")
@example(["/a"], "/a/b", "GET")
@example(["/a", "/a/b"], "/a//b/", "GET")
@example(["/a", "/a/b"], "/a/b//../c", "GET")
@example(["/a"], "//a/", "GET")
@example(["/a"], "/b/..", "GET")
@example(["/a.b"], "/a.b/../A", "GET")
@example(["/a", "/a/b"], "/a" + "/b" * 2_000, "GET")
@example(["/a", "/a/b/b/b"], "/b" + "/a" * 2_000, "GET")
@example(["/a"], "/a" + "/a/.." * 700 + "/..", "GET")
@example(["/a", "/b"], "/a/" + "x" * 100_000 + "/../../b/", "GET")
@example(["/a", "/b"], "/a/" + "x" * 100_000 + ".", "GET")
@example(["/a"], "/" + "a" * 100_000, "GET")
@example(["/a"], "/" * 4_000 + "a", "GET")
@example(["/a"], "/%61/?q=%2f", "GET")
@example(["/a"], "/a/?q=%2f/../", "GET")
@example(["/a"], "/a?q=%2f", "GET")
@example(["/a"], "*", "OPTIONS")
@example(["/a"], "*", "GET")
def test_a_path_is_answered_as_in_the_model_and_what_follows_the_mount_as_it_came(
    prefixes: list[str], target: str, method: str
) -> None:
    path = unquote_to_wsgi_str(split_request_uri(target).path)  # as gunicorn has it
    apps = {prefix: Seen(prefix) for prefix in ["", *prefixes]}
    site = Router({"example.org": Mounts(apps[""], {prefix: apps[prefix] for prefix in prefixes})})
    ask(site, environ_of(path))  # another way to write it, which may be remembered
    for app in apps.values():
        app.calls = 0

    answer = ask(site, environ_of(path, RAW_URI=target, REQUEST_METHOD=method))

    named = mount_named(prefixes, path, target)
    called = [app for app in apps.values() if app.calls]
    if path == "*" and method == "OPTIONS":
        assert (answer.status, called) == (204, [])
    elif named is None:
        assert (answer.status, called) == (400, [])
    elif named and named == path and method == "GET":
        assert (answer.status, answer.headers["Location"][: len(path) + 1]) == (308, f"{path}/")
    else:
        (app,) = called
        assert app.name == named
        assert (app.environ["SCRIPT_NAME"], app.environ["PATH_INFO"]) == (named, path[len(named) :])
