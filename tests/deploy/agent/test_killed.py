"""Whenever the agent is killed, and however often, a server ends as it was or as it should be."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from deploy.acting.machine import Here, Machine
from deploy.acting.steps import Plan
from deploy.agent.transaction import Transaction
from deploy.agent.transactions import to_end
from deploy.protocol.journal import Journal, read
from deploy.protocol.progress import BACK, MIGRATE, PUBLISH, SETTLE, START, Progress
from tests.deploy.agent import world
from tests.deploy.agent.world import Obedient, Quick, World

BOTH = (PUBLISH, SETTLE)


@dataclass(frozen=True, slots=True)
class Moment:
    """What a kill leaves: the journal as it is then, and everything else."""

    journal: bytes
    world: World

    @classmethod
    def now(cls, root: Path) -> Moment:
        return cls(world.journal(root).read_bytes(), world.look(root))

    @property
    def progress(self) -> Progress:
        return Progress.of(json.loads(line) for line in self.journal.splitlines())

    def restore(self, root: Path) -> None:
        """Make it so."""
        world.journal(root).write_bytes(self.journal)
        world.remove(root)
        root.mkdir()
        for name, told in self.world.items():
            path = root / name
            if told.startswith("-> "):
                path.symlink_to(told.removeprefix("-> "))
            elif told == "folder":
                path.mkdir()
            else:
                path.write_text(told)


class Watched(Journal):
    """A journal that keeps the moments before and after its records, and where a file is half."""

    def __init__(self, root: Path) -> None:
        super().__init__(world.journal(root))
        self.root = root
        self.moments = [Moment.now(root)]

    def watch(self) -> None:
        self.moments.append(Moment.now(self.root))

    def write(self, kind: str, *, sync: bool = True, **what: object) -> None:
        self.watch()
        super().write(kind, sync=sync, **what)
        self.watch()


def moments_of_a_run(
    root: Path, plan: Plan, orders: tuple[str, ...], machine: Machine | None = None
) -> list[Moment]:
    journal = Watched(root)
    machine = machine or Quick(journal.watch)
    Obedient(plan, journal, machine, orders=orders).run()
    journal.close()
    return journal.moments


def moments_of_a_recovery(root: Path, plan: Plan) -> list[Moment]:
    journal = Watched(root)
    Transaction(to_end(plan), journal, Quick(journal.watch)).resume()
    journal.close()
    return journal.moments


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    world.make(root)
    return root


FAILING = [(f"step {number} fails", number, BOTH) for number in range(6)]
SCENARIOS = [
    ("all is well", 99, BOTH),
    *FAILING,
    ("not published", 99, (BACK,)),
    ("not settled", 99, (PUBLISH, BACK)),
]


@pytest.mark.parametrize(
    ("fails", "orders"),
    [(fails, orders) for _, fails, orders in SCENARIOS],
    ids=[name for name, _, _ in SCENARIOS],
)
def test_any_number_of_kills_leaves_the_old_or_the_new_and_what_had_settled_holds(
    root: Path, fails: int, orders: tuple[str, ...]
) -> None:
    plan = world.publish(root)
    survives_kills(root, world.failing(plan, fails) if fails < 99 else plan, orders)


ALL = (MIGRATE, START, *BOTH)


@pytest.mark.parametrize(
    "orders",
    [ALL, (BACK,), (MIGRATE, BACK), (MIGRATE, START, BACK), (*ALL[:3], BACK)],
    ids=["all is well", "not migrated", "not started", "not published", "not settled"],
)
def test_any_number_of_kills_around_a_migration_leaves_the_old_or_the_new(
    root: Path, orders: tuple[str, ...]
) -> None:
    plan = world.publish(root)
    first, second = plan.prepare
    survives_kills(root, replace(plan, prepare=(first,), migrate=(second,), migrates=True), orders)


def survives_kills(root: Path, plan: Plan, orders: tuple[str, ...]) -> None:
    """Kill a run of the plan after each record, and each recovery after each of its own."""
    old = world.look(root)
    waiting = moments_of_a_run(root, plan, orders)
    whole, new = Progress.of(read(world.journal(root))), world.look(root)
    seen = set()
    ends = set()
    while waiting:
        moment = waiting.pop()
        progress = moment.progress
        # A recovery sees nothing else of a journal, so one of each kind is enough.
        progress.begun = list(dict.fromkeys(progress.begun))  # a step of tidying begins again
        key = (repr(progress), repr(moment.world))
        if key in seen:
            continue
        seen.add(key)
        if progress.ended:
            ends.add(progress.ended)
            assert progress.ended == ("done" if progress.settled else "taken back")
            assert moment.world == (new if progress.settled else old)
        else:
            moment.restore(root)
            waiting += moments_of_a_recovery(root, plan)

    assert ends == ({"done", "taken back"} if whole.settled else {"taken back"})


def test_a_kill_at_each_record_with_the_commands_that_servers_run(root: Path) -> None:
    plan, old = world.publish(root), world.look(root)
    moments = moments_of_a_run(root, plan, BOTH, Here())
    new = world.look(root)

    for moment in moments:
        settled = moment.progress.settled
        moment.restore(root)
        if moment != moments[-1]:
            with world.journal(root).open("ab") as journal:
                journal.write(b'{"kind":"ste')  # what a power cut leaves of a line
            assert world.resume(root, plan, Here()) == ("done" if settled else "taken back")

        assert world.look(root) == (new if settled else old)
