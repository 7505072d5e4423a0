"""What stays on a server and what goes."""

from __future__ import annotations

import pytest

from deploy.acting.steps import Steps
from deploy.errors import PlanError
from deploy.stages.retiring import KEEP, prune, retire, thin
from tests.deploy.sample import AT, A, B, release, routes, serving

MANY = tuple(release(f"202611{day:02}T100000-abcdef0", f"2026-11-{day:02}") for day in range(1, 11))
NEW = release("20261121T100000-ccccccc", "2026-11-21")


def removed(steps: Steps) -> list[str]:
    return [step.note.removeprefix("remove ") for step in steps if "releases/" in str(step.do)]


def test_a_few_releases_are_kept_the_newest() -> None:
    live = MANY[-1]

    gone = removed(prune(AT, NEW, serving(live, *MANY[:-1])))

    assert gone == [r.id for r in MANY[: len(MANY) - (KEEP - 1)]]


def test_the_release_that_was_live_stays_however_old() -> None:
    oldest = MANY[0]

    gone = removed(prune(AT, NEW, serving(oldest, *MANY[1:])))

    assert oldest.id not in gone
    assert len(MANY) + 1 - len(gone) == KEEP


def test_the_new_release_stays_where_it_was_installed_before() -> None:
    oldest = MANY[0]

    assert oldest.id not in removed(prune(AT, oldest, serving(MANY[-1], *MANY[:-1])))


def test_a_release_that_still_runs_stays() -> None:
    live, old = MANY[-1], MANY[0]

    gone = removed(prune(AT, NEW, serving(live, *MANY[:-1], running=(live.id, old.id))))

    assert old.id not in gone


def test_a_first_release_removes_nothing() -> None:
    assert prune(AT, A, serving(A)) == ()


def test_a_release_that_is_not_complete_goes_however_new() -> None:
    half = "20261121T110000-fffffff"

    assert removed(prune(AT, NEW, serving(A, incomplete=(half,)))) == [half]


def test_links_of_other_routes_go() -> None:
    (step,) = prune(AT, NEW, serving(A, live_links=("0123456789ab", routes(), "x.new")))

    assert str(step.do) == "rm -f /srv/yard/live/0123456789ab /srv/yard/live/x.new"


def test_what_was_live_is_stopped_later_and_what_was_before_it_now() -> None:
    steps = retire(AT, B, NEW, serving(B, A, running=(A.id, B.id, NEW.id)))

    assert [step.note for step in steps] == [f"stop {A.id}", f"stop {B.id} in 5 minutes"]
    assert str(steps[0].do) == (
        f"systemctl stop --no-block yard-default@{A.id}.service yard-default@{A.id}.socket"
    )


@pytest.mark.parametrize("live", [None, NEW], ids=["first", "itself"])
def test_the_new_release_is_never_retired(live: object) -> None:
    found = serving(NEW, running=(NEW.id,))

    assert retire(AT, NEW if live else None, NEW, found) == ()


def test_dependencies_go_with_the_last_release_that_began_as_them() -> None:
    other = release("20261120T110000-eeeeeee", "2026-11-20", environment="other")
    new = NEW.model_copy(update={"environment": "new"})
    there = ("half.new", "new", "old", "other")

    *_, step = prune(AT, new, serving(other, environments=there))

    assert step.note == "remove dependencies that no release has"
    assert str(step.do) == "rm -rf /srv/yard/environments/half.new /srv/yard/environments/old"


def test_pruning_keeps_as_many_as_are_asked_for() -> None:
    found = serving(MANY[-1], *MANY[:-1])

    assert removed(thin(AT, MANY[-1], found, 3).tidy) == [r.id for r in MANY[:-3]]
    assert removed(thin(AT, MANY[-1], found, 1).tidy) == [r.id for r in MANY[:-1]]
    assert removed(thin(AT, MANY[-1], found, 10).tidy) == []


def test_pruning_needs_a_live_release() -> None:
    with pytest.raises(PlanError, match="has no live release"):
        thin(AT, None, serving(MANY[-1]), 3)
