"""A static file has a name that changes with its content, and every app knows both names."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest
from flask import Blueprint, Flask, url_for

from dispatcher.loading.fingerprints import (
    A_YEAR,
    MARKED,
    Folder,
    Marks,
    fingerprint,
    folders,
    published,
)

CSS = b"a { color: red }\n"
MARK = hashlib.sha256(CSS).hexdigest()[:16]


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    """Give an app with a folder of its own, and a blueprint's."""
    for folder in ("own", "part"):
        (tmp_path / folder / "deep").mkdir(parents=True)
        (tmp_path / folder / "deep" / "site.css").write_bytes(CSS)
        (tmp_path / folder / "README").write_bytes(CSS)
    app = Flask(__name__, static_folder=tmp_path / "own", static_url_path="/files")
    part = Blueprint("part", __name__, static_folder=tmp_path / "part", url_prefix="/part")
    app.register_blueprint(part)
    app.add_url_rule("/link/<endpoint>/<path:name>", view_func=link)
    fingerprint(app)
    return app


def link(endpoint: str, name: str) -> str:
    return url_for(endpoint, filename=name)


def test_the_folders_of_an_app_and_its_blueprints_are_known(app: Flask, tmp_path: Path) -> None:
    assert {*folders(app)} == {
        Folder("static", "/files/", str(tmp_path / "own")),
        Folder("part.static", "/part/part/", str(tmp_path / "part")),
    }


@pytest.mark.parametrize(
    ("address", "told"),
    [("", ["/"]), ("/files", ["/files/"]), ("/@files", []), ("/größe", []), ("/.files", [])],
)
def test_a_proxy_serves_what_it_can_name_and_the_app_the_rest(
    tmp_path: Path, address: str, told: list[str]
) -> None:
    (tmp_path / "site.css").write_bytes(CSS)
    app = Flask(__name__, static_folder=tmp_path, static_url_path=address)
    fingerprint(app)

    assert [folder.prefix for folder in published(app)] == told
    answer = app.test_client().get(f"{address}/site.{MARK}.css", buffered=True)
    assert answer.data == CSS


def test_an_app_without_static_files_is_left_alone() -> None:
    app = Flask(__name__, static_folder=None)
    before = dict(app.view_functions)

    fingerprint(app)

    assert app.view_functions == before
    assert [*folders(app)] == []


def test_a_link_to_a_file_has_the_mark_of_its_content(app: Flask) -> None:
    asked = app.test_client().get

    assert asked("/link/static/deep/site.css").text == f"/files/deep/site.{MARK}.css"
    assert asked("/link/part.static/deep/site.css").text == f"/part/part/deep/site.{MARK}.css"


def test_what_is_no_file_or_has_no_suffix_keeps_its_name(app: Flask) -> None:
    asked = app.test_client().get

    assert asked("/link/static/gone.css").text == "/files/gone.css"
    assert asked("/link/static/README").text == "/files/README"
    assert asked("/link/static/deep").text == "/files/deep"
    assert asked("/link/static/../part/deep/site.css").text == "/files/../part/deep/site.css"


def test_a_marked_name_may_be_kept_for_ever_and_a_plain_one_not(app: Flask) -> None:
    asked = app.test_client().get

    with asked(f"/files/deep/site.{MARK}.css") as marked, asked("/files/deep/site.css") as plain:
        assert marked.data == plain.data == CSS
        assert marked.cache_control.immutable
        assert marked.cache_control.public
        assert marked.cache_control.max_age == A_YEAR
        assert not marked.cache_control.no_cache
        assert plain.cache_control.no_cache
        assert not plain.cache_control.immutable


def test_the_mark_of_another_release_leads_to_what_there_is_now_and_is_not_kept(
    app: Flask,
) -> None:
    with app.test_client().get(f"/files/deep/site.{'0' * 16}.css") as other:
        assert other.data == CSS
        assert not other.cache_control.immutable


def test_a_file_that_is_called_as_if_it_were_marked_is_that_file(
    app: Flask, tmp_path: Path
) -> None:
    (tmp_path / "own" / f"site.{'0' * 16}.css").write_bytes(b"bundled")

    with app.test_client().get(f"/files/site.{'0' * 16}.css") as answer:
        assert answer.data == b"bundled"


def test_a_marked_name_of_nothing_is_not_found(app: Flask) -> None:
    assert app.test_client().get(f"/files/gone.{MARK}.css").status_code == 404
    assert app.test_client().get(f"/files/../part/deep/site.{MARK}.css").status_code == 404


def test_a_file_that_changes_changes_its_mark(tmp_path: Path) -> None:
    file, marks = tmp_path / "site.css", Marks(str(tmp_path))
    file.write_bytes(CSS)
    first = marks.marked("site.css")
    file.write_bytes(b"b { color: blue }\n")
    os.utime(file, (1, 1))

    assert first == f"site.{MARK}.css"
    assert marks.marked("site.css") != first


def test_strangers_cannot_fill_the_memory_with_ways_to_write_a_name(tmp_path: Path) -> None:
    (tmp_path / "site.css").write_bytes(CSS)
    marks = Marks(str(tmp_path))

    for n in range(100):
        marks.plain(f"{'./' * n}site.{MARK}.css")
        marks.of(f"{'./' * n}site.css")

    assert len(marks.known) == 1


def test_an_app_that_had_a_request_keeps_its_names(tmp_path: Path) -> None:
    (tmp_path / "site.css").write_bytes(CSS)
    app = Flask(__name__, static_folder=tmp_path)
    app.test_client().get("/")

    fingerprint(app)

    with app.test_request_context():
        assert not MARKED.fullmatch(url_for("static", filename="site.css"))


def test_an_app_that_is_made_twice_marks_once(app: Flask) -> None:
    fingerprint(app)

    link = app.test_client().get("/link/static/deep/site.css").text
    assert link == f"/files/deep/site.{MARK}.css"
    with app.test_client().get(link) as answer:
        assert answer.cache_control.immutable
