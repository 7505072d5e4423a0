"""What a server has is not installed again, and what was cut off is cleared first."""

from __future__ import annotations

from pathlib import Path

from deploy.stages import plans
from tests.deploy.sample import AT, BUNDLE, SITE, STAMP, B, serving
from tests.deploy.stages.runbook import DEPENDENCIES, FOLDER, NEW, deploy, notes, undone


def test_dependencies_that_the_server_has_are_not_installed_again() -> None:
    plan = deploy(serving(B, environments=(Path(DEPENDENCIES).name,)))

    there = notes(plan.prepare)
    assert "install its dependencies" not in there
    assert "make its environment" in there
    assert undone(plan.prepare)[-1] == f"rm -rf {FOLDER}", "they stay, others may use them"


def test_dependencies_are_installed_anew_for_another_lock_or_python() -> None:
    found = serving(B, environments=(Path(DEPENDENCIES).name,))
    other = BUNDLE.requirements.model_copy(update={"sha256": "0" * 64})
    lock = BUNDLE.model_copy(update={"requirements": other})

    for plan in (
        plans.deploy(AT, SITE, lock, found, STAMP),
        deploy(found.model_copy(update={"python": "3.13.5"})),
    ):
        assert "install its dependencies" in notes(plan.prepare)


def test_what_an_interrupted_installation_left_is_cleared_first() -> None:
    found = serving(B, running=(B.id, NEW), incomplete=(NEW,))

    plan = deploy(found)

    assert notes(plan.prepare)[:2] == ["stop what was left of it", "make the release's folder"]
