"""nginx gets fewer rights, and none of them is taken before it is known to do without."""

from __future__ import annotations

from deploy.acting.steps import Run, Steps
from deploy.server import confined, logs
from deploy.stages import ground
from tests.deploy.sample import AT, BARE, BUILT, SITE, ready

ATTACHED = BARE.model_copy(update={"packages": ("nginx",)})
"""A server with an nginx of somebody else's making."""


def commands(steps: Steps) -> list[tuple[str, ...]]:
    return [step.do.argv for step in steps if isinstance(step.do, Run)]


def test_an_nginx_that_is_there_has_to_load_so_before_anything_is_written() -> None:
    first, *_ = commands(ground.lay(AT, SITE, BUILT, ATTACHED, "deploy"))

    assert first[0] == "systemd-run"
    assert "--property=NoNewPrivileges=yes" in first
    assert first[-3:] == ("nginx", "-t", "-q")


def test_what_a_person_lets_it_do_besides_counts_there() -> None:
    own = {confined.OWN: "[Service]\nReadWritePaths=/etc/here\n"}

    first, *_ = commands(confined.prove(ATTACHED.model_copy(update={"files": own})))

    assert first[-4:] == ("--property=ReadWritePaths=/etc/here", "nginx", "-t", "-q")


def test_an_nginx_that_is_to_come_begins_so() -> None:
    notes = [step.note for step in ground.lay(AT, SITE, BUILT, BARE, "deploy")]

    install = next(n for n, note in enumerate(notes) if note.startswith("install logrotate, nginx"))
    assert notes.index(f"write {confined.FILE}") < install


def test_a_server_that_has_all_that_is_left_alone() -> None:
    assert confined.prove(ready()) == logs.rotate(ready()) == ()
