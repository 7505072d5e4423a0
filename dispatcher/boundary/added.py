"""Which headers does an answer get that the app did not write itself?"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from dispatcher.registry.headers import FRAMES, NONCE, POLICY, Headers, unframed

if TYPE_CHECKING:
    from dispatcher.boundary.exchange import Exchange


class Added:
    """What `dispatcher.registry.headers` says for an app, for one answer after the other."""

    __slots__ = ("fresh", "plain")

    def __init__(self, given: Headers) -> None:
        self.fresh = tuple((name, value) for name, value in given if NONCE in value)
        self.plain = tuple((name, value) for name, value in given if NONCE not in value)

    def nonce(self) -> str:
        """Return a new nonce (CSP level 3, section 7.1: 128 bits), or nothing where none is used.

        It is made before anybody asks: headers leave before a page that streams is written.
        """
        return os.urandom(16).hex() if self.fresh else ""

    def to(self, code: int, exchange: Exchange) -> Headers:
        """Return what an answer gets with the status ``code``, but for what the app has written.

        A 304 gets nothing: a browser would lay the new nonce over the page that it has kept with
        the old one (RFC 9111, section 3.2).
        """
        if code == 304 or exchange.bare:
            return ()
        nonce, own = exchange.nonce, exchange.own
        given = self.plain
        if self.fresh:
            made = [(name, value.replace(NONCE, nonce)) for name, value in self.fresh]
            given = (*made, *self.plain)
        return given if own is None else besides(own, given)


def besides(own: set[str], given: Headers) -> Headers:
    """Return those that the app has not written; who may frame a page it may have said otherwise.

    Browsers would take a policy's ``frame-ancestors`` before the app's X-Frame-Options.
    """
    left = tuple(pair for pair in given if pair[0] not in own)
    if FRAMES not in own:
        return left
    return tuple((name, unframed(value) if name == POLICY else value) for name, value in left)
