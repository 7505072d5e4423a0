"""Static files of a release are collected from what its pools say, and nothing more."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import tempfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import brotli
import pytest

from deploy.onhost.collect import LONGEST_BYTES, Uncollected, main
from tests.deploy.webserver import Upstream

CSS = b"a { color: red }\n" * 50
MARK = hashlib.sha256(CSS).hexdigest()[:16]


class Place:
    """The folders of a server, and a pool that says what it is told to."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.said = folder, b""
        self.status = 200
        self.static = folder / "static"
        self.release("r1")

    def release(self, name: str) -> Path:
        """Make a release; return the folder of its app's static files."""
        files = self.folder / "releases" / name / "venv" / "app" / "static"
        files.mkdir(parents=True)
        return files

    def says(self, folder: Path | str, prefix: str = "/static/", app: str = "portal") -> None:
        told = [{"app": app, "prefix": prefix, "folder": str(folder)}]
        self.said = json.dumps({"folders": told}).encode()

    def collect(self, release: str = "r1", **more: Any) -> None:
        at = self.folder / "releases" / release
        given = {"place": str(self.static), "list": f"{at}/static", "environment": f"{at}/venv"}
        pool = {"name": "default", "apps": ["portal"], "socket": f"{self.folder}/pool"}
        main({**given, "pools": [pool], **more})

    @property
    def names(self) -> set[str]:
        """What nginx could serve."""
        return {
            str(path.relative_to(self.static)) for path in self.static.rglob("*") if path.is_file()
        }


