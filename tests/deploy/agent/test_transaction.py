"""A transaction is done whole or taken back whole, whatever happens to it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from deploy.acting.machine import Here
from deploy.acting.steps import Plan, Run, Step, shell
from deploy.agent.transaction import Transaction
from deploy.protocol.journal import Journal, read
from deploy.protocol.progress import BACK, MIGRATE, PUBLISH, SETTLE, START
from tests.deploy.agent import world
from tests.deploy.agent.world import aside, until

BOTH = (PUBLISH, SETTLE)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    (tmp_path / "log").touch()
    return tmp_path / "log"


def write(log: Path, word: str) -> Run:
    return shell('echo "$1" >> "$2"', word, str(log))


def lines(log: Path) -> list[str]:
    return log.read_text().splitlines()


def plan(log: Path, *fails: str, stays: bool = False) -> Plan:
    """Return a plan of steps that write their names; those named fail after that."""

    def step(name: str) -> Step:
        fail = shell('echo "$1" >> "$2"; echo why >&2; exit 7', name, str(log))
        do = fail if name in fails else write(log, name)
        undo = Run("false") if f"back {name}" in fails else write(log, f"back {name}")
        return Step(name, do, undo=undo)

    def steps(*names: str) -> tuple[Step, ...]:
        return tuple(step(name) for name in names)

    return Plan("go", steps("a", "b"), steps("c", "d"), steps("e", "f"), stays=stays)


def run(log: Path, made: Plan, *orders: str) -> str:
    return world.run(log, made, Here(), orders)


@contextmanager
def running(log: Path, made: Plan, alone: float = 60.0) -> Iterator[Transaction]:
    """Run a plan in a thread, which has ended when this returns."""
    transaction = Transaction(made, Journal(world.journal(log)), Here(), alone)
    thread = aside(transaction.run)
    try:
        yield transaction
    finally:
        transaction.order(BACK)
        thread.join(20)
        assert not thread.is_alive()
        transaction.journal.close()


def test_steps_are_done_in_order_and_each_is_written_down_before_it_begins(log: Path) -> None:
    assert run(log, plan(log), *BOTH) == "done"

    assert lines(log) == ["a", "b", "c", "d", "e", "f"]
    records = read(world.journal(log))
    assert [record["kind"] for record in records] == [
        *("step", "done", "step", "done", "waits", "order"),
        *("step", "done", "step", "done", "waits", "order"),
        *("step", "done", "step", "done", "end"),
    ]
    assert [record["note"] for record in records if record["kind"] == "step"] == list("abcdef")


def test_nothing_is_published_before_it_is_ordered_nor_tidied_before_it_settles(log: Path) -> None:
    with running(log, plan(log)) as transaction:
        until(transaction, "waits", order=PUBLISH)
        assert lines(log) == ["a", "b"]
        assert not transaction.order(SETTLE), "that is not what it waits for"
        assert transaction.order(PUBLISH)
        until(transaction, "waits", order=SETTLE)
        assert lines(log) == ["a", "b", "c", "d"]
        assert not transaction.order(PUBLISH)
        assert transaction.order(SETTLE)
        until(transaction, "end", how="done")

    assert lines(log) == ["a", "b", "c", "d", "e", "f"]


def test_an_order_that_comes_twice_counts_once(log: Path) -> None:
    class Twice(world.Obedient):
        def order(self, word: str, by: object = None) -> bool:
            """As when two clients hear that it waits, and both say so."""
            return super().order(word, by) and super().order(word, by)

    transaction = Twice(
        plan(log), Journal(world.journal(log)), Here(), 0.0, orders=(PUBLISH, PUBLISH)
    )
    transaction.run()
    transaction.journal.close()

    assert transaction.progress.ended == "taken back", "nobody was there to let it settle"


def test_what_is_ordered_first_holds_whatever_follows(log: Path) -> None:
    class Late(world.Obedient):
        def order(self, word: str, by: object = None) -> bool:
            """As when somebody leaves right after letting it settle."""
            return super().order(word, by) and (word != SETTLE or super().order(BACK, by))

    transaction = Late(plan(log), Journal(world.journal(log)), Here(), orders=BOTH)
    transaction.run()
    transaction.journal.close()

    assert transaction.progress.ended == "done", "others were told to settle too"


def test_a_failure_takes_back_what_was_begun_newest_first(log: Path) -> None:
    assert run(log, plan(log, "d"), PUBLISH) == "taken back"

    taken_back = ["back d", "back c", "back b", "back a"]
    assert lines(log) == ["a", "b", "c", "d", *taken_back], "the step that failed is among them"


def test_what_a_release_says_steers_no_terminal_and_fills_no_journal(log: Path) -> None:
    say = shell("printf '\\033[2Jgone\\n%010000d\\n' 1; exit 7")

    run(log, Plan("go", (Step("a", say),), ()))

    failed = next(record for record in read(world.journal(log)) if record["kind"] == "failed")
    cleared, long = failed["said"]
    assert cleared == r"\x1b[2Jgone"
    assert long.endswith("0 ... (10,000 characters)")
    assert len(long) < 2_100


def test_a_failure_says_what_was_tried_and_what_it_said(log: Path) -> None:
    run(log, plan(log, "a"))

    (failed,) = (one for one in read(world.journal(log)) if one["kind"] == "failed")
    assert (failed["note"], failed["exit"], failed["said"]) == ("a", 7, ["why"])
    assert failed["command"].startswith("sh -c ")


def test_only_the_end_of_a_long_output_is_kept(log: Path) -> None:
    count = Plan("go", (Step("count", shell("seq 100000; exit 1")),))

    run(log, count)

    (failed,) = (one for one in read(world.journal(log)) if one["kind"] == "failed")
    assert failed["said"][0] == "99976"


@pytest.mark.parametrize(
    ("orders", "did"),
    [
        ((BACK,), ["a", "b", "back b", "back a"]),
        ((PUBLISH, BACK), ["a", "b", "c", "d", "back d", "back c", "back b", "back a"]),
    ],
    ids=["before it is published", "before it settles"],
)
def test_it_is_taken_back_where_it_waits(
    log: Path, orders: tuple[str, ...], did: list[str]
) -> None:
    assert run(log, plan(log), *orders) == "taken back"
    assert lines(log) == did


def test_the_step_under_way_ends_before_it_is_taken_back(log: Path) -> None:
    fifo = log.with_name("fifo")
    os.mkfifo(fifo)
    waits = Step("wait", shell('read -r word < "$1"; echo "$word" >> "$2"', str(fifo), str(log)))
    made = plan(log)

    with running(log, replace(made, prepare=(waits, *made.prepare))) as transaction:
        with fifo.open("w") as end:  # opens once the step reads
            assert transaction.order(BACK)
            end.write("went on\n")
        until(transaction, "end", how="taken back")

    assert lines(log) == ["went on"]


def test_once_settled_nothing_takes_it_back(log: Path) -> None:
    fifo = log.with_name("fifo")
    os.mkfifo(fifo)
    waits = Step("wait", shell('read -r word < "$1"', str(fifo)))
    made = replace(plan(log), prepare=(), publish=(), tidy=(waits,))

    with running(log, made) as transaction:
        with fifo.open("w") as end:
            assert not transaction.order(BACK)
            end.write("go on\n")
        until(transaction, "end", how="done")


def test_tidying_tries_every_step_and_a_failure_takes_nothing_back(log: Path) -> None:
    assert run(log, plan(log, "e"), *BOTH) == "done"

    assert lines(log) == ["a", "b", "c", "d", "e", "f"]
    assert any(one["kind"] == "failed" for one in read(world.journal(log))), "it is told"


def test_what_cannot_be_taken_back_is_told_and_the_rest_is(log: Path) -> None:
    assert run(log, plan(log, "d", "back c"), PUBLISH) == "left"

    assert lines(log) == ["a", "b", "c", "d", "back d", "back b", "back a"]


def test_a_plan_whose_steps_stay_takes_nothing_back(log: Path) -> None:
    assert run(log, plan(log, "d", stays=True), PUBLISH) == "stays"

    assert lines(log) == ["a", "b", "c", "d"]


def test_a_plan_that_publishes_nothing_waits_for_nobody(log: Path) -> None:
    assert run(log, replace(plan(log), publish=())) == "done"


def migrating(log: Path, *fails: str) -> Plan:
    made = plan(log, *fails)
    before, after = made.prepare
    return replace(made, prepare=(before,), migrate=(after,), migrates=True)


def test_a_database_is_migrated_once_all_are_prepared_and_nothing_starts_before(log: Path) -> None:
    with running(log, migrating(log)) as transaction:
        until(transaction, "waits", order=MIGRATE)
        assert lines(log) == ["a"]
        transaction.order(MIGRATE)
        until(transaction, "waits", order=START)
        assert lines(log) == ["a", "b"]
        transaction.order(START)
        until(transaction, "waits", order=PUBLISH)
    assert lines(log) == ["a", "b", "back b", "back a"]


def test_a_migration_that_fails_is_taken_back_with_what_was_prepared(log: Path) -> None:
    assert run(log, migrating(log, "b"), MIGRATE) == "taken back"
    assert lines(log) == ["a", "b", "back b", "back a"]


@pytest.mark.parametrize("orders", [(), (PUBLISH,)], ids=["to publish", "to settle"])
def test_one_that_is_left_alone_takes_itself_back(log: Path, orders: tuple[str, ...]) -> None:
    with running(log, plan(log), alone=0.05) as transaction:
        with transaction.conducted("me"):
            for word in orders:
                until(transaction, "waits", order=word)
                transaction.order(word)
        until(transaction, "end", how="taken back")

    (failed,) = (one for one in read(world.journal(log)) if one["kind"] == "failed")
    assert failed["text"].startswith("nobody was there to order it")


def test_one_that_is_conducted_waits_for_as_long_as_that(log: Path) -> None:
    with running(log, plan(log), alone=0.0) as transaction, transaction.conducted("me"):
        with transaction.conducted("me"):
            pass
        until(transaction, "waits", order=PUBLISH)
        transaction.order(PUBLISH)
        until(transaction, "waits", order=SETTLE)
        transaction.order(SETTLE)
        until(transaction, "end", how="done")
