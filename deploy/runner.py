"""Carry out steps on a machine: the only place where plans have effects."""

from __future__ import annotations

import time
from threading import Event
from typing import Protocol, assert_never

from deploy.errors import DeployError, ReachError, StepError
from deploy.machine import Machine, Outcome
from deploy.programs import source
from deploy.steps import Action, Put, Run, Script, Step, Steps, Upload

TAIL_LINES = 25

WRITE = 'umask 077; cat > "$1.new" && chmod "$2" "$1.new" && sync "$1.new" && mv -T "$1.new" "$1"'
"""Whole or not at all, also when the power fails: written aside, synced, renamed."""


class Teller(Protocol):
    """Whoever is told how it goes; called from several threads."""

    def begin(self, server: str, note: str) -> None: ...

    def end(self, server: str, note: str, seconds: float) -> None: ...

    def warn(self, server: str, text: str) -> None: ...

    def say(self, text: str) -> None: ...


class Runner:
    """Does steps on one machine and remembers them, to be able to take them back."""

    def __init__(self, machine: Machine, teller: Teller, stop: Event | None = None) -> None:
        """Once ``stop`` is set, no further step begins."""
        self.machine, self.teller, self.stop = machine, teller, stop or Event()
        self.begun: list[Step] = []

    def do(self, steps: Steps) -> None:
        """Do the steps in order. Raises `StepError` for the first that fails."""
        for step in steps:
            if self.stop.is_set():
                return
            self.begun.append(step)
            self.act(step.note, step.do)

    def attempt(self, steps: Steps) -> None:
        """Try each step; tell of those that fail."""
        for step in steps:
            try:
                self.act(step.note, step.do)
            except DeployError as error:
                self.teller.warn(self.machine.name, str(error))
                if isinstance(error, ReachError):
                    return

    def take_back(self) -> list[DeployError]:
        """Undo what was begun, newest first; return what could not be undone.

        The step that failed is among them: an undo must be harmless where nothing was done.
        """
        errors: list[DeployError] = []
        while self.begun:
            step = self.begun.pop()
            if step.undo is None:
                continue
            try:
                self.act(f"take back: {step.note}", step.undo)
            except ReachError as error:
                return [*errors, error]
            except StepError as error:
                errors.append(error)
        return errors

    def act(self, note: str, action: Action) -> None:
        """Do one action; raises `StepError` where it fails."""
        self.teller.begin(self.machine.name, note)
        started = time.monotonic()
        outcome = perform(action, self.machine)
        if outcome.exit_code != 0:
            tail = "\n".join((outcome.out + outcome.err).splitlines()[-TAIL_LINES:])
            raise StepError(self.machine.name, Step(note, action), outcome.exit_code, tail)
        self.teller.end(self.machine.name, note, time.monotonic() - started)


def perform(action: Action, machine: Machine) -> Outcome:
    """Do one action and return how it ended."""
    match action:
        case Run(argv):
            return machine.run(argv)
        case Script(name, given):
            return machine.program(source(name), given)
        case Put(target, content, mode):
            return machine.run(("sh", "-c", WRITE, "sh", target, f"{mode:o}"), stdin=content)
        case Upload(folder, wanted):
            for path, sha256, _ in wanted:
                machine.upload(path, f"{folder}/{sha256}")
            return Outcome(0, "", "")
        case _:
            assert_never(action)
