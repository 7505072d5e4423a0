"""All servers have the same master keys, each pool its own of them, and nobody sees one."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import pytest

from deploy.acting.machine import Here, Outcome
from deploy.acting.runner import perform
from deploy.acting.steps import Plan, Put, Run, Script
from deploy.errors import PlanError, ReachError
from deploy.fleet import keys
from deploy.layout import Layout
from deploy.server import secrets
from deploy.server.look import KeysFound, State
from deploy.stages import plans
from dispatcher.keys.derivation import Keys, Master, derived
from tests.deploy.sample import (
    AT,
    BUNDLE,
    OTHER_SITE,
    SITE,
    STAMP,
    A,
    B,
    ready,
    serving,
)

OLD = Master("2026-11-19T12:00:00+00:00", b"o" * 32)
OLDER = Master("2026-11-18T12:00:00+00:00", b"p" * 32)
OLDEST = Master("2026-11-17T12:00:00+00:00", b"q" * 32)
NEW = Master("2026-11-20T12:00:00+00:00", b"n" * 32)


class Server(Here):
    """A server with a key file, or none."""

    def __init__(self, name: str, text: str | None) -> None:
        self.name, self.text = name, text
        self.reads = 0

    def run(self, argv: tuple[str, ...], stdin: str = "") -> Outcome:  # noqa: ARG002
        assert argv == ("cat", AT.keys)
        self.reads += 1
        return Outcome(1, "", "no such file") if self.text is None else Outcome(0, self.text, "")


def fleet(*texts: str | None) -> dict[Server, State]:
    return {
        Server(f"web{number}", text): ready().model_copy(update={"keys": {AT.keys: held(text)}})
        for number, text in enumerate(texts, 1)
    }


def held(text: str | None) -> KeysFound | None:
    if text is None:
        return None
    made = tuple(line.split()[0] for line in text.splitlines())
    return KeysFound(right="0 600", sha256=hashlib.sha256(text.encode()).hexdigest(), made=made)


def test_keys_are_made_where_no_server_has_any() -> None:
    first = keys.common(AT, fleet(None, None), all_there=True)
    second = keys.common(AT, fleet(None, None), all_there=True)

    assert None not in (first, second)
    assert first != second
    assert len(Keys.of(str(first)).masters) == 1


def test_keys_are_not_made_while_other_servers_may_have_some() -> None:
    with pytest.raises(PlanError, match="run it without --only"):
        keys.common(AT, fleet(None), all_there=False)


def test_servers_with_the_same_keys_are_left_alone_and_not_asked_for_them() -> None:
    text = Keys((NEW,)).text()
    servers = fleet(text, text)

    assert keys.common(AT, servers, all_there=True) is None
    assert not any(server.reads for server in servers)


def test_a_new_server_gets_the_keys_of_the_others() -> None:
    text = Keys((NEW, OLD)).text()

    assert keys.common(AT, fleet(None, text, text), all_there=True) == text


def test_servers_that_differ_get_all_their_keys_the_newest_first() -> None:
    rotated, left = Keys((NEW, OLD)).text(), Keys((OLD,)).text()

    assert keys.common(AT, fleet(left, rotated), all_there=True) == rotated


@dataclass(frozen=True, slots=True)
class There(Layout):
    """A layout whose keys are below a folder of the test."""

    root: str = ""

    @property
    def secrets(self) -> str:
        return self.root


def rotation(at: Layout, key: str, text: str) -> Plan:
    return plans.rotate(at, key, ready().model_copy(update={"keys": {at.keys: held(text)}}))


def test_a_rotation_puts_a_new_key_first_and_forgets_the_oldest(tmp_path: Path) -> None:
    at = There("yard", str(tmp_path))
    text = Keys((OLD, OLDER, OLDEST)).text()
    Path(at.keys).write_text(text)
    line = Keys((NEW,)).text()

    for step in rotation(at, line, text):
        assert perform(step.do, Here()) == Outcome(0, "", "")

    assert Keys.of(Path(at.keys).read_text()).masters == (NEW, OLD, OLDER)
    assert Path(at.keys).stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [Path(at.keys)], "no other copy of a key is left"


@pytest.mark.parametrize("steps", [1, 2], ids=["brought", "rotated"])
def test_a_rotation_is_taken_back_however_far_it_came(tmp_path: Path, steps: int) -> None:
    at = There("yard", str(tmp_path))
    text = Keys((OLD, OLDER)).text()
    Path(at.keys).write_text(text)
    plan = rotation(at, Keys((NEW,)).text(), text)
    done = (*plan.prepare, *plan.publish)[:steps]
    for step in done:
        perform(step.do, Here())

    for step in reversed((*plan.prepare, *plan.publish)):
        assert step.undo
        assert perform(step.undo, Here()).exit_code == 0

    assert Path(at.keys).read_text() == text
    assert list(tmp_path.iterdir()) == [Path(at.keys)]


def test_a_rotation_shows_no_key() -> None:
    line = Keys((NEW,)).text()

    plan = rotation(AT, line, Keys((OLD,)).text())

    assert NEW.key.hex() not in str(plan) + repr(plan)


def test_a_server_without_keys_is_not_rotated() -> None:
    with pytest.raises(PlanError, match="has no keys; run: fab bootstrap"):
        plans.rotate(AT, Keys((NEW,)).text(), ready().model_copy(update={"keys": {}}))


def test_nothing_is_deployed_to_servers_that_disagree() -> None:
    secrets.refuse_different(["one", "one", ""])
    with pytest.raises(PlanError, match="different keys; run: fab bootstrap"):
        secrets.refuse_different(["one", "two"])


def test_a_rotation_leaves_the_pools_their_keys_until_a_deployment() -> None:
    text = Keys((NEW, OLD)).text()
    rotated = serving(B, A, keys={**ready().keys, AT.keys: held(text)})

    assert "pools" not in str(rotation(AT, Keys((NEW,)).text(), text))
    notes = [step.note for step in plans.deploy(AT, SITE, BUNDLE, rotated, STAMP)]
    assert notes.index("make the pools' keys") < notes.index("start its pools")


def test_damaged_keys_are_told_with_their_server_and_not_shown() -> None:
    with pytest.raises(ReachError, match=r"web1: .*/keys: line 1 must be") as caught:
        keys.common(AT, fleet("half a secret", None), all_there=True)

    assert "half a secret" not in str(caught.value)


def test_a_server_is_given_keys_only_where_it_has_others() -> None:
    text = Keys((NEW,)).text()
    (same,), (bare,) = fleet(text).values(), fleet(None).values()
    pools = {AT.pool_keys("default"): held(text)}
    same = same.model_copy(update={"keys": {**same.keys, **pools}})

    assert secrets.secrets(AT, SITE, text, same) == ()
    assert secrets.secrets(AT, SITE, None, same) == ()
    write, make = secrets.secrets(AT, SITE, text, bare)
    assert write.do == Put(AT.keys, text, 0o600)
    assert make.note == "make the pools' keys"
    assert text.split()[1] not in repr(write) + str(write.do) + repr(make)


@pytest.mark.parametrize("right", ["0 644", "1000 600"])
def test_keys_that_others_may_read_are_closed(right: str) -> None:
    state = ready()
    open_to_all = {
        path: found.model_copy(update={"right": right}) if found else None
        for path, found in state.keys.items()
    }

    steps = secrets.secrets(AT, SITE, None, state.model_copy(update={"keys": open_to_all}))

    assert [step.note for step in steps] == ["keep the keys from others", "make the pools' keys"]


def test_a_new_pool_gets_keys_and_a_rotation_reaches_the_pools() -> None:
    rotated = ready().model_copy(
        update={"keys": {**ready().keys, AT.keys: held(Keys((NEW, OLD)).text())}}
    )

    (for_new,) = secrets.pools(AT, OTHER_SITE, ready())
    (after,) = secrets.pools(AT, SITE, rotated)

    assert for_new.note == after.note == "make the pools' keys"
    assert for_new.undo == Run("rm", "-f", AT.pool_keys("files")), "the other was there before"
    assert after.undo is None
    assert secrets.pools(AT, SITE, ready()) == ()


def test_a_pool_s_keys_are_made_of_the_master_keys_and_tell_no_other_s(tmp_path: Path) -> None:
    text = Keys((NEW, OLD)).text()
    (tmp_path / "keys").write_text(text)
    pools = {name: str(tmp_path / "pools" / name) for name in ("default", "files")}
    given = {"site": "yard", "keys": str(tmp_path / "keys"), "pools": pools}

    for _ in range(2):
        assert perform(Script.of("derive", given), Here()) == Outcome(0, "", "")

    made = {name: Keys.of(Path(path).read_text()) for name, path in pools.items()}
    for name, its in made.items():
        assert [master.made for master in its.masters] == [NEW.made, OLD.made]
        assert its.masters[0].key.hex() == derived(NEW.key, "pool", "yard", name)
        assert Path(pools[name]).stat().st_mode & 0o777 == 0o600
    assert made["default"] != made["files"]
    assert sorted(path.name for path in (tmp_path / "pools").iterdir()) == ["default", "files"]
    assert (tmp_path / "pools").stat().st_mode & 0o777 == 0o700
