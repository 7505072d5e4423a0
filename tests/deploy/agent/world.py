"""A small server of a test's own: a folder with a live release, and a plan to publish another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Thread
from typing import Any

from deploy.acting.machine import Machine, Outcome
from deploy.acting.steps import Plan, Put, Run, Step
from deploy.agent.transaction import Transaction
from deploy.protocol.journal import Journal
from deploy.protocol.progress import PUBLISH, SETTLE

World = dict[str, str]


def make(root: Path) -> None:
    """Make a server on which the release ``old`` is live."""
    (root / "releases/old").mkdir(parents=True)
    (root / "releases/old/manifest").write_text("old")
    (root / "current").symlink_to("releases/old")


def look(root: Path) -> World:
    """Return every file, folder and link, with its content."""
    return {str(path.relative_to(root)): told(path) for path in sorted(root.rglob("*"))}


def told(path: Path) -> str:
    if path.is_symlink():
        return f"-> {path.readlink()}"
    return "folder" if path.is_dir() else path.read_text()


def publish(root: Path) -> Plan:
    """Return the plan that makes the release ``new`` live, and removes the old one."""

    def point(release: str) -> Run:
        return Run("ln", "-sfn", f"releases/{release}", f"{root}/current")

    new, mark = f"{root}/releases/new", f"{root}/publishing"
    return Plan(
        "publish new",
        prepare=(
            Step("make its folder", Run("mkdir", "-p", new), undo=Run("rm", "-rf", new)),
            Step("write its manifest", Put(f"{new}/manifest", "new")),
        ),
        publish=(
            Step("note that it begins", Put(mark, "new\n"), undo=Run("rm", "-rf", mark)),
            Step("go live", point("new"), undo=point("old")),
        ),
        tidy=(
            Step("remove the old", Run("rm", "-rf", f"{root}/releases/old")),
            Step("note that it is done", Run("rm", "-rf", mark)),
        ),
    )


def failing(plan: Plan, at: int) -> Plan:
    """Return the plan with a step that fails where the step numbered ``at`` is."""
    prepare, first = list(plan.prepare), len(plan.prepare)
    publish, second = list(plan.publish), first + len(plan.publish)
    tidy = list(plan.tidy)
    steps, number = next(
        (steps, at - start)
        for steps, start, end in ((prepare, 0, first), (publish, first, second), (tidy, second, 99))
        if at < end
    )
    steps[number] = replace(steps[number], do=Run("false"))
    return replace(plan, prepare=tuple(prepare), publish=tuple(publish), tidy=tuple(tidy))


class Quick:
    """Does what the commands of `publish` do without a process for each.

    ``halfway`` is called where a part of a file is written.
    """

    name = "here"

    def __init__(self, halfway: Callable[[], object] = lambda: None) -> None:
        self.halfway = halfway

    def run(self, argv: tuple[str, ...], stdin: str = "") -> Outcome:
        match argv:
            case ("false",):
                return Outcome(1, "", "no such luck\n")
            case ("mkdir", "-p", path):
                Path(path).mkdir(parents=True, exist_ok=True)
            case ("rm", "-rf", *paths):
                for path in paths:
                    remove(Path(path))
            case ("ln", "-sfn", target, path):
                remove(Path(path))
                Path(path).symlink_to(target)
            case ("sh", "-c", _, "sh", path, _):
                new = Path(f"{path}.new")
                new.write_text(stdin[:1])
                self.halfway()
                new.write_text(stdin)
                new.replace(path)
            case _:
                raise AssertionError(argv)
        return Outcome(0, "", "")

    def program(self, name: str, given: str) -> Outcome:
        raise AssertionError(name, given)

    def upload(self, path: Path, target: str) -> None:
        raise AssertionError(path, target)


def remove(path: Path) -> None:
    """Remove whatever is there, if anything is."""
    if path.is_dir() and not path.is_symlink():
        for child in path.iterdir():
            remove(child)
        path.rmdir()
    else:
        path.unlink(missing_ok=True)


class Obedient(Transaction):
    """A transaction that is ordered what it waits for, or something else."""

    def __init__(self, *given: Any, orders: tuple[str, ...] = (PUBLISH, SETTLE)) -> None:
        super().__init__(*given)
        self.will_be_ordered = list(orders)

    def note(self, kind: str, *, sync: bool = True, **what: object) -> None:
        super().note(kind, sync=sync, **what)
        if kind == "waits":
            self.order(self.will_be_ordered.pop(0))


def run(
    root: Path, plan: Plan, machine: Machine, orders: tuple[str, ...] = (PUBLISH, SETTLE)
) -> str:
    """Carry a plan out in this thread; return how it ended. Its journal is beside ``root``."""
    transaction = Obedient(plan, Journal(journal(root)), machine, orders=orders)
    transaction.run()
    transaction.journal.close()
    return transaction.progress.ended


def resume(root: Path, plan: Plan, machine: Machine) -> str:
    """End what was interrupted; return how."""
    transaction = Transaction(plan, Journal(journal(root)), machine)
    transaction.resume()
    transaction.journal.close()
    return transaction.progress.ended


def journal(root: Path) -> Path:
    return root.with_name(f"{root.name}.journal")


def aside(act: Callable[[], object]) -> Thread:
    """Do something in a thread of its own."""
    thread = Thread(target=act, daemon=True)
    thread.start()
    return thread


def until(transaction: Transaction, kind: str, **what: object) -> None:
    """Return once such a record was written."""

    def there() -> bool:
        return any(
            record["kind"] == kind and record.items() >= what.items()
            for record in transaction.journal.records
        )

    with transaction.journal.changed:
        assert transaction.journal.changed.wait_for(there, timeout=20), (kind, what)
