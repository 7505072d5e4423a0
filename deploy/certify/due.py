"""When is another certificate asked for, and when is one that does not come worth an alarm?"""

from __future__ import annotations

from datetime import datetime, timedelta

from deploy.certify.certificate import Certificate
from deploy.certify.kept import Kept

RENEW_SHARE = 0.4
"""With so much of its life left a certificate is renewed: with days to spare before an alarm."""

ALARM_SHARE = 1 / 3

FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=5), timedelta(days=1)
"""Let's Encrypt takes five failures an hour for a host."""

AT_ONCE = 3
"""So many failures, one after the other, does a deployment not wait for: the next is the fourth."""


def share_left(begins: datetime, ends: datetime, now: datetime) -> float:
    """Return how much of a life is left: from 1 to 0, and below once it is over."""
    return (ends - now) / max(ends - begins, timedelta(seconds=1))


def is_due(there: Certificate, kept: Kept, directory: str, now: datetime) -> bool:
    """Whether the authority is to be asked for another, once no pause is left."""
    return (
        there.placeholder
        or kept.directory != directory
        or share_left(there.begins, there.ends, now) < RENEW_SHARE
    )


def pauses(kept: Kept, now: datetime, passed_over: float = 0) -> bool:
    """Whether it is too early to ask again, unless so many failures are passed over."""
    if kept.failures <= passed_over or not kept.again:
        return False
    return now < datetime.fromisoformat(kept.again)


def pause(failures: int) -> timedelta:
    """Return how long to wait after so many failures, one after the other.

    >>> [str(pause(count)) for count in (1, 2, 3, 9)]
    ['0:05:00', '0:15:00', '0:45:00', '1 day, 0:00:00']
    """
    return min(FIRST_PAUSE * int(3 ** min(failures - 1, 9)), LONGEST_PAUSE)
