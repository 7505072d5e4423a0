"""One plan, carried out on the server itself: done whole, or taken back whole.

Each step is in the journal before it begins, and the plan is on the disk before the first
does. So whoever finds a journal without an end, after a kill or a power cut, knows what to
finish or to take back. Whoever coordinates the fleet tells when databases are migrated
(`MIGRATE`), when all of them are (`START`), when visitors may see it (`PUBLISH`) and when all
is well everywhere (`SETTLE`); where nobody is there to tell, what was not settled is taken back.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition

from deploy.acting.machine import Machine
from deploy.acting.runner import TAIL_LINES, perform
from deploy.acting.steps import Action, Plan, Step, Steps
from deploy.errors import shortened
from deploy.loglines import CONTROLS, escaped
from deploy.protocol.journal import Journal
from deploy.protocol.progress import BACK, SETTLE, Progress

LONGEST_LINE = 2000
"""Of what a step said: a release says what it likes, and the journal keeps it."""

ALONE_SECONDS = 60
"""How long a transaction waits for an order without anybody there to give one."""


class Failed(Exception):
    """A step failed, or somebody said so: take back."""


class Transaction:
    """Carries out one plan; `run` and `resume` are to be called once, in a thread of its own."""

    def __init__(
        self, plan: Plan, journal: Journal, machine: Machine, alone: float = ALONE_SECONDS
    ) -> None:
        self.plan, self.journal, self.machine, self.alone = plan, journal, machine, alone
        self.progress = Progress.of(journal.records)
        self.steps = tuple(plan)
        self.orders: list[str] = []
        self.ordered = Condition()
        self.conductors: list[object] = []
        self.left_alone = time.monotonic()

    def run(self) -> None:
        """Carry the plan out, to its end or back to its beginning."""
        first = 0
        try:
            for order, steps in self.plan.stages:
                if order:
                    self.wait_for(order)
                self.do(steps, first)
                first += len(steps)
            if self.plan.publish:
                self.wait_for(SETTLE)
            else:
                self.note("order", order=SETTLE)
        except Failed:
            self.take_back()
        else:
            self.tidy()

    def resume(self) -> None:
        """Finish what was settled; take back what was not."""
        if self.progress.settled:
            self.tidy()
        else:
            self.note("failed", note="go on", text="the agent was interrupted")
            self.take_back()

    def order(self, word: str, by: object = None) -> bool:
        """Tell what to do next; whether that is possible. What was told first holds.

        Of those who conduct only the last who came is listened to; the agent itself is nobody.
        """
        with self.ordered:
            if by is not None and by not in self.conductors[:1]:
                return False
            if self.progress.settled or self.progress.ended:
                return word == SETTLE and self.progress.settled
            if word != BACK and (self.orders or word != self.progress.waits):
                return word in self.orders  # as when two clients hear that it waits
            self.orders.append(word)
            self.ordered.notify_all()
            return True

    @contextmanager
    def conducted(self, by: object) -> Iterator[None]:
        """Count somebody who is there to give orders, before those who were there already."""
        with self.ordered:
            self.conductors.insert(0, by)
        try:
            yield
        finally:
            with self.ordered:
                self.conductors.remove(by)
                self.left_alone = time.monotonic()
                self.ordered.notify_all()

    def do(self, steps: Steps, first: int = 0) -> None:
        """Do the steps in order; raises `Failed`."""
        for number, step in enumerate(steps, first):
            if BACK in self.orders:
                self.note("order", order=BACK)
                raise Failed
            if not self.act("step", "done", number, step, step.do):
                raise Failed

    def wait_for(self, word: str) -> None:
        """Return once told so; raises `Failed` when told otherwise, or left alone for long."""
        with self.ordered:
            self.note("waits", order=word)
            while not self.orders:
                rest = None
                if not self.conductors:
                    rest = self.left_alone + self.alone - time.monotonic()
                    if rest <= 0:
                        text = f"nobody was there to order it for {self.alone:.0f} s"
                        self.note("failed", note=word, text=text)
                        raise Failed
                self.ordered.wait(rest)
            told = self.orders.pop(0)
            self.note("order", order=told)
        if told == BACK:
            raise Failed

    def take_back(self) -> None:
        """Undo what was begun, newest first, as far as that is possible."""
        stuck = False
        self.journal.lighten()
        self.clear()
        for number in reversed(() if self.plan.stays else tuple(self.progress.begun)):
            step = self.steps[number]
            if step.undo is not None:
                note = Step(f"take back: {step.note}", step.undo)
                stuck |= not self.act("undo", "undone", number, note, step.undo)
        self.note("end", how="left" if stuck else "stays" if self.plan.stays else "taken back")

    def clear(self) -> None:
        """Remove what a step that was killed had written aside; those that ended left nothing."""
        left = [path for number in self.progress.begun for path in self.steps[number].left]
        if left:
            self.machine.run(("rm", "-rf", *left))

    def tidy(self) -> None:
        """Try what remains; a step that fails is told, and changes nothing of the outcome."""
        first = len(self.steps) - len(self.plan.tidy)
        for number, step in enumerate(self.plan.tidy, first):
            if number not in self.progress.finished:
                self.act("step", "done", number, step, step.do)
        self.note("end", how="done")

    def act(self, before: str, after: str, number: int, step: Step, action: Action) -> bool:
        """Do one action between two records; whether it succeeded."""
        self.note(before, number=number, note=step.note)
        started = time.monotonic()
        outcome = perform(action, self.machine)
        if outcome.exit_code:
            last = (outcome.out + outcome.err).splitlines()[-TAIL_LINES:]
            said = [shortened(CONTROLS.sub(escaped, line), LONGEST_LINE) for line in last]
            command = shortened(str(action))
            self.note(
                "failed",
                number=number,
                note=step.note,
                command=command,
                exit=outcome.exit_code,
                said=said,
            )
            return False
        seconds = round(time.monotonic() - started, 4)
        self.note(after, sync=False, number=number, note=step.note, seconds=seconds)
        return True

    def note(self, kind: str, *, sync: bool = True, **what: object) -> None:
        """Write a record, and know it."""
        self.journal.write(kind, sync=sync, **what)
        self.progress.note(self.journal.records[-1])
