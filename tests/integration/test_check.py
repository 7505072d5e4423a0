"""The real `dispatcher check` of a site whose apps behave as badly as they can."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.integration.served import command, environment

HERE = """
def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"here"]
"""

APPS = {
    "meddles": f"""\
import logging, os, threading, time
print("noise on stdout")
os.system("echo more noise")
os.environ["TZ"] = "America/Chicago"
logging.getLogger().setLevel(logging.ERROR)
threading.Thread(target=time.sleep, args=(600,), name="for ever").start()
{HERE}""",
    "portal": HERE,
    "exits": "import sys; sys.exit(3)",
    "hangs": "import time; time.sleep(600)",
    "kills": "import os; os._exit(0)",
    "late": HERE,
    "lone": f"import kills_nothing_here as _\n{HERE}",
}

SITE = "".join(
    f"""
[apps.{name}]
app = "{name}:application"
path = "/{name}"
load_seconds = 0.5
pool = "{"killed" if name in ("kills", "late") else "default"}"
"""
    for name in APPS
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, source in APPS.items():
        (tmp_path / f"{name}.py").write_text(source)
    (tmp_path / "site.toml").write_text(
        f'name = "yard"\ndomain = "example.org"\n{SITE}\n[pools.killed]\n'
    )
    return tmp_path


def check(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command("check", *words),
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=20,
    )


def test_a_program_can_read_all_that_is_wrong_with_each_app_and_what_it_does_to_others(
    folder: Path,
) -> None:
    done = check(folder, "--json")
    told: dict[str, Any] = json.loads(done.stdout)
    apps = {app["name"]: app for app in told["apps"]}

    assert (done.returncode, told["ok"], told["faults"]) == (1, False, [])
    assert {name for name, app in apps.items() if app["fault"] is None} == {"meddles", "portal"}
    assert apps["meddles"]["side_effects"] == [
        {"what": "time zone", "how": "None became 'America/Chicago'", "taken_back": True},
        {"what": "root logger's level", "how": "20 became 40", "taken_back": True},
        {"what": "threads", "how": "gained 'for ever'", "taken_back": False},
    ]
    assert apps["portal"]["side_effects"] == []
    assert "SystemExit: 3" in apps["exits"]["fault"]
    assert "it took longer than 0.5 s" in apps["hangs"]["fault"]
    assert "time.sleep(600)" in apps["hangs"]["traceback"]
    assert "it ended the process (exit status 0)" in apps["kills"]["fault"]
    assert "kills ended the process of their pool before" in apps["late"]["fault"]
    assert "ModuleNotFoundError" in apps["lone"]["fault"]


def test_a_person_reads_the_same_in_lines(folder: Path) -> None:
    done = check(folder)
    assert done.stdout.startswith(
        "ok     meddles: meddles:application\n"
        "       time zone: None became 'America/Chicago', taken back\n"
        "       root logger's level: 20 became 40, taken back\n"
        "       threads: gained 'for ever'\n"
        "ok     portal: portal:application\n"
        "fault  exits: "
    )
    assert done.stderr.endswith("Error: 5 of 7 apps cannot be loaded\n")


def test_a_program_can_read_the_faults_of_the_registry(folder: Path) -> None:
    (folder / "site.toml").write_text('name = "yard"\ndomain = "example.org"\n[apps.wiki]\n')
    done = check(folder, "--json")
    told = json.loads(done.stdout)
    assert (done.returncode, told["ok"], told["apps"]) == (1, False, [])
    assert {
        "key": "apps.wiki",
        "message": "answers nowhere; give it a path, a subdomain or domains",
        "value": None,
        "line": 3,
    } in told["faults"]


def test_a_certificate_that_email_does_not_get_is_told_before_visitors_are(tmp_path: Path) -> None:
    factory = "from flask import Flask\ndef create_app(tenant=None):\n    return Flask(__name__)\n"
    exists = "def tenant_exists(tenant):\n    return True\n"
    (tmp_path / "wiki.py").write_text(factory + exists)
    site = 'name = "yard"\ndomain = "example.org"\ntls.email = "ada@example.org"\n'
    site += '[apps.wiki]\napp = "wiki:create_app"\nsubdomain = "wiki"\ntenants = "*.wiki"\n'
    (tmp_path / "site.toml").write_text(site)

    done = check(tmp_path)

    assert done.returncode == 0
    assert "warn   browsers will warn at *.wiki.example.org" in done.stdout
    assert 'tls.certificates."*.wiki.example.org"' in done.stdout


def test_apps_that_cannot_share_a_process_do_not_disturb_each_other_in_pools_of_their_own(
    tmp_path: Path,
) -> None:
    site = 'name = "yard"\ndomain = "example.org"\n'
    for name, other in (("first", "second"), ("second", "first")):
        refuse = f"import sys\nif {other!r} in sys.modules: raise RuntimeError('not with it')\n"
        (tmp_path / f"{name}.py").write_text(f"{refuse}{HERE}")
        site += f'[apps.{name}]\napp = "{name}:application"\npath = "/{name}"\nPOOL\n'
    (tmp_path / "site.toml").write_text(site.replace("POOL", ""))
    assert "RuntimeError: not with it" in check(tmp_path).stdout

    pools = site.replace("POOL", 'pool = "one"\nalone = true', 1).replace("POOL", "")
    (tmp_path / "site.toml").write_text(f"{pools}[pools.one]\n")
    assert check(tmp_path).returncode == 0
