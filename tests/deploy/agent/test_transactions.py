"""One transaction at a time, none left half done, and each remembered."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest
from pydantic import SecretStr

from deploy.acting.machine import Here
from deploy.acting.steps import Plan, Put, Run, Step, shell
from deploy.agent import history
from deploy.agent.transaction import Transaction
from deploy.agent.transactions import KEEP, PLAN, Transactions, give_back
from deploy.errors import PlanError
from deploy.protocol.journal import Journal, Record, read
from deploy.protocol.progress import BACK, PUBLISH, SETTLE
from deploy.protocol.words import Intention, Rollback, Rotate
from deploy.release import Stamp
from deploy.remote.ssh import HOLD
from tests.deploy.agent import world
from tests.deploy.agent.world import until
from tests.deploy.sample import AT, STAMP, A, stamp_anew

INTENTION = Rollback(to=A.id, stamp=STAMP)
OTHER = Rollback(to=A.id, stamp=Stamp(by="bob@desk", time=STAMP.time, run="f" * 16))
KEY = "2026-11-21T12:00:00+00:00 " + "5ec2e7" * 10 + "abcd"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    world.make(root)
    return root


@pytest.fixture
def all_of(tmp_path: Path) -> Iterator[Transactions]:
    transactions = opened(tmp_path)
    yield transactions
    transactions.free()


def opened(folder: Path) -> Transactions:
    return Transactions(AT, Here(), folder / "records", folder / "lock")


def told(folder: Path) -> list[Record]:
    """Return the history, whole and untouched."""
    there = history.read(folder / "records/history")
    assert there.broken is None
    return list(there.records)


def quick(title: str = "go") -> Plan:
    return Plan(title, tidy=(Step("nothing", Run("true")),))


def done(transactions: Transactions, plan: Plan, intention: Intention | None = None) -> Transaction:
    """Begin a plan and return once it has ended."""
    intention = intention or INTENTION.model_copy(update={"stamp": stamp_anew()})
    transaction = transactions.begin(intention, lambda: plan)
    assert transaction
    with transaction.conducted("me"):
        if plan.publish:
            for word in (PUBLISH, SETTLE):
                until(transaction, "waits", order=word)
                transaction.order(word)
        until(transaction, "end")
    transactions.thread.join()
    return transaction


def test_a_plan_is_carried_out_and_the_history_says_by_whom(
    all_of: Transactions, root: Path, tmp_path: Path
) -> None:
    done(all_of, world.publish(root))

    assert (root / "current").readlink() == Path("releases/new")
    (record,) = told(tmp_path)
    assert record["title"] == "publish new"
    assert (record["by"], record["do"], record["release"]) == (STAMP.by, "rollback", A.id)
    assert record["how"] == "done"
    assert record["seconds"] >= 0
    assert not all_of.busy


def test_where_there_is_nothing_to_do_nothing_is_written(
    all_of: Transactions, tmp_path: Path
) -> None:
    assert all_of.begin(INTENTION, lambda: Plan("nothing")) is None

    assert told(tmp_path) == []
    done(all_of, quick())


def test_a_plan_that_cannot_be_made_leaves_the_server_free(all_of: Transactions) -> None:
    def refused() -> Plan:
        raise PlanError("no such release")

    with pytest.raises(PlanError, match="no such release"):
        all_of.begin(INTENTION, refused)

    done(all_of, quick())


def test_a_plan_is_made_only_once_nothing_else_goes_on(
    all_of: Transactions, root: Path, tmp_path: Path
) -> None:
    running = all_of.begin(INTENTION, lambda: world.publish(root))
    assert running

    with running.conducted("me"):
        with pytest.raises(PlanError) as refused:
            all_of.begin(OTHER, pytest.fail)
        holder = f"{STAMP.by} since {STAMP.time}"
        assert str(refused.value) == f"is being changed by {holder}; try again later"
        until(running, "waits", order=PUBLISH)

    done(all_of, quick("of the other"), OTHER)

    assert [record["how"] for record in told(tmp_path)] == ["taken back", "done"]
    assert [record["by"] for record in told(tmp_path)] == [STAMP.by, "bob@desk"]


def test_a_run_is_begun_once_however_often_it_is_asked_for(
    all_of: Transactions, root: Path, tmp_path: Path
) -> None:
    running = all_of.begin(INTENTION, lambda: world.publish(root))
    assert running

    assert all_of.begin(INTENTION, pytest.fail) is running

    with running.conducted("me"):
        until(running, "waits", order=PUBLISH)
        running.order(BACK)
        until(running, "end", how="taken back")
    all_of.thread.join()
    assert all_of.begin(INTENTION, pytest.fail) is running
    restarted = opened(tmp_path)
    restarted.resume()
    again = restarted.begin(INTENTION, pytest.fail)
    assert again
    assert again.progress.ended == "taken back"
    assert len(told(tmp_path)) == 1


def test_one_that_has_ended_is_in_nobodys_way_though_it_is_conducted(all_of: Transactions) -> None:
    first = all_of.begin(INTENTION, quick)
    assert first

    with first.conducted("me"):
        until(first, "end")
        done(all_of, quick(), OTHER)


def test_what_bootstrap_changes_is_not_changed_meanwhile(
    all_of: Transactions, tmp_path: Path
) -> None:
    words = ["sh", "-c", HOLD, "sh", str(tmp_path / "lock"), "eve@desk since noon", "60"]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout
        assert other.stdin
        assert other.stdout.readline() == b"locked\n"
        with pytest.raises(PlanError, match="is being changed by eve@desk since noon; try again"):
            all_of.begin(INTENTION, pytest.fail)
        with pytest.raises(PlanError, match="is being changed by eve@desk"):
            all_of.resume()
        other.stdin.close()

    done(all_of, quick())


KILLED = """
import sys
from pathlib import Path
from deploy.agent.transactions import PLAN
from tests.deploy.agent.test_transactions import INTENTION, opened
folder = Path(sys.argv[1])
transaction = opened(folder).begin(INTENTION, lambda: PLAN.validate_json(sys.stdin.read()))
for word in sys.argv[2:]:
    with transaction.conducted("me"):
        while transaction.progress.waits != word:
            with transaction.ordered:
                transaction.ordered.wait(0.01)
        transaction.order(word)
