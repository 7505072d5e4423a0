"""An edge asks those behind it as it passes requests on, and says which is not well, and why."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from deploy.onhost import reach

GIVEN = {"host": "example.org", "path": "/", "release": "r1", "seconds": 0}


class Web(BaseHTTPRequestHandler):
    status, release = 200, "r1"

    def do_GET(self) -> None:
        claimed = self.headers["X-Forwarded-For"] == "127.0.0.1"
        told = claimed and self.headers["Host"] == "example.org"
        self.send_response(self.status if told else 400)
        self.send_header("X-Release", self.release)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def web() -> Iterator[tuple[type[Web], dict[str, object]]]:
    """Serve as one behind; give that, and what to ask it."""

    class Own(Web):
        pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Own) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield Own, {**GIVEN, "webs": {"web1": "127.0.0.1"}, "port": server.server_port}
        server.shutdown()


There = tuple[type[Web], dict[str, object]]


def test_one_that_answers_as_the_release_is_well(web: There) -> None:
    assert reach.main(web[1]) == {"web1": ""}


@pytest.mark.parametrize(
    ("status", "release", "fault"),
    [
        (200, "r0", "127.0.0.1 answers 200 as release r0"),
        (404, "", "127.0.0.1 answers 404 as release (none)"),
        (421, "", "127.0.0.1 takes this server for a stranger: see its address in site.toml"),
        (503, "r1", "127.0.0.1 answers 503"),
    ],
)
def test_one_that_is_not_is_told_of(web: There, status: int, release: str, fault: str) -> None:
    web[0].status, web[0].release = status, release

    assert reach.main(web[1]) == {"web1": fault}
    with pytest.raises(reach.Unreached, match=r"web1: 127\.0\.0\.1"):
        reach.main({**web[1], "must": True})


def test_one_that_does_not_run_is_told_of() -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]

    (fault,) = reach.main({**GIVEN, "webs": {"web1": "127.0.0.1"}, "port": port}).values()

    assert fault.startswith("127.0.0.1 does not answer: ")


def test_a_release_that_is_about_to_go_live_is_waited_for(web: There) -> None:
    web[0].release = "r0"
    threading.Timer(0.3, setattr, (web[0], "release", "r1")).start()

    assert reach.main({**web[1], "seconds": 10, "must": True}) == {"web1": ""}
