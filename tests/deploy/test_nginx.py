"""What a client can and cannot do through nginx, with a real nginx."""

from __future__ import annotations

import gzip
import http.client
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from dispatcher.registry.address import Address
from dispatcher.registry.site import App, Pool, Site
from tests.deploy.webserver import Web, checked, configured, needs_nginx, running
from tests.lab.waiting import until

pytestmark = needs_nginx

SITE = Site(
    "yard",
    "example.org",
    (
        App("portal", "a:b", (Address("example.org"),)),
        App("watch", "a:c", (Address("example.org", "/watch"), Address("watch.example.org"))),
        App("files", "a:d", (Address("example.org", "/files"),), "files"),
        App("deep", "a:e", (Address("example.org", "/files/deep"),)),
        App("deeper", "a:f", (Address("example.org", "/files/deep/er"),), "files"),
        App("groups", "a:h", (Address("*.archive.example.org"),), "files"),
        App("help", "a:i", (Address("help.archive.example.org"),)),
        App(
            "paths",
            "a:j",
            (Address("example.org", "/t"),),
            "files",
            tenants=Address("example.org", "/t"),
        ),
        App("lonely", "a:g", (Address("lonely.example.net", "/only"),), "files"),
    ),
    (Pool(), Pool("files")),
)


MARK = "0123456789abcdef"
TYPES = {
    "css": "text/css; charset=utf-8",
    "ico": "image/vnd.microsoft.icon",
    "js": "text/javascript; charset=utf-8",
    "json": "application/json; charset=utf-8",
    "map": "application/json; charset=utf-8",
    "mjs": "text/javascript; charset=utf-8",
    "opus": "audio/ogg",
    "svg": "image/svg+xml; charset=utf-8",
    "ttf": "font/ttf",
    "unheard": "application/octet-stream",
    "vtt": "text/vtt; charset=utf-8",
    "wasm": "application/wasm",
    "webmanifest": "application/manifest+json; charset=utf-8",
    "woff2": "font/woff2",
    "XML": "application/xml; charset=utf-8",
}
CSS = b"a { color: red }\n" * 50
SMALL = gzip.compress(CSS)
MANY = tuple(f"many/{number}.{MARK}.txt" for number in range(60))
STATIC = {
    **{f"portal/{path}": b"one of many" for path in MANY},
    f"portal/static/site.{MARK}.css": CSS,
    f"portal/static/site.{MARK}.css.gz": SMALL,
    f"watch/static/deep/site.{MARK}.css": CSS,
    f"files/static/site.{MARK}.css": CSS,
    f"groups/static/site.{MARK}.css": CSS,
    f"paths/static/site.{MARK}.css": CSS,
    **{f"portal/kinds/one.{MARK}.{suffix}": b"one" for suffix in TYPES},
}
"""What nginx has of the apps' files."""


@pytest.fixture(scope="module")
def web() -> Iterator[Web]:
    # A short path: that of a socket may have 107 bytes.
    with tempfile.TemporaryDirectory(prefix="web-") as name:
        for file, content in STATIC.items():
            path = Path(name, "static", file)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        Path(name, "static").chmod(0o755)
        Path(name).chmod(0o755)
        with running(SITE, Path(name)) as web:
            yield web


@pytest.mark.parametrize("host", ["evil.org", "x.example.org", "127.0.0.1", "example.org.evil.org"])
def test_a_host_that_is_nobodys_is_refused(web: Web, host: str) -> None:
    assert web.get(host).status == 421


@pytest.mark.parametrize("host", ["example.org", "EXAMPLE.org", "example.org.", "example.org:80"])
def test_a_host_is_known_however_it_is_written(web: Web, host: str) -> None:
    assert web.get(host).echo["headers"]["host"] == "example.org"


