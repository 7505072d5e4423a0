"""From a bare clone to the site, with one command."""

import http.client
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.deployment.project import copy_tracked
from tests.integration.served import free_port

pytestmark = pytest.mark.setup

INSTALL_SECONDS = 300


def status(port: int, host: str, path: str) -> int | None:
    """Return the status of a page, None while nobody answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("GET", path, headers={"Host": f"{host}:{port}"})
        return connection.getresponse().status
    except OSError:
        return None
    finally:
        connection.close()


def test_bin_run_serves_both_apps_from_a_bare_clone_and_a_new_app_is_made_and_tested(
    tmp_path: Path,
) -> None:
    copy_tracked(tmp_path)
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    port, log = free_port(), tmp_path / "log"
    variables = {name: text for name, text in os.environ.items() if name != "VIRTUAL_ENV"}

    with log.open("wb") as output:
        running = subprocess.Popen(
            [tmp_path / "bin" / "run", "--port", str(port)],
            env=variables,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + INSTALL_SECONDS
        while status(port, "localhost", "/") is None:
            assert running.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)
        pages = [("localhost", "/"), ("localhost", "/watch/"), ("watch.localhost", "/")]
        assert [status(port, host, path) for host, path in pages] == [200, 200, 200]

        commands = tmp_path / ".venv" / "bin"
        for words in (["dispatcher", "new", "shop"], ["pytest", "-q", "tests/apps/shop"]):
            subprocess.run([commands / words[0], *words[1:]], cwd=tmp_path, check=True)
    finally:
        os.killpg(running.pid, signal.SIGINT)
        running.wait(20)
