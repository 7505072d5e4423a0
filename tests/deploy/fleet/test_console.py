from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

from rich.console import Console

from deploy.fleet.console import Live

ROOT = Path(__file__).parents[3]


def told(width: int = 80) -> tuple[Live, io.StringIO]:
    out = io.StringIO()
    return Live(Console(file=out, highlight=False, soft_wrap=True, width=width)), out


def test_each_finished_step_is_a_line_with_its_time() -> None:
    live, out = told()

    with live:
        live.begin("web1", "go live")
        live.end("web1", "go live", 1.234)
        live.end("web1", "note it", 0.001)

    assert out.getvalue() == "web1    1.23 s  go live\nweb1            note it\n"


def test_what_a_server_says_is_not_taken_for_markup() -> None:
    live, out = told()

    with live:
        live.begin("web1", "[/usr/bin]")
        live.end("web1", "[/usr/bin]", 0)
        live.warn("web1", "could not [/x] [bold]y")
        live.say("[/z]")

    assert out.getvalue().splitlines()[1:] == ["web1  warning  could not [/x] [bold]y", "[/z]"]


def test_a_long_line_is_whole() -> None:
    live, out = told(width=20)

    with live:
        live.say("word " * 20)

    assert out.getvalue().count("\n") == 1


TELLS = """
import sys
from deploy.fleet.console import Live
with Live() as live:
    live.end("web1", "go live", 1)
    live.warn("web1", "careful")
    live.say("done")
    sys.exit(7)
"""


def test_a_deployment_goes_on_when_nobody_reads_any_more() -> None:
    reads, writes = os.pipe()
    os.close(reads)

    done = subprocess.run([sys.executable, "-c", TELLS], cwd=ROOT, stderr=writes, check=False)
    os.close(writes)

    assert done.returncode == 7
