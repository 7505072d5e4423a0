"""`deploy.onhost.system`, asked of the machine that runs the tests."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from deploy.acting.machine import Here
from deploy.acting.runner import perform
from deploy.acting.steps import Script
from deploy.onhost import system
from deploy.protocol.examined import System


def test_a_machine_tells_of_itself() -> None:
    before = time.time()
    done = perform(Script.of("system", {"paths": ("/", "/nowhere/yet", "/proc")}), Here())
    found = System.model_validate_json(done.out)

    assert before <= found.time <= time.time()
    assert 0 < found.memory.free_bytes <= found.memory.bytes
    assert found.up_seconds > 0
    assert found.cpus > 0
    assert [disk.path for disk in found.disks] == ["/", "/proc"], "each file system once"
    assert 0 < found.disks[0].free_bytes < found.disks[0].bytes


@pytest.mark.parametrize(
    ("said", "version"),
    [
        ("nginx version: nginx/1.22.1", "1.22.1"),
        ("OpenSSL 3.0.15 3 Sep 2024 (Library: OpenSSL 3.0.15)", "3.0.15"),
        ("systemd 252 (252.30-1~deb12u2)\n+PAM", "252"),
        ("nothing", ""),
    ],
)
def test_a_program_tells_its_version_somewhere(said: str, version: str) -> None:
    assert system.version(["echo", said]) == version


def test_a_program_that_is_missing_says_nothing() -> None:
    assert system.version(["/no/such/program"]) == ""


def test_what_wants_a_boot_is_named_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system, "REBOOT", tmp_path / "reboot-required")
    assert system.reboot() is None

    (tmp_path / "reboot-required").touch()
    assert system.reboot() == []
    (tmp_path / "reboot-required.pkgs").write_text("linux\nlibc6\nlinux\n")
    assert system.reboot() == ["libc6", "linux"]


def test_memory_is_told_in_bytes() -> None:
    text = "MemTotal:        2048 kB\nMemFree: 1 kB\nMemAvailable:    1024 kB\n"

    assert json.loads(json.dumps(system.memory(text))) == {"bytes": 2 << 20, "free_bytes": 1 << 20}
