"""The transactions of a server: one at a time, and none left half done."""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace as replaced
from functools import partial
from pathlib import Path
from threading import Lock, Thread
from traceback import print_exc
from typing import Any

from pydantic import TypeAdapter

from deploy.acting.machine import Machine
from deploy.acting.steps import Plan, Run
from deploy.agent import history
from deploy.agent.transaction import Transaction
from deploy.errors import PlanError
from deploy.layout import Layout
from deploy.onhost.whole import sync, write
from deploy.protocol.journal import Journal, read
from deploy.protocol.progress import BACK, Progress
from deploy.protocol.words import INTENTION, Intention
from deploy.release import Stamp

KEEP = 20
"""How many journals stay, to see what went wrong."""

PLAN = TypeAdapter(Plan)


class Transactions:
    """Begins transactions, and ends those that were interrupted."""

    def __init__(
        self,
        at: Layout,
        machine: Machine,
        folder: Path,
        lock: Path,
        give_up: Callable[[], object] | None = None,
    ) -> None:
        """Keep journals and history in ``folder``; ``lock`` dies with who holds it.

        ``give_up`` is called where not even taking back is possible; else the process ends.
        """
        self.give_up = give_up or partial(os._exit, 70)
        self.at, self.machine, self.folder, self.lock = at, machine, folder, lock
        self.last: Transaction | None = None
        """The one that runs, or the last that this process knows."""

        self.thread = Thread()
        """In which it runs."""

        self.mutex = Lock()
        (folder / "transactions").mkdir(mode=0o700, parents=True, exist_ok=True)

    @property
    def busy(self) -> bool:
        return self.thread.is_alive()

    def begin(self, intention: Intention, plan: Callable[[], Plan]) -> Transaction | None:
        """Begin what ``plan`` returns, once nothing else runs; None where there is nothing to do.

        A run is begun once: who asks again, for an answer was lost, has what was begun.
        Raises `PlanError` where something else goes on, and whatever ``plan`` does.
        """
        with self.mutex:
            if self.last and self.last.journal.records[0]["run"] == intention.stamp.run:
                return self.last
            self.free()
            held = self.held(f"{intention.stamp.by} since {intention.stamp.time}")
            try:
                self.recover()
                steps = plan()
                if not tuple(steps):
                    give_back(held)
                    return None
                folder = self.new(intention, steps)
                self.start(folder, steps, held, intention.stamp)
            except BaseException:
                with suppress(OSError):
                    give_back(held)
                raise
            return self.last

    def resume(self) -> None:
        """Finish or take back what was interrupted, now; returns when that is done."""
        with self.mutex:
            held = self.held("the agent, which ends what was interrupted")
            try:
                self.recover()
            finally:
                give_back(held)

    def free(self) -> None:
        """Take back what nobody conducts any more, and let end what is about to."""
        if self.last and (self.last.journal.ended or not self.last.conductors):
            self.last.order(BACK)
            if self.busy:
                self.thread.join()

    def held(self, who: str) -> int:
        """Take the lock; raises `PlanError` naming who has it."""
        held = os.open(self.lock, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(held)
            holder = self.lock.read_text().strip() or "an unknown process"
            raise PlanError(f"is being changed by {holder}; try again later") from None
        os.ftruncate(held, 0)
        os.pwrite(held, f"{who}\n".encode(), 0)
        return held

    def new(self, intention: Intention, plan: Plan) -> Path:
        """Bring to the disk what is going to be done, before any of it is."""
        number = max(self.numbers(), default=0) + 1
        folder = self.folder / "transactions" / str(number)
        folder.mkdir(mode=0o700)
        write(folder / "intention.json", INTENTION.dump_json(intention))
        write(folder / "plan.json", PLAN.dump_json(to_end(plan)))
        sync(folder.parent)
        for old in sorted(self.numbers())[:-KEEP]:
            shutil.rmtree(self.folder / "transactions" / str(old))
        return folder

    def start(self, folder: Path, plan: Plan, held: int, stamp: Stamp) -> None:
        """Carry it out in a thread of its own, which gives the lock back at the end."""
        journal = Journal(folder / "journal")
        transaction = Transaction(plan, journal, self.machine)
        if not journal.records:
            journal.load()
            count, servers = len(transaction.steps), stamp.servers
            transaction.note("begin", run=stamp.run, title=plan.title, steps=count, servers=servers)

        def whole() -> None:
            try:
                transaction.run()
                self.remember(folder, transaction)
            except BaseException:  # as where the disk is full, for the journal too
                print_exc()
                self.give_up()  # systemd starts the agent again, and that takes back
            finally:
                give_back(held)

        self.last = transaction
        self.thread = Thread(target=whole, name=f"transaction {folder.name}")
        self.thread.start()

    def recover(self) -> None:
        """End each transaction that has no end, oldest first. The lock is held meanwhile."""
        for number in sorted(self.numbers()):
            folder = self.folder / "transactions" / str(number)
            if not read(folder / "journal"):  # nothing of it had begun
                shutil.rmtree(folder)
                continue
            ended = Progress.of(read(folder / "journal")).ended
            if ended and number != max(self.numbers()):
                continue
            plan = PLAN.validate_json((folder / "plan.json").read_bytes())
            self.last = Transaction(plan, Journal(folder / "journal"), self.machine)
            if not ended:
                self.last.resume()
            if self.remembered() != number:
                self.remember(folder, self.last)

    def remember(self, folder: Path, transaction: Transaction) -> None:
        """Write into the history what was done, by whom, and how it ended."""
        intention = INTENTION.validate_json((folder / "intention.json").read_bytes())
        records = transaction.journal.records
        history.append(
            self.folder / "history",
            {
                "number": int(folder.name),
                "title": transaction.plan.title,
                "by": intention.stamp.by,
                "began": utc(records[0]["at"]),
                "seconds": round(records[-1]["at"] - records[0]["at"], 2),
                "how": transaction.progress.ended,
                **about(intention),
            },
        )

    def remembered(self) -> int:
        """Return the number of the transaction that the history told of last."""
        records = history.read(self.folder / "history").records
        return int(records[-1]["number"]) if records else 0

    def about_last(self) -> dict[str, Any] | None:
        """Return what a client must know to take up the last transaction, if there is one."""
        if self.last is None:  # it was not known yet when another process ended it, as at boot
            with suppress(PlanError):
                self.resume()
        if self.last is None:
            return None
        first, progress = self.last.journal.records[0], self.last.progress
        return {
            "run": first["run"],
            "title": first["title"],
            "ended": progress.ended,
            "settled": progress.settled,
            "servers": first.get("servers", ()),
            "conducted": bool(self.last.conductors),
        }

    def numbers(self) -> list[int]:
        return [int(path.name) for path in (self.folder / "transactions").iterdir()]


def to_end(plan: Plan) -> Plan:
    """Return what of a plan its end may need, should it be interrupted: it goes to the disk.

    Nothing but tidying is ever begun anew, so a new key, say, need not be in there.
    """
    prepare, migrate, start, publish = (
        tuple(replaced(step, do=Run("true"), aside=step.left) for step in steps)
        for steps in (plan.prepare, plan.migrate, plan.start, plan.publish)
    )
    return replaced(plan, prepare=prepare, migrate=migrate, start=start, publish=publish)


def about(intention: Intention) -> dict[str, str]:
    """Return what tells this intention from others of its kind."""
    match intention.do:
        case "deploy":
            bundle = intention.bundle
            return {"do": "deploy", "release": bundle.id, "commit": bundle.commit}
        case "rollback":
            return {"do": "rollback", "release": intention.to}
        case "restart":
            return {"do": "restart", "pool": intention.pool}
        case "maintenance":
            return {
                "do": "maintenance on" if intention.on else "maintenance off",
                "app": intention.app,
            }
        case "restore":
            pools = ", ".join(one.pool for one in intention.pools)
            return {"do": "restore", "pool": pools}
        case "renew":
            return {"do": "renew", "host": intention.host}
        case "rotate" | "prune":
            return {"do": intention.do}
        case "secrets-set" | "secrets-remove":
            return {"do": intention.do, "app": intention.app, "secret": intention.name}


def utc(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(seconds))


def give_back(held: int) -> None:
    """Give the lock back, at once: to close it is not enough while a program is being begun.

    Such a program has all files of this process until it is what it is to become (flock(2)).
    """
    fcntl.flock(held, fcntl.LOCK_UN)
    os.close(held)
