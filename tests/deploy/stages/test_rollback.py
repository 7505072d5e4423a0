"""A rollback reads as a runbook, and goes where it says."""

from __future__ import annotations

import pytest

from deploy.errors import PlanError
from deploy.server.look import State
from deploy.stages import plans
from tests.deploy.sample import A, B, ready, release, serving
from tests.deploy.stages.runbook import notes, rollback, undone


def test_a_rollback_reads_as_a_runbook() -> None:
    plan = rollback(serving(B, A, running=(A.id, B.id), timers=(A.id,)))

    assert str(plan).splitlines()[0] == f"roll back from {B.id} to {A.id}"
    assert notes(tuple(plan)) == [
        "keep it from being stopped",
        "start its pools",
        "ask every worker and every app",
        "see that its pools still run",
        "note that it begins",
        "go live",
        "ask every app through nginx",
        f"stop {B.id} in 5 minutes",
        "note that it is done",
    ]


def test_a_rollback_that_fails_leaves_the_warm_release_warm_for_its_time() -> None:
    plan = rollback(serving(B, A, running=(A.id, B.id), timers=(A.id,)))

    (timer,) = undone(plan.prepare)
    assert "systemd-run" in timer
    assert f"yard-retire-{A.id} 300" in timer


def test_a_rollback_names_a_release_or_goes_to_what_was_live_before() -> None:
    c = release("20261121T090000-ddddddd", "2026-11-21T09:00:00+00:00", after=B.id)
    bad_between = release("20261121T110000-eeeeeee", "2026-11-21T11:00:00+00:00", after=B.id)

    assert plans.goal(serving(c, A, B)).id == B.id
    assert plans.goal(serving(c, A, B), A.id).id == A.id
    assert plans.goal(serving(bad_between, A, B, c)).id == B.id, "c was rolled back from"
    assert plans.goal(serving(c, A)).id == A.id, "B is gone"


@pytest.mark.parametrize(
    ("found", "to", "message"),
    [
        (ready(), "", "has no live release to roll back from; run: fab deploy"),
        (serving(A), "", f"has no release from before {A.id}; others it has: none"),
        (serving(B, A), "nope", f"has no release 'nope'; others it has: {A.id}"),
    ],
    ids=["nothing live", "nothing before", "no such release"],
)
def test_a_rollback_to_nowhere_names_what_there_is(found: State, to: str, message: str) -> None:
    with pytest.raises(PlanError) as raised:
        plans.goal(found, to)

    assert str(raised.value) == message


def test_a_rollback_to_the_live_release_does_nothing() -> None:
    plan = rollback(serving(B, A), B.id)

    assert tuple(plan) == ()
    assert str(plan) == f"roll back to {B.id}: it is live already; others it has: {A.id}"


def test_servers_are_not_rolled_back_to_different_releases() -> None:
    assert plans.common({"web1": A, "web2": A}) == A
    with pytest.raises(PlanError, match=f"web1 to {A.id}, web2 to {B.id}.*name one with --to"):
        plans.common({"web1": A, "web2": B})
