"""Servers of one site are alike, or it is told how they are not."""

from __future__ import annotations

import pytest

from deploy.checks.finding import Seen
from deploy.checks.fleet import alike
from deploy.release import JobPart
from deploy.server.look import Closure
from tests.deploy.checks.given import HELLO, seen
from tests.deploy.sample import A, B, serving

CLOSED = (Closure(app="", allow=(), minutes=1, since="today", by="ada"),)


TICKS = B.model_copy(
    update={"jobs": (JobPart(kind="schedule", pool="default", name="schedule.portal"),)}
)


@pytest.mark.parametrize(
    ("other", "says"),
    [
        (seen(server="web2"), []),
        (
            seen(serving(A), server="web2"),
            [f"the servers have different releases: {B.id} on web1; {A.id} on web2"],
        ),
        (
            seen(server="web2", hello={**HELLO, "keys": "other"}),
            ["the servers sign with different keys"],
        ),
        (
            seen(server="web2", hello={**HELLO, "secrets": "other"}),
            ["the servers have different secrets of apps"],
        ),
        (
            seen(serving(B, closed=CLOSED), server="web2"),
            ["not all servers have the same closed for maintenance"],
        ),
        (
            seen(serving(TICKS, schedules=True), server="web2"),
            ["schedules run on web1 and web2, and should on one alone"],
        ),
        (seen(serving(A), server="web2", hello={}), []),
    ],
    ids=["alike", "releases", "keys", "secrets", "closed", "schedules", "not made ready"],
)
def test_how_servers_differ_is_told(other: Seen, says: list[str]) -> None:
    schedules = "schedules" in str(says)
    first = seen(serving(TICKS if schedules else B, schedules=schedules))

    assert [one.says for one in alike((first, other))] == says


def test_where_a_schedule_would_be_is_nothing_to_tell_of_a_site_without() -> None:
    assert [
        *alike([seen(serving(B, schedules=True), server=name) for name in ("web1", "web2")])
    ] == []
