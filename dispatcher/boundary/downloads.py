"""Which file is sent instead of what an app returns, and who sends it: nginx, or this worker?

An app names one in X-Sendfile. It must lie in the app's own folder for that, whoever wrote the
header: an app that passes on what another server said cannot be made to give out what it knows
itself. No link is followed, here or by nginx.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from werkzeug.exceptions import RequestedRangeNotSatisfiable
from werkzeug.wrappers import Response
from werkzeug.wsgi import wrap_file

from dispatcher.boundary.breach import Breach
from dispatcher.downloads import etag

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

ABLE = "HTTP_X_SENDFILE_TYPE"
"""How nginx says that it can; no client's word for it passes nginx."""

ADDRESS = "/.flaskyard/download/"
"""Where nginx has the data of the pool that answers, for answers alone; see nginx/site.conf.j2."""

OF_FILE = frozenset({"accept-ranges", "content-length", "content-range", "etag", "last-modified"})
"""Headers that are of the file, and so of whoever sends it."""

Headers = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Place:
    """Where the files of one app are that may be sent."""

    root: Path
    """The data of all apps of the pool."""

    app: str

    proxied: bool = False
    """Whether a proxy is in front whose word counts."""

    def of(self, tenant: str) -> Place:
        """Return that of one tenant, whose app has a name and data of its own."""
        return Place(self.root, f"{self.app}.{tenant}", self.proxied)

    @property
    def folder(self) -> str:
        return f"{self.root}/{self.app}/downloads"

    def opened(self, path: str, *, share: bool) -> tuple[int, str]:
        """Return a descriptor of the file, and its path below the root; raises `Breach`.

        If it is to be ``share``d, nginx may read it from now on: its user is in the group of the
        pool's (docs/decisions/0034).
        """
        wanted, folder = path.encode("latin-1"), os.fsencode(self.folder)
        names = wanted.removeprefix(folder + b"/").split(b"/")
        if not wanted.startswith(folder + b"/") or {b"", b".", b".."} & {*names}:
            raise Breach(f"X-Sendfile names {path!r}, which is not below {self.folder}")
        steps = [os.fsencode(self.app), b"downloads", *names]
        at = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY)
        try:
            for depth, name in enumerate(steps, 1):
                kind = os.O_DIRECTORY if depth < len(steps) else os.O_NONBLOCK
                inner = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | kind, dir_fd=at)
                os.close(at)
                at = inner
                if share:
                    let_in(at)
            if not stat.S_ISREG(os.fstat(at).st_mode):
                raise Breach(f"X-Sendfile names {path!r}, which is no file")
        except OSError as error:
            os.close(at)
            raise Breach(f"X-Sendfile names {path!r}: {error.strerror}") from None
        except Breach:
            os.close(at)
            raise
        return at, os.fsdecode(b"/".join(steps))


def let_in(opened: int) -> None:
    """Let the group look a name up in a folder, or read a file."""
    mode = os.fstat(opened).st_mode
    right = stat.S_IXGRP if stat.S_ISDIR(mode) else stat.S_IRGRP
    if not mode & right:
        os.fchmod(opened, stat.S_IMODE(mode) | right)


@dataclass(slots=True)
class Sent:
    """What is answered for a file."""

    status: str
    headers: Headers
    body: Iterable[bytes]


def sent(place: Place, path: str, headers: Headers, environ: WSGIEnvironment) -> Sent:
    """Return the answer whose ``headers`` are the app's, as they may leave; raises `Breach`.

    A file that is encoded nginx would send without saying so.
    """
    kept = [(name, value) for name, value in headers if name.lower() not in OF_FILE]
    able = place.proxied and environ.get(ABLE) == "X-Accel-Redirect"
    able = able and not any(name.lower() == "content-encoding" for name, _ in kept)
    file, below = place.opened(path, share=able)
    if able:
        os.close(file)
        address = ("X-Accel-Redirect", ADDRESS + quote(os.fsencode(below)))
        return Sent("200 OK", [*kept, address, ("Content-Length", "0")], ())
    return by_worker(file, kept, environ)


def by_worker(file: int, kept: Headers, environ: WSGIEnvironment) -> Sent:
    """Return the answer with the file itself in it, or what was asked for of it."""
    state = os.fstat(file)
    answer: Response = Response(wrap_file(environ, os.fdopen(file, "rb")), direct_passthrough=True)
    answer.content_length = state.st_size
    answer.last_modified = datetime.fromtimestamp(int(state.st_mtime), UTC)
    answer.set_etag(etag(state))
    try:
        answer.make_conditional(environ, accept_ranges=True, complete_length=state.st_size)
    except RequestedRangeNotSatisfiable:  # a range that is not there
        answer.close()
        answer = Response("", 416, {"Content-Range": f"bytes */{state.st_size}"})
    said: list[tuple[str, Headers]] = []

    def start(status: str, headers: Headers, _: Any = None) -> Any:
        said.append((status, headers))

    body = answer(environ, start)
    status, headers = said[0]
    own = [(name, value) for name, value in headers if name.lower() in OF_FILE]
    if answer.status_code == 304:
        kept = [(name, value) for name, value in kept if name.lower() != "content-type"]
    return Sent(status, [*kept, *own], body)
