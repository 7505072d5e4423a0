"""How does a request reach the database? On demand, once, closed at its end."""

import fcntl
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import current_app, g

BUSY_SECONDS = 10
SCHEMA_VERSION = 1

_HERE = Path(__file__).parent


def get_db() -> sqlite3.Connection:
    """Return this request's connection, making the database where there is none."""
    if "db" not in g:
        g.db = connect(database())
    db: sqlite3.Connection = g.db
    return db


def close_db(_error: BaseException | None = None) -> None:
    """Close this request's connection, if it opened one."""
    db: sqlite3.Connection | None = g.pop("db", None)
    if db is not None:
        db.close()


def database() -> Path:
    return Path(current_app.instance_path) / "watch.sqlite3"


def connect(path: Path) -> sqlite3.Connection:
    """Open the database at ``path`` in autocommit mode; its tables are there after this."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    db = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
    try:
        db.row_factory = sqlite3.Row
        _prepare(db, path)
    except BaseException:
        db.close()
        raise
    return db


@contextmanager
def writing(db: sqlite3.Connection) -> Iterator[None]:
    """Hold the write lock: all statements inside take effect, or none.

    Nothing inside may wait for anything else. SQLite waits for the lock in C, so
    under gevent the greenlet that holds it would never run again.
    """
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


def _prepare(db: sqlite3.Connection, path: Path) -> None:
    # A newer number is another release's: schemas only grow, so this one can read it.
    if db.execute("PRAGMA user_version").fetchone()[0] >= SCHEMA_VERSION:
        return
    script = (_HERE / "schema.sql").read_text()
    # SQLite answers "database is locked" at once, whatever the timeout, when two
    # connections turn WAL on together: 19 of 1,200 did. Hence a lock of our own.
    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        db.execute("PRAGMA journal_mode = WAL")
        db.executescript(
            f"BEGIN IMMEDIATE; {script} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;"
        )
