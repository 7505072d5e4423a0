"""A file that an app names is sent instead of what it returns, if it is the app's to give."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from dispatcher.boundary.middleware import Boundary
from dispatcher.downloads import FOLDER, send_download
from dispatcher.registry.address import Address
from dispatcher.registry.headers import MILD
from dispatcher.registry.site import App
from dispatcher.tenants.resolution import TENANT
from tests.dispatcher.wsgi import Answer, ask, environ_of

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

AT = Address("example.org", "/wiki")
CONTENT = b"0123456789" * 10
PLAIN = ("Content-Type", "text/plain")
ABLE = {"HTTP_X_SENDFILE_TYPE": "X-Accel-Redirect"}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the folder of the app's downloads, as a unit's umask makes it, with a file in it."""
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))
    folder = tmp_path / "state" / "wiki" / "downloads"
    folder.mkdir(parents=True)
    for one in (folder.parent, folder):
        one.chmod(0o700)
    (folder / "a.bin").write_bytes(CONTENT)
    (folder / "a.bin").chmod(0o600)
    return folder


def naming(path: object, status: str = "200 OK", *more: tuple[str, str]) -> WSGIApplication:
    """Return an app that names a file."""

    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        kind = () if any(name == "Content-Type" for name, _ in more) else (PLAIN,)
        start_response(status, [("X-Sendfile", str(path)), ("Content-Length", "7"), *kind, *more])
        return [b"instead"]

    return app


def answered(app: WSGIApplication, *, proxies: int = 0, **environ: Any) -> Answer:
    wiki = App("wiki", "a:b", (AT,), headers=tuple(MILD.items()))
    return ask(
        Boundary(wiki, AT, app, proxies=proxies),
        environ_of("/page", AT.host, SCRIPT_NAME=AT.path, **environ),
    )


def test_without_a_proxy_that_can_the_worker_sends_it(folder: Path) -> None:
    kind = ("Content-Type", "text/x-own")

    answer = answered(naming(folder / "a.bin", "200 OK", kind))

    assert (answer.status, answer.text) == (200, CONTENT.decode())
    assert answer.headers["Content-Length"] == "100"
    assert answer.headers["Content-Type"] == "text/x-own"
    assert answer.headers["ETag"]
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "X-Sendfile" not in answer.headers


@pytest.mark.parametrize(("asked", "proxies"), [(ABLE, 0), ({}, 1)], ids=["a stranger", "nobody"])
def test_a_proxy_is_told_only_if_it_says_that_it_can(
    folder: Path, asked: dict[str, Any], proxies: int
) -> None:
    answer = answered(naming(folder / "a.bin"), proxies=proxies, **asked)

    assert answer.text == CONTENT.decode()
    assert "X-Accel-Redirect" not in answer.headers


def test_a_proxy_that_can_is_led_to_it_and_let_in(folder: Path) -> None:
    answer = answered(naming(folder / "a.bin"), proxies=1, **ABLE)

    assert answer.headers["X-Accel-Redirect"] == "/.flaskyard/download/wiki/downloads/a.bin"
    assert (answer.status, answer.text) == (200, "")
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
    modes = [one.stat().st_mode & 0o777 for one in (folder.parent, folder, folder / "a.bin")]
    assert modes == [0o710, 0o710, 0o640]


@pytest.mark.parametrize("name", ["100%25.bin", "a b?c#d;e.bin", "Müllers Weg.bin", "\\..bin", "%"])
def test_a_name_arrives_as_it_is(folder: Path, name: str) -> None:
    (folder / name).write_bytes(CONTENT)
    path = os.fsencode(folder / name).decode("latin-1")

    assert answered(naming(path)).text == CONTENT.decode()
    led = answered(naming(path), proxies=1, **ABLE).headers["X-Accel-Redirect"]
    assert led.isascii()
    assert not set(" ?#;\\") & set(led)


@pytest.mark.parametrize(
    ("headers", "status", "text"),
    [
        ({"HTTP_RANGE": "bytes=0-4"}, 206, "01234"),
        ({"HTTP_RANGE": "bytes=-3"}, 206, "789"),
        ({"HTTP_RANGE": "bytes=200-"}, 416, ""),
        ({"HTTP_IF_NONE_MATCH": '"{etag}"'}, 304, ""),
        ({"HTTP_IF_NONE_MATCH": '"other"'}, 200, CONTENT.decode()),
        ({"HTTP_IF_RANGE": '"other"', "HTTP_RANGE": "bytes=0-4"}, 200, CONTENT.decode()),
        ({"REQUEST_METHOD": "HEAD"}, 200, ""),
    ],
)
def test_the_worker_sees_to_ranges_and_conditions(
    folder: Path, headers: dict[str, str], status: int, text: str
) -> None:
    known = answered(naming(folder / "a.bin")).headers["ETag"].strip('"')

    asked: dict[str, Any] = {
        name: value.replace("{etag}", known) for name, value in headers.items()
    }
    answer = answered(naming(folder / "a.bin"), **asked)

    assert (answer.status, answer.text) == (status, text)
    if status == 416:
        assert answer.headers["Content-Range"] == "bytes */100"


