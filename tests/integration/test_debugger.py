"""An app's error and its breakpoints are its developer's to look into; the others serve."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import termios
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.integration.served import (
    PATIENCE_SECONDS,
    Answer,
    Served,
    command,
    environment,
    free_port,
    listens,
    served,
    until,
    with_all_children,
)

SITE = """\
name = "yard"
domain = "example.org"

[apps.portal]
app = "portal:create_app"
path = "/"

[apps.wiki]
app = "wiki:create_app"
path = "/wiki"
subdomain = "wiki"
"""

APP = """\
from flask import Flask, session

def create_app():
    app = Flask(__name__)

    @app.get("/")
    def index():
        return "fine"

    @app.get("/console")
    def console():
        return "the app's own console"

    @app.get("/boom")
    def boom():
        secret = "a local of " + __name__
        raise RuntimeError("kaput")

    @app.get("/stop")
    def stop():
        answer = 6 * 7
        breakpoint()
        return f"went on with {answer}"

    return app
"""

PLACES = [("/wiki/boom", "localhost"), ("/boom", "wiki.localhost"), ("/boom", "localhost")]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "site.toml").write_text(SITE)
    for name in ("portal", "wiki"):
        (tmp_path / f"{name}.py").write_text(APP)
    return tmp_path


@pytest.fixture
def site(folder: Path) -> Iterator[Served]:
    with served(folder) as site:
        yield site


def ask(site: Served, path: str, host: str, cookie: str = "", **words: str) -> Answer:
    """Ask the debugger itself, as the script of its page does."""
    query = urlencode({"__debugger__": "yes", **words})
    headers = {"Cookie": cookie} if cookie else {}
    return site.get(f"{path}?{query}", host, **headers)


@pytest.mark.parametrize(("path", "host"), PLACES)
def test_an_error_opens_a_debugger_that_works_where_the_app_is(
    site: Served, path: str, host: str
) -> None:
    page = site.get(path, host)
    assert page.status == 500
    assert "RuntimeError: kaput" in page.text
    secret = re.search(r'SECRET = "(\w+)"', page.text)
    frame = re.findall(r'id="frame-(\d+)"', page.text)[-1]
    pin = re.search(r"Debugger PIN: ([\d-]+)", site.told)
    assert secret
    assert pin
    assert ask(site, path, host, cmd="resource", f="debugger.js").status == 200
    assert ask(site, path, host, cmd="secret", frm=frame, s=secret[1]).status == 500  # no PIN yet

    entered = ask(site, path, host, cmd="pinauth", pin=pin[1], s=secret[1])
    cookie = entered.headers["Set-Cookie"].partition(";")[0]
    shown = ask(site, path, host, cookie, cmd="secret", frm=frame, s=secret[1])

    assert "a local of" in shown.text
    assert site.get("/").text == "fine"


def test_the_status_page_has_the_error_and_its_app_and_the_terminal_begins_with_the_app(
    site: Served,
) -> None:
    site.get("/wiki/boom")
    (at,) = re.findall(r"How it is going: http://([\w.]+):\d+(/\S*)", site.told)

    def status() -> Any:
        return json.loads(site.get(at[1], at[0], Accept="application/json").text)

    def counts() -> dict[str, tuple[int, int]]:
        return {app["name"]: (app["requests"], app["errors"]) for app in status()["apps"]}

    until("it is counted", lambda: counts() == {"portal": (0, 0), "wiki": (1, 1)})
    told = status()
    assert [(one["app"], one["message"]) for one in told["errors"]] == [
        ("wiki", "GET /wiki/boom failed: RuntimeError: kaput")
    ]
    assert len(told["workers"]) == 1
    assert "contained.py" not in site.get("/wiki/boom").text
    assert "debugger.py" not in site.get("/wiki/boom").text
    assert "contained.py" not in site.told
    raised = [line for line in site.told.splitlines() if "RuntimeError: kaput" in line]
    assert raised == ["wiki ERROR RuntimeError: kaput"] * 3
    assert "/status" not in site.told.partition("Ctrl-C")[2]


def test_another_machine_may_read_the_page_and_do_nothing(site: Served) -> None:
    assert "EVALEX = false" in site.get("/boom", "192.0.2.7").text
    assert "EVALEX = true" in site.get("/boom", "127.0.0.1").text


def test_no_page_of_an_app_is_taken_from_it(site: Served) -> None:
    assert site.get("/wiki/console").text == site.get("/console").text == "the app's own console"


def test_all_debuggers_have_one_pin_told_once(site: Served) -> None:
    site.get("/boom")
    site.get("/wiki/boom")
    assert len(re.findall(r"PIN", site.told)) == 1


@dataclass
class Terminal:
    """A site served at a terminal of its own."""

    site: Served
    ours: int
    told: str = ""

    def says(self, text: str) -> None:
        """Wait until the site has written ``text`` there."""

        def said() -> bool:
            if text not in self.told:
                self.told += os.read(self.ours, 4096).decode()
            return text in self.told

        until(f"{text!r} after {self.told!r}", said)

    def type(self, keys: bytes) -> None:
        os.write(self.ours, keys)

    def echoes(self) -> bool:
        """Whether it shows what is typed."""
        return bool(termios.tcgetattr(self.ours)[3] & termios.ECHO)


@pytest.fixture
def terminal(folder: Path) -> Iterator[Terminal]:
    port = free_port()
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        ["setsid", "--ctty", *command("run", "--port", str(port))],
        cwd=folder,
        env={**environment(), "TERM": "dumb"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    try:
        until("it listens", lambda: listens("127.0.0.1", port))
        (folder / "log").touch()
        yield Terminal(Served(process, port, "127.0.0.1", folder / "log"), ours)
    finally:
        with_all_children(process)
        os.close(theirs)
        os.close(ours)


def ask_for_a_stop(terminal: Terminal) -> subprocess.Popen[str]:
    """Visit the page with the breakpoint; return the visitor once the debugger asks."""
    url = f"http://localhost:{terminal.site.port}/wiki/stop"
    visitor = subprocess.Popen(["curl", "-sS", url], stdout=-1, stderr=-1, text=True)
    terminal.says("(Pdb) ")
    return visitor


def test_a_breakpoint_asks_at_the_terminal_while_the_others_serve(terminal: Terminal) -> None:
    with ask_for_a_stop(terminal) as visitor:
        assert terminal.site.get("/").text == "fine"
        terminal.type(b"p answer\n")
        terminal.says("42")
        terminal.type(b"answer = 43\nc\n")
        assert visitor.communicate(timeout=PATIENCE_SECONDS)[0] == "went on with 43"


def test_ctrl_c_at_a_breakpoint_ends_the_site_and_leaves_the_terminal_as_it_was(
    terminal: Terminal,
) -> None:
    assert terminal.echoes()
    with ask_for_a_stop(terminal):
        terminal.type(b"\x03")
        until("the site has ended", lambda: terminal.site.process.poll() is not None)
    assert terminal.site.process.returncode == 0
    assert terminal.echoes()


def test_an_edit_at_a_breakpoint_gives_it_up(folder: Path, terminal: Terminal) -> None:
    with ask_for_a_stop(terminal):
        (folder / "wiki.py").write_text(APP.replace('"fine"', '"better"'))
        terminal.site.shows("better", "/wiki/")
        until("the terminal is as it was", terminal.echoes)
