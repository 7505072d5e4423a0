"""The body of a request, of which an app never takes a part for the whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from werkzeug.wsgi import get_content_length

from dispatcher.boundary.breach import CutShort

if TYPE_CHECKING:
    from _typeshed.wsgi import InputStream, WSGIEnvironment


def guarded(environ: WSGIEnvironment) -> Body | None:
    """Return the body to read instead, or None where a request has none."""
    length = get_content_length(environ)
    if length:
        return Body(environ["wsgi.input"], length)
    return Body(environ["wsgi.input"]) if "HTTP_TRANSFER_ENCODING" in environ else None


class Body:
    """The ``wsgi.input`` of PEP 3333, which raises `CutShort` where the visitor has hung up.

    gunicorn tells so of chunks alone: of a body with a Content-Length it hands over what
    came, and then an end like any other. To Flask that is the whole of it, for gunicorn
    says that it ends bodies itself.
    """

    def __init__(self, given: InputStream, length: int | None = None) -> None:
        """``length`` is what the request announces, None where it is in chunks."""
        self.given, self.left = given, length

    def read(self, size: int | None = -1) -> bytes:
        wanted = self.wanted(size)
        data = self.taken(self.given.read, wanted)
        while self.left is not None and len(data) < wanted:
            more = self.taken(self.given.read, wanted - len(data))
            if not more:
                raise CutShort(self.left)
            data += more
        return data

    def readline(self, size: int | None = -1) -> bytes:
        wanted = self.wanted(size)
        line = self.taken(self.given.readline, wanted)
        if self.left and len(line) < wanted and not line.endswith(b"\n"):
            raise CutShort(self.left)
        return line

    def readlines(self, hint: int | None = -1) -> list[bytes]:
        lines, size = [], 0
        for line in self:
            lines.append(line)
            size += len(line)
            if hint is not None and 0 < hint <= size:
                break
        return lines

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.readline, b"")

    def __enter__(self) -> Body:
        """Be used as the files that some servers give; the server closes it."""
        return self

    def __exit__(self, *_: object) -> None:
        """Leave it open."""

    def wanted(self, size: int | None) -> int:
        """Return how much is to be read, never more than there is; -1 is all that comes."""
        if self.left is None:
            return -1 if size is None else size
        return self.left if size is None or size < 0 else min(size, self.left)

    def taken(self, read: Callable[[int], Any], size: int) -> bytes:
        """Read, and count it.

        What is no HTTP the server refuses itself, with an exception of its own.
        """
        try:
            data: bytes = read(size)
        except (EOFError, OSError) as error:
            raise CutShort(self.left) from error
        if self.left is not None:
            self.left -= len(data)
        return data