@pytest.mark.parametrize(
    ("host", "path", "pool"),
    [
        ("example.org", "/", "default"),
        ("example.org", "/watch/", "default"),
        ("watch.example.org", "/files/", "default"),
        ("example.org", "/files", "files"),
        ("example.org", "/files/", "files"),
        ("example.org", "/files/a/b", "files"),
        ("example.org", "/filesystem", "default"),
        ("example.org", "/%66iles/", "files"),
        ("choir.archive.example.org", "/", "files"),
        ("help.archive.example.org", "/", "default"),
        ("example.org", "//files/", "files"),
        ("example.org", "/x/../files/", "files"),
        ("example.org", "/files/deep", "default"),
        ("example.org", "/files/deep/", "default"),
        ("example.org", "/files/deeper", "files"),
        ("example.org", "/files/deep/er/", "files"),
        ("lonely.example.net", "/only/", "files"),
        ("lonely.example.net", "/nothing", "files"),
    ],
)
def test_a_path_goes_to_the_pool_of_its_app(web: Web, host: str, path: str, pool: str) -> None:
    assert web.get(host, path).echo["pool"] == pool


def test_a_path_arrives_as_it_was_written(web: Web) -> None:
    assert web.get("example.org", "/a%2Fb//c/?q=%20").echo["path"] == "/a%2Fb//c/?q=%20"


def test_what_a_client_says_of_proxies_never_arrives(web: Web) -> None:
    headers = web.get(
        "example.org",
        client="127.0.0.9",
        X_Forwarded_For="6.6.6.6",
        X_Forwarded_Proto="https",
        X_Forwarded_Host="evil.org",
        X_Forwarded_Port="666",
        X_Forwarded_Prefix="//evil.org",
        Forwarded="for=6.6.6.6",
        Proxy="http://evil.org",
        X_Request_Id="mine",
        X_Sendfile_Type="X-Sendfile",
    ).echo["headers"]

    assert headers.pop("x-forwarded-for") == "127.0.0.9"
    assert headers.pop("x-forwarded-proto") == "http"
    assert len(headers.pop("x-request-id")) == 32
    assert headers.pop("host") == "example.org"
    assert headers.pop("x-sendfile-type") == "X-Accel-Redirect"
    assert set(headers) == {"accept-encoding"}, "nothing else of the client's"


def test_a_header_with_underscores_never_arrives(web: Web) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", web.port, timeout=10)
    connection.request("GET", "/", headers={"Host": "example.org", "X_Forwarded_For": "6.6.6.6"})
    body = connection.getresponse().read()
    connection.close()

    assert b"6.6.6.6" not in body


def test_the_release_is_told_to_the_server_itself_alone(web: Web) -> None:
    assert web.get("example.org").headers["x-release"] == "r1"
    assert "x-release" not in web.get("example.org", client="127.0.0.9").headers


def test_nginx_does_not_tell_its_version(web: Web) -> None:
    assert web.get("example.org").headers["server"] == "nginx"
    assert web.get("evil.org").headers["server"] == "nginx"


def many_hosts() -> Site:
    apps = (App(f"a{n}", "a:b", (Address(f"host{n}.example.org"),)) for n in range(1000))
    return Site("yard", "example.org", tuple(apps))


def long_host() -> Site:
    name = ".".join(["a" * 60] * 4)
    return Site("yard", "example.org", (App("a", "a:b", (Address(name),)),))


def many_pools() -> Site:
    pools = tuple(Pool(f"p{n}") for n in range(50))
    apps = (App(f"a{n}", "a:b", (Address("example.org", f"/a{n}"),), f"p{n}") for n in range(50))
    return Site("yard", "example.org", tuple(apps), pools)


@pytest.mark.parametrize(
    "site",
    [SITE, many_hosts(), long_host(), many_pools()],
    ids=["nested", "many hosts", "long host", "many pools"],
)
def test_nginx_accepts_any_site(site: Site, tmp_path: Path) -> None:
    done = checked(configured(site, tmp_path))

    assert done.returncode == 0, done.stderr
    assert "warn" not in done.stderr


