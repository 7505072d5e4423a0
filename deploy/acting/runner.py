"""Carry out steps on a machine: the only place where plans have effects."""

from __future__ import annotations

import time
from threading import Event
from typing import Protocol, assert_never

from deploy.acting.machine import Machine, Outcome
from deploy.acting.steps import Action, Put, Run, Script, Seal, Steps, Upload
from deploy.errors import StepError

TAIL_LINES = 25


def whole(make: str) -> str:
    """Return a script that makes ``$1`` whole or not at all, also when the power fails.

    ``make`` makes ``$1.new``, which is synced and renamed; nothing stays of it where that fails.
    """
    aside = f'{make} && sync "$1.new" && mv -T "$1.new" "$1"'
    return f'umask 077; {{ {aside}; }} || {{ code=$?; rm -f "$1.new"; exit $code; }}'


WRITE = whole('cat > "$1.new" && chmod "$2" "$1.new"')
SEAL = whole('systemd-creds encrypt --name=secrets - "$1.new"')


class Teller(Protocol):
    """Whoever is told how it goes; called from several threads."""

    def begin(self, server: str, note: str) -> None: ...

    def end(self, server: str, note: str, seconds: float) -> None: ...

    def warn(self, server: str, text: str) -> None: ...

    def say(self, text: str) -> None: ...


class Runner:
    """Does steps on one machine."""

    def __init__(self, machine: Machine, teller: Teller, stop: Event | None = None) -> None:
        """Once ``stop`` is set, no further step begins."""
        self.machine, self.teller, self.stop = machine, teller, stop or Event()

    def do(self, steps: Steps) -> None:
        """Do the steps in order. Raises `StepError` for the first that fails."""
        for step in steps:
            if self.stop.is_set():
                return
            self.act(step.note, step.do)

    def act(self, note: str, action: Action) -> None:
        """Do one action; raises `StepError` where it fails."""
        self.teller.begin(self.machine.name, note)
        started = time.monotonic()
        outcome = perform(action, self.machine)
        if outcome.exit_code != 0:
            said = (outcome.out + outcome.err).splitlines()[-TAIL_LINES:]
            raise StepError(self.machine.name, note, str(action), outcome.exit_code, said)
        self.teller.end(self.machine.name, note, time.monotonic() - started)


def perform(action: Action, machine: Machine) -> Outcome:
    """Do one action and return how it ended."""
    match action:
        case Run(argv):
            return machine.run(argv)
        case Script(name, given):
            return machine.program(name, given)
        case Put(target, content, mode):
            return machine.run(("sh", "-c", WRITE, "sh", target, f"{mode:o}"), stdin=content)
        case Seal(target, content):
            return machine.run(("sh", "-c", SEAL, "sh", target), stdin=content)
        case Upload(folder, wanted):
            for path, sha256, _ in wanted:
                machine.upload(path, f"{folder}/{sha256}")
            return Outcome(0, "", "")
        case _:
            assert_never(action)
