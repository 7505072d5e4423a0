"""Whatever happens, and whenever: each answer is of one release, and each server has one.

``FAULTS_ROUNDS=100`` takes a long time; ``FAULTS_SEED=n`` has the same things happen again.
"""

from __future__ import annotations

import os
import sys

import pytest

from tests.deployment.faults import state
from tests.deployment.faults.choice import SEED
from tests.deployment.faults.fleet import Fleet
from tests.deployment.faults.rounds import Chances, Round

pytestmark = pytest.mark.lab

ROUNDS = int(os.environ.get("FAULTS_ROUNDS") or 3)


def test_whatever_happens_each_answer_is_of_one_release_and_each_server_has_one(
    two: Fleet,
) -> None:
    chances = Chances(two, {two.live(): "one"})
    for number in range(ROUNDS):
        what = Round.of(number, len(two.hosts))
        sys.stderr.write(f"FAULTS_SEED={SEED}: {what}\n")
        chances.play(what)
        sys.stderr.write(f"ended well; {chances.sent} requests, {chances.seen}\n")


def test_a_rollback_restores_every_byte(two: Fleet) -> None:
    live = two.live()
    before = [state.every_byte(two.lab, host, live) for host in two.hosts]
    assert all("release.json" in told for told in before)

    with two.visited(*two.hosts) as visits:
        new = two.version()
        two.project.fab("deploy")
        assert two.live() == new
        two.project.fab("rollback")

    assert [one.lost for one in visits.values()] == [[], []]
    two.quiet(live)
    assert [state.every_byte(two.lab, host, live) for host in two.hosts] == before