@pytest.mark.parametrize(
    ("host", "path"),
    [
        ("example.org", f"/static/site.{MARK}.css"),
        ("example.org", f"/watch/static/deep/site.{MARK}.css"),
        ("watch.example.org", f"/static/deep/site.{MARK}.css"),
        ("example.org", f"/files/static/site.{MARK}.css"),
        ("choir.archive.example.org", f"/static/site.{MARK}.css"),
        ("example.org", f"/t/choir/static/site.{MARK}.css"),
    ],
)
def test_nginx_itself_has_an_apps_marked_files_at_every_mount(
    web: Web, host: str, path: str
) -> None:
    answer = web.get(host, path)

    assert (answer.status, answer.body) == (200, CSS)
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "x-release" not in answer.headers


@pytest.mark.parametrize("suffix", TYPES)
def test_a_file_is_of_a_type_that_browsers_take(web: Web, suffix: str) -> None:
    answer = web.get("example.org", f"/kinds/one.{MARK}.{suffix}")

    assert (answer.body, answer.headers["content-type"]) == (b"one", TYPES[suffix])


@pytest.mark.parametrize(
    ("host", "path", "pool"),
    [
        ("example.org", f"/static/gone.{MARK}.css", "default"),
        ("example.org", f"/files/static/gone.{MARK}.css", "files"),
        ("example.org", f"/static/deep/site.{MARK}.css", "default"),
        ("watch.example.org", f"/static/site.{MARK}.css", "default"),
        ("example.org", f"/files/deep/static/site.{MARK}.css", "default"),
        ("example.org", "/static/site.css", "default"),
        ("lonely.example.net", f"/static/site.{MARK}.css", "files"),
        ("lonely.example.net", f"/x.{MARK}.css", "files"),
    ],
)
def test_an_app_is_asked_for_what_nginx_has_not(web: Web, host: str, path: str, pool: str) -> None:
    answer = web.get(host, path)

    assert answer.echo["pool"] == pool
    assert answer.echo["path"] == path
    assert "immutable" not in answer.headers.get("cache-control", "")


def test_what_was_compressed_beforehand_is_sent_to_whoever_takes_it(web: Web) -> None:
    answer = web.get("example.org", f"/static/site.{MARK}.css", Accept_Encoding="gzip")

    assert answer.body == SMALL
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["vary"] == "Accept-Encoding"


def test_whoever_comes_through_a_proxy_gets_it_compressed_too(web: Web) -> None:
    path = f"/static/site.{MARK}.css"

    answer = web.get("example.org", path, Accept_Encoding="gzip", Via="1.1 cdn.example.net")

    assert answer.headers.get("content-encoding") == "gzip"


def test_few_files_stay_open_for_those_who_may_ask_for_them_next(web: Web) -> None:
    for path in MANY:
        assert web.get("example.org", f"/{path}").status == 200

    assert until(lambda: still_open("many") <= 32, seconds=10), still_open("many")


def still_open(folder: str) -> int:
    """Return how many files of a folder some process has open."""
    count = 0
    for one in Path("/proc").glob("[0-9]*/fd/*"):
        with suppress(OSError):  # closed meanwhile
            count += one.readlink().parent.name == folder
    return count


def test_parts_and_conditions_are_understood(web: Web) -> None:
    path = f"/static/site.{MARK}.css"
    etag = web.get("example.org", path).headers["etag"]

    part = web.get("example.org", path, Range="bytes=2-6")
    same = web.get("example.org", path, If_None_Match=etag)

    assert (part.status, part.body) == (206, CSS[2:7])
    assert (same.status, same.body) == (304, b"")


@pytest.mark.parametrize(
    "path",
    [
        f"/static/../../files/static/site.{MARK}.css",
        f"/static/..%2f..%2ffiles/static/site.{MARK}.css",
        f"/watch/..%2fportal/static/site.{MARK}.css",
        f"/static/%2e%2e/%2e%2e/etc/x.{MARK}.css",
    ],
)
def test_no_path_leads_to_another_apps_files_or_out(web: Web, path: str) -> None:
    answer = web.get("watch.example.org", path)

    assert answer.status == 400 or b"pool" in answer.body
