"""Under which name does a static file of a Flask app never change?

``url_for("static", filename="site.css")`` gives ``/static/site.0123456789abcdef.css``: the mark is
of the file's content, so that a browser may keep it for ever. The proxy answers for what it has of
such names; the rest the app is asked for, which takes a marked name for the plain one.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from werkzeug.security import safe_join

if TYPE_CHECKING:
    from flask import Flask

MARKED = re.compile(r"(.+)\.([0-9a-f]{16})(\.[A-Za-z0-9]+)")
"""A name with a mark: stem, mark and suffix. nginx/marked.j2 knows it, too."""

SUFFIX = re.compile(r"(.+)(\.[A-Za-z0-9]+)")
PUBLISHED = re.compile(r"/(?:[A-Za-z0-9_~-][A-Za-z0-9._~-]*/)*")
"""A prefix that deploy/onhost/collect.py takes."""

LONGEST_BYTES = 32 * 1024 * 1024
"""What is longer keeps its name: reading it takes too long while visitors wait."""

A_YEAR = 365 * 24 * 3600
log = logging.getLogger(__name__)


class Folder(NamedTuple):
    """A folder that a Flask app serves."""

    endpoint: str
    prefix: str
    """Where, below the app's mount: ``/static/``."""

    place: str
    """Its path on this machine."""


def folders(flask: Flask) -> Iterator[Folder]:
    """Yield the static folders of an app and its blueprints, as far as they are Flask's own."""
    for rule in flask.url_map.iter_rules():
        owner, _, last = rule.endpoint.rpartition(".")
        scaffold = flask.blueprints.get(owner) if owner else flask
        prefix = rule.rule.removesuffix("<path:filename>")
        if last != "static" or scaffold is None or "<" in prefix or prefix == rule.rule:
            continue
        if scaffold.static_folder:
            yield Folder(rule.endpoint, prefix, scaffold.static_folder)


def published(flask: Flask) -> Iterator[Folder]:
    """Yield those that a proxy may serve: the app answers for others, as below ``/@files/``."""
    return (folder for folder in folders(flask) if PUBLISHED.fullmatch(folder.prefix))


def fingerprint(flask: Flask) -> None:
    """Have ``url_for`` give marked names, and the app know them.

    Left alone is an app that had a request already: Flask lets nobody change it then.
    """
    marks = {folder.endpoint: Marks(folder.place) for folder in folders(flask)}
    if not marks:
        return

    def marked(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint in marks and isinstance(name := values.get("filename"), str):
            values["filename"] = marks[endpoint].marked(name)

    try:
        flask.url_defaults(marked)
    except AssertionError:
        log.info("static files of %s keep their names: it had a request already", flask.name)
        return
    for endpoint, of in marks.items():
        flask.view_functions[endpoint] = view(flask, of, flask.view_functions[endpoint])


def view(flask: Flask, marks: Marks, inner: Callable[..., Any]) -> Callable[..., Any]:
    """Return what answers for the files of a folder under marked names as well."""

    def answer(filename: str, **more: Any) -> Any:
        plain, mark = marks.plain(filename)
        if not mark:
            return inner(filename=filename, **more)
        response = flask.make_response(inner(filename=plain, **more))
        # A mark of another release: what there is now must not be kept under it.
        if marks.of(plain) == mark:
            response.cache_control.no_cache = None
            response.cache_control.public = True
            response.cache_control.max_age = A_YEAR
            response.cache_control.immutable = True
        return response

    return answer


class Marks:
    """The marks of the files of one folder, read once for as long as they stay what they are."""

    def __init__(self, place: str) -> None:
        self.place = place
        self.known: dict[str, tuple[tuple[int, int], str]] = {}

    def marked(self, name: str) -> str:
        """Return the name with its mark; as it is, where it has no suffix or is no file."""
        mark = self.of(name)
        parts = SUFFIX.fullmatch(name)
        return f"{parts[1]}.{mark}{parts[2]}" if mark and parts else name

    def plain(self, name: str) -> tuple[str, str]:
        """Return a name without its mark, and that; none where a file is called like that."""
        parts = MARKED.fullmatch(name)
        if parts is None or self.of(name):
            return name, ""
        return f"{parts[1]}{parts[3]}", parts[2]

    def of(self, name: str) -> str:
        """Return the mark of a file, or nothing for what is none, or too long."""
        path = safe_join(self.place, name)
        if path is None:
            return ""
        try:
            now = Path(path).stat()
        except (OSError, ValueError):
            return ""
        then = (now.st_mtime_ns, now.st_size)
        known = self.known.get(path)  # not by name: strangers could write one in endless ways
        if known is None or known[0] != then:
            known = self.known[path] = then, mark_of(Path(path), now.st_size)
        return known[1]


def mark_of(path: Path, size: int) -> str:
    """Return half of the SHA-256 of a file, as 16 hexadecimal digits."""
    if size > LONGEST_BYTES or not path.is_file():
        return ""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]
