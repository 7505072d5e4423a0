"""What news is there, and how does more of it get in?"""

import re
import sqlite3
import unicodedata
from dataclasses import dataclass
from datetime import date

from apps.portal.db import writing

PAGE_SIZE = 5

_FIELDS = "slug, title, body, published"


@dataclass(frozen=True, slots=True)
class News:
    slug: str
    """Names the item in its address; unique."""

    title: str
    body: str
    """Plain text, with a blank line between paragraphs."""

    published: date

    @property
    def paragraphs(self) -> list[str]:
        return [part.strip() for part in re.split(r"\n\s*\n", self.body) if part.strip()]

    @property
    def summary(self) -> str:
        return next(iter(self.paragraphs), "")


def latest(db: sqlite3.Connection, count: int, *, skip: int = 0) -> list[News]:
    """Return ``count`` items, newest first."""
    query = f"SELECT {_FIELDS} FROM news ORDER BY published DESC, id DESC LIMIT ? OFFSET ?"  # noqa: S608 - constants
    return [_news(row) for row in db.execute(query, (count, skip))]


def page_count(db: sqlite3.Connection) -> int:
    """Return the number of pages, at least 1: no news is a page too."""
    total: int = db.execute("SELECT count(*) FROM news").fetchone()[0]
    return max(1, -(-total // PAGE_SIZE))


def find(db: sqlite3.Connection, slug: str) -> News | None:
    row = db.execute(f"SELECT {_FIELDS} FROM news WHERE slug = ?", (slug,)).fetchone()  # noqa: S608 - constants
    return None if row is None else _news(row)


def add(db: sqlite3.Connection, title: str, body: str, published: date) -> News:
    """Store a new item under a slug that nobody has yet."""
    with writing(db):
        slug = _free(db, slug_of(title))
        db.execute(
            f"INSERT INTO news ({_FIELDS}) VALUES (?, ?, ?, ?)",  # noqa: S608 - constants
            (slug, title, body, published.isoformat()),
        )
    return News(slug, title, body, published)


def slug_of(title: str) -> str:
    """Return ``title`` as it may stand in an address.

    >>> slug_of("Café & quay: what's new?")
    'cafe-quay-what-s-new'
    >>> slug_of("?")
    'news'
    """
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60].rstrip("-") or "news"


def _free(db: sqlite3.Connection, slug: str) -> str:
    candidate, number = slug, 1
    while find(db, candidate):
        number += 1
        candidate = f"{slug}-{number}"
    return candidate


def _news(row: sqlite3.Row) -> News:
    return News(row["slug"], row["title"], row["body"], date.fromisoformat(row["published"]))