@pytest.fixture
def place() -> Iterator[Place]:
    with tempfile.TemporaryDirectory(prefix="collect-") as name:
        place = Place(Path(name))

        class Pool(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                assert (self.path, self.headers["Host"]) == ("/static", "dispatcher.internal")
                self.send_response(place.status)
                self.send_header("Content-Length", str(len(place.said)))
                self.end_headers()
                self.wfile.write(place.said)

            def log_message(self, format: str, *args: Any) -> None:
                """Say nothing."""

        with Upstream(f"{name}/pool", Pool) as server:
            thread = threading.Thread(target=server.serve_forever, args=(0.02,))
            thread.start()
            yield place
            server.shutdown()
            thread.join()


def files_of(place: Place, release: str = "r1") -> Path:
    return place.folder / "releases" / release / "venv" / "app" / "static"


def test_a_file_is_there_under_the_mark_of_its_content_and_compressed(place: Place) -> None:
    folder = files_of(place)
    (folder / "deep").mkdir()
    (folder / "deep" / "site.css").write_bytes(CSS)
    (folder / "dot.png").write_bytes(CSS)
    place.says(folder)

    place.collect()

    css = f"portal/static/deep/site.{MARK}.css"
    assert place.names == {css, f"{css}.br", f"{css}.gz", f"portal/static/dot.{MARK}.png"}
    assert (place.static / css).read_bytes() == CSS
    assert gzip.decompress((place.static / f"{css}.gz").read_bytes()) == CSS
    assert brotli.decompress((place.static / f"{css}.br").read_bytes()) == CSS
    assert (place.static / css).stat().st_mode & 0o777 == 0o644


def test_more_files_than_a_server_should_have_are_refused_with_what_to_do(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    (files_of(place) / "4.css").write_bytes(CSS)
    place.says(files_of(place))
    monkeypatch.setattr("deploy.onhost.collect.MOST_FILES", 3)
    place.collect()
    (files_of(place) / "5.css").write_bytes(CSS)

    with pytest.raises(Uncollected, match=r"of portal .* static = false"):
        place.collect()


def test_a_folder_may_be_served_at_the_root_of_its_app(place: Place) -> None:
    (files_of(place) / "robots.txt").write_bytes(CSS)
    place.says(files_of(place), "/")

    place.collect()

    assert f"portal/robots.{MARK}.txt" in place.names


def test_a_name_that_has_an_end_of_line_of_unicode_stays(place: Place) -> None:
    (files_of(place) / "a\u2028b\x85c.css").write_bytes(CSS)
    place.says(files_of(place))

    place.collect()

    assert f"portal/static/a\u2028b\x85c.{MARK}.css" in place.names


def test_all_servers_give_a_file_the_same_time(place: Place) -> None:
    (files_of(place) / "site.css").write_bytes(CSS)
    place.says(files_of(place))

    place.collect()

    assert len({path.stat().st_mtime for path in place.static.rglob("*.css*")}) == 1


def test_files_of_the_release_before_stay_until_it_is_removed(place: Place) -> None:
    for name, content in (("r1", CSS), ("r2", b"b { color: blue }")):
        if name != "r1":
            place.release(name)
        (files_of(place, name) / "site.css").write_bytes(content)
        place.says(files_of(place, name))
        place.collect(name)
    both = place.names

    (place.folder / "releases" / "r1" / "static").unlink()
    place.collect("r2")

    assert f"portal/static/site.{MARK}.css" in both
    assert len({name for name in both if name.endswith(".css")}) == 2
    assert f"portal/static/site.{MARK}.css" not in place.names
    assert len(place.names) == 1


def test_what_a_release_that_is_taken_back_had_is_removed(place: Place) -> None:
    (files_of(place) / "site.css").write_bytes(CSS)
    place.says(files_of(place))
    place.collect()

    given = {"place": str(place.static), "environment": f"{place.folder}/releases/r1/venv"}
    main({**given, "list": f"{place.folder}/releases/r1/static"})

    assert place.names == set()
    assert [*place.static.iterdir()] == []


def test_no_link_leads_out_of_the_release(place: Place) -> None:
    secret = place.folder / "secret.txt"
    secret.write_text("secret")
    folder = files_of(place)
    (folder / "link.txt").symlink_to(secret)
    (folder / "all").symlink_to(place.folder)
    place.says(folder)

    place.collect()

    assert place.names == set()


def test_what_not_all_may_read_is_not_published_by_a_hard_link_either(place: Place) -> None:
    secret = place.folder / "secret.txt"
    secret.write_text("secret")
    secret.chmod(0o640)
    (files_of(place) / "hard.txt").hardlink_to(secret)
    place.says(files_of(place))

    place.collect()

    assert place.names == set()


def test_a_folder_outside_the_release_stays_the_apps_own(place: Place) -> None:
    (place.folder / "secret.txt").write_text("secret")
    outward = files_of(place) / "out"
    outward.symlink_to(place.folder)

    for folder in (place.folder, "/etc", outward, f"{files_of(place)}/../../../../.."):
        place.says(folder)
        place.collect()

    assert place.names == set()


@pytest.mark.parametrize(
    ("prefix", "app"),
    [
        ("/../", "portal"),
        ("/a/../../b/", "portal"),
        ("//", "portal"),
        ("static/", "portal"),
        ("/static", "portal"),
        ("/a\nb/", "portal"),
        ("/static/", "wiki"),
        ("/static/", "../wiki"),
    ],
)
def test_a_pool_cannot_name_another_place(place: Place, prefix: str, app: str) -> None:
    (files_of(place) / "site.css").write_bytes(CSS)
    place.says(files_of(place), prefix, app)

    with pytest.raises(Uncollected, match="has no static files"):
        place.collect()

    assert place.names == set()


NUL = b'{"folders": [{"app": "portal", "prefix": "/static/", "folder": "/a\\u0000b"}]}'


@pytest.mark.parametrize(
    "said", [b"", b"[]", b'{"folders": 1}', b'{"folders": [{}]}', b"\xff", NUL]
)
def test_a_pool_that_talks_nonsense_is_told(place: Place, said: bytes) -> None:
    place.said = said

    with pytest.raises(Uncollected, match="default does not say which static files"):
        place.collect()


def test_a_release_from_before_there_were_marks_has_none(place: Place) -> None:
    place.status = 404

    place.collect()

    assert place.names == set()


def test_what_is_no_plain_file_or_too_long_is_left(place: Place) -> None:
    folder = files_of(place)
    os.mkfifo(folder / "pipe.css")
    (folder / ("x" * 240 + ".css")).write_bytes(CSS)
    (folder / "README").write_bytes(CSS)
    with (folder / "film.mp4").open("wb") as film:
        film.truncate(LONGEST_BYTES + 1)
    place.says(folder)

    place.collect()

    assert place.names == set()
