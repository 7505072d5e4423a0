"""Who still uses a thing that is to be closed once nobody does."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from threading import Lock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class Lease:
    """Call ``close`` once, after the end was declared and all who took it gave it back.

    No lock: appending to a list and taking from it are atomic. Who takes the lease announces
    that before looking whether it ended, and who ends it says so before looking whether it is
    taken, so that at least one of two at the same moment sees the other.
    """

    __slots__ = ("_close", "_closing", "_ended", "_takers")

    def __init__(self, close: Callable[[], None]) -> None:
        self._close = close
        self._closing = Lock()  # taken once and never released
        self._ended = False
        self._takers: list[None] = []

    @property
    def taken(self) -> bool:
        return bool(self._takers)

    def take(self) -> bool:
        """Return whether it was still there to be taken; then it must be given back."""
        self._takers.append(None)
        if self._ended:
            self.give_back()
            return False
        return True

    def give_back(self) -> None:
        self._takers.pop()
        if self._ended:
            self._close_once()

    def end(self) -> None:
        """Let nobody take it any more."""
        self._ended = True
        self._close_once()

    def _close_once(self) -> None:
        if not self._takers and self._closing.acquire(blocking=False):
            self._close()


def lent(
    app: WSGIApplication, lease: Lease, environ: WSGIEnvironment, start_response: StartResponse
) -> Iterable[bytes]:
    """Call ``app`` and give ``lease``, which was taken, back when its response is closed."""
    try:
        body = app(environ, start_response)
    except BaseException:
        lease.give_back()
        raise
    if type(body) in (list, tuple):  # all there already
        lease.give_back()
        return body
    wrapper = environ.get("wsgi.file_wrapper")
    if isinstance(wrapper, type) and isinstance(body, wrapper):  # the server must know it again
        file: Any = body
        file.close = Lent(body, lease, getattr(body, "close", None)).close
        return body
    return Lent(body, lease, getattr(body, "close", None))


class Lent:
    """A response whose end gives a lease back, however often it is closed."""

    __slots__ = ("_body", "_close", "_lease")

    def __init__(
        self, body: Iterable[bytes], lease: Lease, close: Callable[[], object] | None
    ) -> None:
        self._body, self._close = body, close
        self._lease: Lease | None = lease

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._body)

    def close(self) -> None:
        """Close the response, then give back."""
        lease, self._lease = self._lease, None
        try:
            if self._close is not None:
                self._close()
        finally:
            if lease is not None:
                lease.give_back()
