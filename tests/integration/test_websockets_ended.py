"""Websockets that are ended because what serves them ends."""

from __future__ import annotations

import os
import re
import signal
import socket
from pathlib import Path

import pytest

from tests.deploy.webserver import needs_nginx
from tests.integration.chat import CHAT, OPENING, behind_nginx, closed, locally
from tests.integration.served import until

pytestmark = needs_nginx


def test_a_changed_file_sends_visitors_to_the_new_one() -> None:
    with locally() as site, site.connect("/chat/echo") as ws:
        ws.send("x")
        assert ws.receive(timeout=10) == "x"

        (site.folder / "chat.py").write_text(CHAT.replace("ws.send(ws.rec", "ws.send('new')  # "))

        assert closed(ws)[0] == 1012
        with site.connect("/chat/echo") as again:
            assert again.receive(timeout=10) == "new"


@pytest.mark.parametrize("kind", ["gevent", "gthread"])
def test_a_worker_that_stops_sends_visitors_to_another(kind: str) -> None:
    with behind_nginx(kind) as site:
        with site.connect("/chat/echo") as ws:
            ws.send("x")
            assert ws.receive(timeout=10) == "x"
            (pid,) = set(re.findall(r"Booting worker with pid: (\d+)", site.log))
            worker = int(pid)

            os.kill(worker, signal.SIGTERM)

            assert closed(ws)[0] == 1012
        until("it is gone", lambda: not Path(f"/proc/{worker}/task").exists())
        with site.connect("/chat/echo") as again:
            again.send("y")
            assert again.receive(timeout=10) == "y"
        assert "Traceback" not in site.log


def test_a_visitor_who_stays_holds_no_worker() -> None:
    with (
        behind_nginx("gevent") as site,
        socket.create_connection(("127.0.0.1", site.port), 20) as connection,
    ):
        connection.sendall(OPENING.format(path="/chat/echo").encode())
        assert connection.recv(65536).startswith(b"HTTP/1.1 101 ")
        (pid,) = set(re.findall(r"Booting worker with pid: (\d+)", site.log))

        os.kill(int(pid), signal.SIGTERM)

        assert connection.recv(100) == b"\x88\x02\x03\xf4"
        assert connection.recv(100) == b"", "and says nothing to that"
        until("it is gone", lambda: not Path(f"/proc/{pid}/task").exists())
        assert "graceful timeout" not in site.log