"""


def killed(folder: Path, plan: Plan, fifo: Path, *orders: str) -> None:
    """Have a process of its own carry a plan out; kill it once a step of it writes to ``fifo``."""
    os.mkfifo(fifo)
    words = [sys.executable, "-c", KILLED, str(folder), *orders]
    with subprocess.Popen(words, stdin=subprocess.PIPE, start_new_session=True) as process:
        assert process.stdin
        process.stdin.write(PLAN.dump_json(plan))
        process.stdin.close()
        fifo.read_text()
        os.killpg(process.pid, signal.SIGKILL)  # as systemd does, with all that it started


def stuck(fifo: Path) -> Step:
    return Step("be killed", shell('echo > "$1"; exec sleep 60', str(fifo)))


@pytest.mark.parametrize("again", [opened, pytest.param(None, id="with the next that begins")])
def test_what_was_killed_is_taken_back_and_remembered(
    root: Path, tmp_path: Path, again: Callable[[Path], Transactions] | None
) -> None:
    old, fifo = world.look(root), tmp_path / "fifo"
    plan = world.publish(root)

    killed(tmp_path, replace(plan, publish=(*plan.publish, stuck(fifo))), fifo, PUBLISH)

    assert world.look(root) != old
    transactions = opened(tmp_path)
    if again:
        transactions.resume()
    else:
        done(transactions, quick(), OTHER)
    assert world.look(root) == old
    first = told(tmp_path)[0]
    assert (first["how"], first["by"]) == ("taken back", STAMP.by)


def test_what_had_settled_when_it_was_killed_is_finished(root: Path, tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    plan = world.publish(root)
    once = Step("be killed", shell('test ! -p "$1" || { echo > "$1"; sleep 60; }', str(fifo)))

    killed(tmp_path, replace(plan, tidy=(once, *plan.tidy)), fifo, PUBLISH, SETTLE)
    fifo.unlink()
    transactions = opened(tmp_path)
    transactions.resume()

    assert (root / "current").readlink() == Path("releases/new")
    assert not (root / "releases/old").exists()
    assert [record["how"] for record in told(tmp_path)] == ["done"]
    assert transactions.last
    assert transactions.last.progress.ended == "done", "who attaches is told how it went"


def folder_of(tmp_path: Path, number: int) -> Path:
    return tmp_path / "records/transactions" / str(number)


def test_one_that_ended_but_was_not_remembered_is_remembered_once(
    all_of: Transactions, tmp_path: Path
) -> None:
    done(all_of, quick("first"))
    done(all_of, quick("second"))
    path = tmp_path / "records/history"
    path.write_bytes(path.read_bytes().splitlines(keepends=True)[0])

    for _ in range(2):
        opened(tmp_path).resume()

    assert [record["title"] for record in told(tmp_path)] == ["first", "second"]


def test_one_of_which_nothing_had_begun_is_forgotten(all_of: Transactions, tmp_path: Path) -> None:
    done(all_of, quick())
    folder_of(tmp_path, 2).mkdir()
    folder_of(tmp_path, 3).mkdir()
    (folder_of(tmp_path, 3) / "plan.json").write_text('{"half')

    opened(tmp_path).resume()

    assert not folder_of(tmp_path, 2).exists()
    assert not folder_of(tmp_path, 3).exists()
    assert len(told(tmp_path)) == 1


def test_the_last_ones_are_kept_and_the_history_of_all(
    all_of: Transactions, tmp_path: Path
) -> None:
    for number in range(KEEP + 3):
        done(all_of, quick(f"number {number + 1}"))

    assert sorted(all_of.numbers()) == list(range(4, KEEP + 4))
    assert [one["number"] for one in told(tmp_path)] == list(range(1, KEEP + 4))


def test_the_lock_is_given_back_at_once_whatever_program_has_just_been_begun(
    all_of: Transactions,
) -> None:
    """Between fork and exec a child has all that its parent has."""
    held = all_of.held("the one before")
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, pass_fds=[held]):
        give_back(held)

        give_back(all_of.held("the next"))


def test_who_asks_after_a_restart_is_told_of_the_last(all_of: Transactions, tmp_path: Path) -> None:
    done(all_of, quick("first"))
    done(all_of, quick("second"), OTHER)
    again = opened(tmp_path)
    held = again.held("the agent, which ends what was interrupted")
    assert again.about_last() is None, "as at boot, where another process does that"

    give_back(held)

    assert again.about_last() == {
        "run": OTHER.stamp.run,
        "title": "second",
        "ended": "done",
        "settled": True,
        "conducted": False,
        "servers": [],
    }


def test_a_new_key_is_in_nothing_that_is_kept(all_of: Transactions, tmp_path: Path) -> None:
    intention = Rotate(key=SecretStr(KEY), stamp=STAMP)
    keys = tmp_path / "keys"
    bring = Step("bring the new key", Put(f"{keys}", KEY, 0o600), undo=Run("rm", "-f", str(keys)))
    fail = Step("fail", Put(f"{tmp_path}/none/keys", KEY, 0o600))

    transaction = done(all_of, Plan("rotate", (bring, fail)), intention)

    assert transaction.progress.ended == "taken back"
    kept = [path for path in (tmp_path / "records").rglob("*") if path.is_file()]
    assert {path.name for path in kept} == {"intention.json", "plan.json", "journal", "history"}
    for path in kept:
        assert KEY.split()[1] not in path.read_text(), path.name


def test_plans_of_every_kind_of_step_survive_the_disk(root: Path) -> None:
    plan = world.publish(root)

    assert PLAN.validate_json(PLAN.dump_json(plan)) == plan


def test_an_unfinished_journal_of_before_is_ended_before_anything_new(
    all_of: Transactions, root: Path, tmp_path: Path
) -> None:
    """As after two kills: the oldest first, for the newer was planned on top of it."""
    old = world.look(root)
    order = tmp_path / "order"
    for number in (1, 2):
        folder = folder_of(tmp_path, number)
        folder.mkdir()
        undo = shell('echo "$1" >> "$2"', str(number), str(order))
        plan = Plan(f"number {number}", (Step("do", Run("true"), undo=undo),))
        (folder / "plan.json").write_bytes(PLAN.dump_json(plan))
        (folder / "intention.json").write_text(INTENTION.model_dump_json())
        journal = Journal(folder / "journal")
        journal.write("begin", run=STAMP.run)
        journal.write("step", number=0)
        journal.close()

    done(all_of, quick("new"))

    assert order.read_text().split() == ["1", "2"]
    assert [record["how"] for record in told(tmp_path)] == ["taken back", "taken back", "done"]
    assert read(folder_of(tmp_path, 3) / "journal")[-1]["kind"] == "end"
    assert world.look(root) == old
    assert json.loads((folder_of(tmp_path, 3) / "intention.json").read_text())["do"] == "rollback"


def test_an_agent_that_cannot_even_write_down_ends_and_gives_the_lock_back(
    tmp_path: Path,
) -> None:
    given_up = Event()
    lock = tmp_path / "lock"
    all_of = Transactions(AT, Here(), tmp_path / "records", lock, give_up=given_up.set)

    fills = Plan("go", (Step("fill", Run("rm", "-r", str(tmp_path / "records"))),))
    all_of.begin(INTENTION, lambda: fills)
    all_of.thread.join(20)

    assert given_up.is_set()
    give_back(all_of.held("the next"))


def test_what_a_killed_step_had_written_aside_is_known_from_the_disk_alone(
    all_of: Transactions, tmp_path: Path
) -> None:
    keys, other = tmp_path / "keys", tmp_path / ".other.new"
    derive = Step("derive", Run("true"), aside=(str(other),))
    plan = Plan("keys", (derive, Step("keep", Put(str(keys), "secret"))), (derive,))
    folder = all_of.new(INTENTION, plan)
    journal = Journal(folder / "journal")
    journal.write("begin", run=STAMP.run, title="keys", servers=())
    for number in (0, 1):
        journal.write("step", number=number, note="")
    journal.close()
    for half in (other, tmp_path / "keys.new"):
        half.write_text("sec")

    opened(tmp_path).resume()

    assert b"secret" not in (folder / "plan.json").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lock", "records"]
