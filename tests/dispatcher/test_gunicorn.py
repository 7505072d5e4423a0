import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from gunicorn.config import Config  # type: ignore[import-untyped]

SITE = """\
name = "yard"
domain = "example.org"
[apps.wiki]
app = "wiki_app:application"
path = "/"
[pools.{pool}]
workers = 3
worker_class = "{kind}"
max_requests = 500
"""

SHOW = """\
import json, socket, sys
import dispatcher.gunicorn as settings
shown = {k: v for k, v in vars(settings).items() if isinstance(v, str | int | dict | None)}
shown["patched"] = socket.socket.__module__.startswith("gevent")
print(json.dumps({k: v for k, v in shown.items() if not k.startswith("_")}, default=str))
"""


def run(
    folder: Path, kind: str = "gevent", named: str = "default", **variables: str
) -> subprocess.CompletedProcess[str]:
    """Import the settings in a process of their own: they may patch it."""
    (folder / "site.toml").write_text(SITE.format(pool=named, kind=kind))
    environ = {f"DISPATCHER_{name.upper()}": value for name, value in variables.items()}
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", SHOW],
        cwd=folder,
        env={"PYTHONPATH": str(Path(__file__).parents[2]), **environ},
        capture_output=True,
        text=True,
        check=False,
    )


def shown(folder: Path, kind: str = "gevent", named: str = "default", **variables: str) -> Any:
    return json.loads(run(folder, kind, named, **variables).stdout)


@pytest.mark.parametrize(
    ("kind", "patched", "threads"), [("gevent", True, 1), ("gthread", False, 8), ("sync", False, 1)]
)
def test_only_a_gevent_pool_is_patched(
    tmp_path: Path, kind: str, patched: bool, threads: int
) -> None:
    settings = shown(tmp_path, kind)
    assert settings["patched"] is patched
    assert (settings["worker_class"], settings["threads"]) == (kind, threads)


def test_the_pool_says_how_many_workers_there_are(tmp_path: Path) -> None:
    assert shown(tmp_path, named="files")["workers"] == 2
    assert shown(tmp_path, named="files", pool="files")["workers"] == 3


def test_workers_are_not_replaced_all_at_once(tmp_path: Path) -> None:
    settings = shown(tmp_path)
    assert (settings["max_requests"], settings["max_requests_jitter"]) == (500, 50)


def test_every_setting_is_one_that_gunicorn_knows(tmp_path: Path) -> None:
    ours = {"pool", "settings", "patched"}
    names = {name for name in shown(tmp_path) if name.islower()} - ours
    assert names - set(Config().settings) == set()
    assert {"preload_app", "control_socket_disable", "secure_scheme_headers"} <= names


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"proxies": "x"}, "Error: DISPATCHER_PROXIES='x': must be how many"),
        ({"pool": "nix"}, "Error: DISPATCHER_POOL='nix': site.toml has the pools default"),
        ({"site": "nix.toml"}, "Error: nix.toml: 1 fault\n  there is no such file"),
        ({"env": "nix"}, "Error: site.toml: 1 fault\n  environments.nix: is not there"),
    ],
)
def test_a_variable_that_cannot_be_followed_ends_in_a_message_and_no_traceback(
    tmp_path: Path, variables: dict[str, str], message: str
) -> None:
    ended = run(tmp_path, **variables)
    assert ended.returncode == 1
    assert ended.stderr.startswith(message)
    assert "Traceback" not in ended.stderr
