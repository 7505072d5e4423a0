"""`deploy.onhost.facts`, run as a server runs it, and `deploy.server.look`."""

from __future__ import annotations

import hashlib
import json
import os
import pwd
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from deploy.acting.machine import Here, Outcome
from deploy.errors import ReachError
from deploy.layout import Layout
from deploy.server.look import Closure, KeysFound, State, look
from dispatcher.keys.derivation import Keys, Master
from tests.deploy.sample import A, B

CLOSURE = Closure(app="wiki", allow=("192.0.2.7/32",), minutes=5, since="today", by="ada@desk")


@dataclass(frozen=True, slots=True)
class There(Layout):
    """A layout below a folder of the test."""

    root: str = ""

    @property
    def home(self) -> str:
        return self.root


@pytest.fixture
def at(tmp_path: Path) -> There:
    return There("yard-of-this-test", str(tmp_path))


def test_a_bare_machine_has_facts(at: There) -> None:
    state = look(There("nobody", "/nowhere/yet"), Here(), packages=("nosuchpackage",))

    assert state.python == ".".join(map(str, sys.version_info[:3]))
    assert state.os["ID"]
    assert state.free_bytes > 0
    assert state.free_inodes > 0
    assert state.packages == ()
    assert state.live is None
    assert state.installed == {}
    assert state.running() == set()


def test_users_files_links_and_folders_are_looked_at_by_name(at: There) -> None:
    home = Path(at.home)
    (home / "file").write_text("text")
    (home / "link").symlink_to("somewhere")
    (home / "folder").mkdir(mode=0o750)
    me = pwd.getpwuid(os.getuid()).pw_name

    state = look(
        at,
        Here(),
        users=("root", "nobody-of-this-test"),
        files=(f"{home}/file", f"{home}/none"),
        links=(f"{home}/link", f"{home}/file"),
        folders=(f"{home}/folder", f"{home}/none"),
    )

    assert state.users == ("root",)
    assert state.strangers == ("root",), "it has a home and a shell, as no pool's user has"
    assert state.files == {f"{home}/file": "text", f"{home}/none": None}
    assert state.links == {f"{home}/link": "somewhere", f"{home}/file": None}
    assert state.folders == {f"{home}/folder": f"{me} 750", f"{home}/none": None}


def test_of_keys_only_that_is_told_which_is_no_secret(at: There) -> None:
    path = Path(at.home, "keys")
    text = Keys((Master("2026-11-21T07:00:00+00:00", b"k" * 32),)).text()
    path.write_text(text)
    path.chmod(0o640)

    found = look(at, Here(), keys=(str(path), f"{at.home}/none")).keys

    assert found == {
        str(path): KeysFound(
            right=f"{os.getuid()} 640",
            sha256=hashlib.sha256(text.encode()).hexdigest(),
            made=("2026-11-21T07:00:00+00:00",),
        ),
        f"{at.home}/none": None,
    }


def test_only_releases_with_a_manifest_are_installed(at: There) -> None:
    for name, manifest in ((A.id, A.model_dump_json()), (B.id, "{half")):
        folder = Path(at.folder(name))
        folder.mkdir(parents=True)
        (folder / "release.json").write_text(manifest)
    Path(at.folder("empty")).mkdir()
    Path(at.current).symlink_to(at.folder(A.id))

    state = look(at, Here())

    assert state.live == A.id
    assert state.installed == {A.id: A}
    assert state.releases == {A.id: A, B.id: None, "empty": None}


def test_what_an_interrupted_deployment_left_is_seen(at: There) -> None:
    for folder in ("incoming", "live", "store/aa", "store/bb", "environments/half.new"):
        (Path(at.home) / folder).mkdir(parents=True)
    Path(at.home, "incoming/half").touch()
    Path(at.home, "live/0123").symlink_to("/run/nowhere")
    Path(at.home, "store/aa/whole").touch()
    Path(at.home, "store/bb/.new").touch()
    Path(at.home, "store/bb/.new-4711").touch()
    Path(at.publishing).touch()

    state = look(at, Here())

    assert state.incoming == ("half",)
    assert state.live_links == ("0123",)
    assert state.store == ("aa/whole",), "a copy that was cut off is not kept"
    assert state.environments == ("half.new",)
    assert state.publishing


@pytest.mark.parametrize(
    ("text", "closed"),
    [
        (json.dumps([CLOSURE.model_dump()]), (CLOSURE,)),
        ("", ()),
        ("broken by hand", ()),
        ("7", ()),
    ],
    ids=["one app", "empty", "no JSON", "no list"],
)
def test_what_is_closed_is_seen(at: There, text: str, closed: tuple[Closure, ...]) -> None:
    Path(at.maintenance).mkdir()
    Path(at.maintenance, "closed.json").write_text(text)

    assert look(at, Here()).closed == closed


def test_units_of_another_site_with_a_like_name_are_not_ours(
    at: There, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = f"""\
Id=yard-staging-web@{A.id}.service
Description=yard: pool staging-web, release {A.id}
ActiveState=active

Id=yard-staging-web@{B.id}.service
Description=yard-staging: pool web, release {B.id}
ActiveState=active

Id=nginx.service
Description=A high performance web server
ActiveState=active
"""
    (tmp_path / "systemctl").write_text(f"#!/bin/sh\ncat <<'EOF'\n{shown}EOF\n")
    (tmp_path / "systemctl").chmod(0o755)

    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    state = look(There("yard", at.home), Here())

    assert set(state.units) == {f"yard-staging-web@{A.id}.service", "nginx.service"}
    assert state.running() == {A.id}
    assert state.units_of(A.id) == (f"yard-staging-web@{A.id}.service",)


@pytest.mark.parametrize(
    ("outcome", "message"),
    [
        (Outcome(127, "", "python3: not found\n"), "here: cannot be looked at: python3: not found"),
        (Outcome(3, "", ""), "here: cannot be looked at: exit status 3"),
        (
            Outcome(0, json.dumps({"os": {}}), ""),
            "here: tells facts this version of Flaskyard does not understand: "
            "python: Field required",
        ),
    ],
    ids=["failed", "silent", "of another version"],
)
def test_a_server_that_cannot_tell_is_told_of(outcome: Outcome, message: str) -> None:
    class Mute(Here):
        def program(self, name: str, given: str) -> Outcome:  # noqa: ARG002 - as Machine has it
            return outcome

    with pytest.raises(ReachError) as raised:
        look(Layout("yard"), Mute())

    assert str(raised.value) == message


def test_a_state_without_anything_running_runs_nothing() -> None:
    dead = {"ActiveState": "inactive"}
    state = State(
        os={},
        python="3",
        machine="",
        glibc="",
        free_bytes=0,
        free_inodes=0,
        units={"yard-default@r1.service": dead},
    )

    assert state.running() == set()
