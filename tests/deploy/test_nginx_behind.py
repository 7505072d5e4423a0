"""What a server behind an edge answers to that, to itself and to strangers, with a real nginx."""

from __future__ import annotations

import re
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from dispatcher.registry.limits import USUAL
from dispatcher.registry.nginx import Nginx
from dispatcher.registry.site import Site
from dispatcher.registry.tls import Tls
from dispatcher.registry.variables import Variable
from tests.deploy.edges import EDGE, SITE, STRANGER, WEBS, fleet, three
from tests.deploy.webserver import Echo, Upstream, Web, all_at_once, fronting, needs_nginx, running
from tests.integration.served import until

pytestmark = needs_nginx


@contextmanager
def behind(site: Site = SITE) -> Iterator[Web]:
    with tempfile.TemporaryDirectory(prefix="web-") as name:
        Path(name).chmod(0o755)
        with running(site.on("web0"), Path(name)) as web:
            yield web


@pytest.fixture(scope="module")
def web() -> Iterator[Web]:
    """Serve as one of those behind an edge that has https."""
    with behind(replace(SITE, tls=Tls("ada@example.org"))) as web:
        yield web


CLAIM = {"X_Forwarded_For": "203.0.113.9", "X_Forwarded_Proto": "https"}


def test_a_server_behind_believes_its_edge(web: Web) -> None:
    headers = web.get("example.org", client=EDGE, **CLAIM).echo["headers"]

    assert headers["x-forwarded-for"] == "203.0.113.9"
    assert headers["x-forwarded-proto"] == "https"


@pytest.mark.parametrize("path", ["/", "/files/", "/a.0123456789abcdef.css", "/.flaskyard/x"])
def test_a_server_behind_answers_no_stranger_whatever_is_claimed(web: Web, path: str) -> None:
    assert web.get("example.org", path, client=STRANGER, **CLAIM).status == 421


def test_a_server_behind_answers_itself_as_deployments_ask(web: Web) -> None:
    answer = web.get("example.org")

    assert answer.headers["x-release"] == "r1"
    assert answer.echo["headers"]["x-forwarded-proto"] == "https"


def test_a_server_behind_tells_its_release_to_its_edge(web: Web) -> None:
    assert web.get("example.org", client=EDGE, **CLAIM).headers["x-release"] == "r1"


ID = "0123456789abcdef" * 2


@pytest.mark.parametrize(
    ("client", "said", "taken"),
    [(EDGE, ID, True), (EDGE, f"{ID}x", False), (EDGE, "", False), (EDGE, "x" * 32, False)],
)
def test_a_server_behind_calls_a_request_as_its_edge_does(
    web: Web, client: str, said: str, *, taken: bool
) -> None:
    answer = web.get("example.org", client=client, X_Request_ID=said, **CLAIM)
    known = answer.headers["x-request-id"]

    assert (known == said) is taken
    assert answer.echo["headers"]["x-request-id"] == known
    assert re.fullmatch("[0-9a-f]{32}", known)


def test_a_server_behind_calls_a_request_as_no_stranger_does(web: Web) -> None:
    answer = web.get("example.org", client=STRANGER, X_Request_ID=ID, **CLAIM)

    assert answer.headers["x-request-id"] != ID


def test_one_request_has_one_id_in_both_logs_and_in_its_answer() -> None:
    with ExitStack() as stack:
        here, there = (
            Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="web-"))) for _ in "ab"
        )
        here.chmod(0o755)
        there.chmod(0o755)
        web = stack.enter_context(running(SITE.on("web0"), there))
        to_web = {f"{WEBS[0]}:80": f"127.0.0.1:{web.port}"}
        edge = stack.enter_context(fronting(SITE.on("edge"), here, to_web))
        answer = edge.get("example.org", client=STRANGER, X_Request_ID=ID)
        known = answer.headers["x-request-id"]

        def both() -> list[list[str]]:
            """Return the ids that stand in the logs, which nginx writes once all is sent."""
            logs = [(folder / "access.log").read_text() for folder in (here, there)]
            return [[line.split()[-1] for line in log.splitlines()] for log in logs]

        until("both logs have it", lambda: all(both()))
        assert both() == [[known], [known]]
    assert known != ID
    assert answer.echo["headers"]["x-request-id"] == known


def test_a_visitor_is_counted_by_his_own_address_and_an_edge_that_asks_not_at_all() -> None:
    limits = USUAL.but({"per_second": 1}, "")
    apps = tuple(replace(app, limits=limits) for app in SITE.apps)
    with behind(replace(SITE, limits=limits, apps=apps)) as web:
        ask = partial(web.get, "example.org", client=EDGE)
        own = all_at_once([partial(ask, X_Forwarded_For="127.0.0.1")] * 9)
        one = all_at_once([partial(ask, **CLAIM)] * 9)
        other = ask(X_Forwarded_For="203.0.113.10")

    assert {answer.status for answer in own} == {200}
    assert 429 in {answer.status for answer in one}
    assert other.status == 200


def test_what_nginx_tells_apps_is_what_the_edge_knows_and_no_stranger_says() -> None:
    told = Nginx(variables=(Variable("client", "$remote_addr"), Variable("scheme", "$server_port")))
    site = replace(SITE, nginx=told)
    with fleet(*three(), site=site) as there:
        there.edge.get("example.org", X_Site_Client="6.6.6.6")
        _, asked = next(web.asked[0] for web in there.webs if web.asked)
    with behind(site) as web:
        heard = web.get("example.org", client=EDGE, X_Site_Client="203.0.113.9").echo["headers"]
        own = web.get("example.org", X_Site_Client="203.0.113.9").echo["headers"]

    assert asked["X-Site-Client"] == "127.0.0.1"
    assert heard["x-site-client"] == "203.0.113.9"
    assert "x-site-scheme" not in heard
    assert own["x-site-client"] == "203.0.113.9", "this server itself may say so"


class Streaming(Echo):
    """Says of its answer that it is to pass as it comes."""

    def send_response(self, code: int, message: str | None = None) -> None:
        super().send_response(code, message)
        self.send_header("X-Accel-Buffering", "no")


def test_what_an_app_says_of_its_stream_is_heard_by_the_edge_too_and_by_nobody_else() -> None:
    with tempfile.TemporaryDirectory(prefix="web-") as name, ExitStack() as stack:
        Path(name).chmod(0o755)
        app = stack.enter_context(Upstream(f"{name}/default.sock", Streaming))
        threading.Thread(target=app.serve_forever, args=(0.05,), daemon=True).start()
        stack.callback(app.shutdown)
        web = stack.enter_context(fronting(SITE.on("web0"), Path(name)))
        passed = web.get("example.org", client=EDGE).headers
    with fleet(*three()) as there:
        shown = there.edge.get("example.org").headers

    assert passed["x-accel-buffering"] == "no"
    assert "x-accel-buffering" not in shown
