"""One secret for each app, derived from a master key; the masters from before still count."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime

SIZE = 32
"""Bytes of a key: as many as SHA-256 has."""

PREVIOUS = 2
"""How many masters from before the last rotation are kept."""


@dataclass(frozen=True, slots=True)
class Master:
    """A key of which apps' secrets are made."""

    made: str
    """When, in UTC, ISO 8601: ``2026-11-21T07:00:00+00:00``."""

    key: bytes = field(repr=False)

    @classmethod
    def new(cls) -> Master:
        """Make one of random bytes."""
        return cls(datetime.now(UTC).isoformat(timespec="seconds"), secrets.token_bytes(SIZE))

    @property
    def fingerprint(self) -> str:
        """What tells it from others, and nothing else about it."""
        return derived(self.key, "fingerprint")[:8]


@dataclass(frozen=True, slots=True)
class Keys:
    """The masters of a site, newest first; at least one.

    As text there is a line for each: when it was made, and the key in hexadecimal.
    """

    masters: tuple[Master, ...]

    def secrets(self, site: str, app: str) -> tuple[str, ...]:
        """Return an app's secrets, the one to sign with first.

        >>> keys = Keys((Master("2026-11-21T07:00:00+00:00", bytes(32)),))
        >>> keys.secrets("yard", "wiki") == keys.secrets("yard", "shop")
        False
        """
        return tuple(derived(master.key, "secret", site, app) for master in self.masters)

    def rotated(self, new: Master) -> Keys:
        """Return the keys with a new master, without those that are too old by now."""
        return Keys((new, *self.masters[:PREVIOUS]))

    def text(self) -> str:
        return "".join(f"{master.made} {master.key.hex()}\n" for master in self.masters)

    @classmethod
    def of(cls, text: str) -> Keys:
        """Read what `text` wrote; raises `ValueError`, which names a line and shows no key."""
        masters = []
        for number, line in enumerate(text.splitlines(), 1):
            made, _, key = line.partition(" ")
            try:
                masters.append(Master(datetime.fromisoformat(made).isoformat(), bytes.fromhex(key)))
            except ValueError:
                masters.append(Master("", b""))
            if len(masters[-1].key) != SIZE:
                right = f"must be a time, a space and {2 * SIZE} hexadecimal digits"
                raise ValueError(f"line {number} {right}") from None
        if not masters:
            raise ValueError("is empty; the newest master key must be in its first line")
        return cls(tuple(masters))


def derived(key: bytes, *names: str) -> str:
    """Return a secret of 256 bits for what is named, in hexadecimal (HKDF, RFC 5869).

    By hand, both steps being one HMAC for so many bytes: `cryptography` takes 7 MiB of each
    pool, more than many an app.
    """
    info = "\0".join(("flaskyard", *names)).encode()
    extracted = hmac.digest(bytes(SIZE), key, "sha256")
    return hmac.digest(extracted, info + b"\1", "sha256").hex()