def outside(folder: Path) -> str:
    (folder.parent / "private").write_bytes(b"private")
    return f"{folder.parent}/private"


def by_a_link(folder: Path) -> str:
    (folder / "link").symlink_to(outside(folder))
    return f"{folder}/link"


def by_a_linked_folder(folder: Path) -> str:
    outside(folder)
    (folder / "linked").symlink_to(folder.parent)
    return f"{folder}/linked/private"


def of_another(folder: Path) -> str:
    other = folder.parents[1] / "shop" / "downloads"
    other.mkdir(parents=True)
    (other / "theirs").write_bytes(b"theirs")
    return f"{other}/theirs"


def pipe(folder: Path) -> str:
    os.mkfifo(folder / "pipe")
    return f"{folder}/pipe"


REFUSED: tuple[Callable[[Path], str], ...] = (
    outside,
    by_a_link,
    by_a_linked_folder,
    of_another,
    pipe,
    lambda folder: f"{folder}/../private",
    lambda folder: f"{folder}/./a.bin",
    lambda folder: f"{folder}//a.bin",
    lambda folder: f"{folder}/",
    lambda folder: f"{folder}",
    lambda folder: f"{folder}s/a.bin",
    lambda _: "a.bin",
    lambda _: "",
    lambda _: "/etc/passwd",
    lambda folder: f"{folder}/nothing",
)


@pytest.mark.parametrize("proxied", [False, True])
@pytest.mark.parametrize("path", REFUSED)
def test_what_is_not_the_apps_to_give_is_an_error_of_its_own(
    folder: Path, path: Callable[[Path], str], proxied: bool
) -> None:
    named = path(folder)
    answer = answered(naming(named), proxies=int(proxied), **(ABLE if proxied else {}))

    assert (answer.status, "private" in answer.text) == ((500, False) if named else (200, False))
    assert "X-Accel-Redirect" not in answer.headers


def test_an_answer_that_is_no_success_is_the_apps_own(folder: Path) -> None:
    answer = answered(naming(folder / "a.bin", "404 Not Found"), proxies=1, **ABLE)

    assert (answer.status, answer.text) == (404, "instead")


def test_a_file_that_is_encoded_the_worker_sends(folder: Path) -> None:
    encoded = ("Content-Encoding", "gzip")

    answer = answered(naming(folder / "a.bin", "200 OK", encoded), proxies=1, **ABLE)

    assert (answer.text, answer.headers["Content-Encoding"]) == (CONTENT.decode(), "gzip")


@pytest.mark.parametrize("name", ["X-Accel-Expires", "X-Accel-Charset", "X-Accel-Limit-Rate"])
def test_of_what_nginx_could_be_told_only_buffering_is(name: str) -> None:
    def app(_: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", [PLAIN, (name, "1"), ("X-Accel-Buffering", "no")])
        return []

    headers = answered(app).headers

    assert name not in headers
    assert headers["X-Accel-Buffering"] == "no"


@pytest.mark.parametrize("proxied", [False, True])
def test_the_helper_names_what_lies_there_and_sends_the_rest_itself(
    folder: Path, proxied: bool
) -> None:
    elsewhere = Path(outside(folder))
    told: list[str] = []

    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        told.append(environ[FOLDER])
        path = elsewhere if environ["QUERY_STRING"] else Path(environ[FOLDER], "a.bin")
        answer = send_download(path, "Übersicht.bin", environ=environ)
        return answer(environ, start_response)

    able = ABLE if proxied else {}
    here = answered(app, proxies=int(proxied), **able)
    there = answered(app, proxies=int(proxied), QUERY_STRING="there", **able)

    assert told == [str(folder)] * 2
    assert ("X-Accel-Redirect" in here.headers) is proxied
    assert here.text == ("" if proxied else CONTENT.decode())
    assert there.text == "private"
    kind = "attachment; filename=Ubersicht.bin; filename*=UTF-8''%C3%9Cbersicht.bin"
    assert here.headers["Content-Disposition"] == there.headers["Content-Disposition"] == kind


def test_without_a_dispatcher_the_helper_sends_all_itself(folder: Path) -> None:
    environ = environ_of()

    answer = send_download(folder / "a.bin", environ=environ)

    assert b"".join(answer.iter_encoded()) == CONTENT
    answer.close()


def test_a_tenant_gives_out_files_of_its_own_alone(folder: Path) -> None:
    own = folder.parents[1] / "wiki.choir" / "downloads"
    own.mkdir(parents=True)
    (own / "song.bin").write_bytes(b"of the choir")
    choir: dict[str, Any] = {TENANT: "choir"}
    other: dict[str, Any] = {TENANT: "other"}

    assert answered(naming(own / "song.bin"), **choir).text == "of the choir"
    assert answered(naming(folder / "a.bin"), **choir).status == 500
    assert answered(naming(own / "song.bin")).status == 500
    assert answered(naming(own / "song.bin"), **other).status == 500
