"""A certificate is renewed before it is worth an alarm, and failures are not repeated at once."""

from __future__ import annotations

from datetime import timedelta
from math import inf

import pytest

from deploy.certify.certificate import Certificate
from deploy.certify.due import ALARM_SHARE, AT_ONCE, RENEW_SHARE, is_due, pause, pauses
from deploy.certify.kept import Kept
from tests.deploy.certify.made import NOW

HERE = "https://ca.test/dir"


def of(life: float, left: float, issuer: str = "O=Somebody") -> Certificate:
    ends = NOW + timedelta(days=left)
    return Certificate(("a.org",), ends - timedelta(days=life), ends, issuer)


@pytest.mark.parametrize(
    ("there", "kept", "due"),
    [
        (of(90, 37), Kept(directory=HERE), False),
        (of(90, 35), Kept(directory=HERE), True),
        (of(6, 3), Kept(directory=HERE), False),
        (of(6, 2), Kept(directory=HERE), True),
        (of(90, -1), Kept(directory=HERE), True),
        (of(3650, 3650, "O=Flaskyard placeholder"), Kept(directory=HERE), True),
        (of(90, 80), Kept(directory="https://staging.test/dir"), True),
    ],
    ids=["young", "old", "short", "short and old", "over", "placeholder", "another authority"],
)
def test_another_is_due_with_two_fifths_left(there: Certificate, kept: Kept, due: bool) -> None:
    assert is_due(there, kept, HERE, NOW) is due


def test_there_are_days_to_try_again_before_an_alarm() -> None:
    assert RENEW_SHARE * 90 - ALARM_SHARE * 90 >= 5


def test_an_authority_is_asked_less_than_five_times_an_hour() -> None:
    asked, at = 1, timedelta()
    while (at := at + pause(asked)) < timedelta(hours=1):
        asked += 1

    assert asked < 5
    assert pause(1000) == timedelta(days=1)


def test_a_pause_ends() -> None:
    kept = Kept(failures=1, again=(NOW + timedelta(minutes=5)).isoformat())

    assert pauses(kept, NOW)
    assert not pauses(kept, NOW + timedelta(minutes=6))
    assert not pauses(Kept(), NOW)


def test_who_deploys_again_and_again_does_not_use_up_what_an_authority_takes() -> None:
    later = (NOW + timedelta(minutes=5)).isoformat()
    asked, kept = 0, Kept()
    while not pauses(kept, NOW, AT_ONCE):
        asked, kept = asked + 1, Kept(failures=asked + 1, again=later)

    assert asked < 5
    assert pause(asked) > timedelta(hours=1)
    assert not pauses(kept, NOW, inf), "but who asks for it is not held up"
