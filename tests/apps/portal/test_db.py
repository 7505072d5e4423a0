import os
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from flask import Flask

from apps.portal import create_app
from apps.portal.db import connect, get_db, writing
from tests.apps.mounting import at_once

SEEDS = 6


def test_making_the_app_touches_no_file(tmp_path: Path) -> None:
    create_app({"STATE_DIRECTORY": str(tmp_path / "state")})

    assert list(tmp_path.iterdir()) == []


def test_first_requests_at_once_make_one_database(app: Flask) -> None:
    answers = at_once(16, lambda: app.test_client().get("/").status_code)

    assert answers == [200] * 16
    assert count(app) == SEEDS


def test_workers_that_start_at_once_make_one_database(tmp_path: Path) -> None:
    """Real processes: threads of one share what SQLite knows of its locks."""
    command = [sys.executable, "-m", "flask", "--app", "apps.portal", "init-db"]
    environment = os.environ | {"STATE_DIRECTORY": str(tmp_path)}

    workers = [subprocess.Popen(command, env=environment, stdout=-3) for _ in range(4)]

    assert [worker.wait() for worker in workers] == [0] * 4
    assert count(create_app({"STATE_DIRECTORY": str(tmp_path)})) == SEEDS


def test_news_taken_down_stays_down(app: Flask) -> None:
    with app.app_context():
        get_db().execute("DELETE FROM news")

    assert app.test_client().get("/").status_code == 200
    assert "Nothing to report" in app.test_client().get("/news/").text
    assert count(app) == 0


def test_a_database_of_a_newer_release_is_left_alone(app: Flask) -> None:
    with app.app_context():
        get_db().execute("PRAGMA user_version = 9")

    with app.app_context():
        assert get_db().execute("PRAGMA user_version").fetchone()[0] == 9


def test_nobody_else_may_look_into_the_folder(app: Flask, tmp_path: Path) -> None:
    app.test_client().get("/")

    assert stat.S_IMODE((tmp_path / "portal").stat().st_mode) == 0o700


def test_readers_do_not_wait_for_a_writer(app: Flask) -> None:
    with app.app_context(), writing(get_db()):
        assert app.test_client().get("/").status_code == 200


def test_a_write_that_fails_leaves_nothing(tmp_path: Path) -> None:
    with closing(connect(tmp_path / "x.sqlite3")) as db:
        with pytest.raises(sqlite3.IntegrityError), writing(db):
            db.executemany("INSERT INTO news VALUES (?, 's', '', '', '')", [(90,), (91,)])

        assert db.execute("SELECT count(*) FROM news").fetchone()[0] == SEEDS


def test_the_state_directory_of_systemd_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", f"{tmp_path}/first:{tmp_path}/second")

    assert create_app().instance_path == f"{tmp_path}/first/portal"


def test_without_one_data_is_below_the_current_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    monkeypatch.chdir(tmp_path)

    assert create_app().instance_path == f"{tmp_path}/instance/portal"


def count(app: Flask) -> int:
    with app.app_context():
        rows: int = get_db().execute("SELECT count(*) FROM news").fetchone()[0]
        return rows
