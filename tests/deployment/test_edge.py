"""One server before three: what dies behind it is noticed by nobody who may ask again."""

from __future__ import annotations

import http.client
import re
import socket
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from tests.deployment.faults.visitors import Visit, Visits, visitors
from tests.deployment.project import DOMAIN, Project
from tests.deployment.traffic import Ask, traffic
from tests.lab.host import Host
from tests.lab.lab import Lab

pytestmark = pytest.mark.lab

KEPT = "/var/lib/yard/default/posts"

APP = '''\
"""Notes each POST on the server that answers, and says which that is; some take a second."""

import os
import time
from base64 import b64encode
from hashlib import sha1

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def echo(environ):
    """Send back what comes in short frames of a websocket, and on which server (RFC 6455)."""
    taken = environ["gunicorn.socket"]
    known = sha1((environ["HTTP_SEC_WEBSOCKET_KEY"] + GUID).encode()).digest()
    lines = ("HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade")
    accept = "Sec-WebSocket-Accept: " + b64encode(known).decode()
    taken.sendall("\\r\\n".join([*lines, accept, "", ""]).encode())
    while (frame := taken.recv(200)) and frame[0] == 0x81:
        said = bytes(byte ^ frame[2 + n % 4] for n, byte in enumerate(frame[6:]))
        answer = os.uname().nodename.encode() + b" " + said
        taken.sendall(bytes([0x81, len(answer)]) + answer)
    raise StopIteration


def application(environ, start_response):
    if "HTTP_UPGRADE" in environ:
        echo(environ)
    if environ["PATH_INFO"] == "/slow":
        time.sleep(1)
    said = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    if environ["REQUEST_METHOD"] == "POST":
        with open(os.environ["STATE_DIRECTORY"] + "/posts", "a") as posts:
            posts.write(said.decode() + "\\n")
    answer = os.uname().nodename + " " + environ["REMOTE_ADDR"] + " " + environ["wsgi.url_scheme"]
    start_response("200 OK", [("Content-Length", str(len(answer))), ("Marker-Release", "")])
    return [answer.encode()]
'''


@dataclass(frozen=True, slots=True)
class There:
    """An edge with three servers behind it."""

    lab: Lab
    project: Project
    edge: Host
    webs: tuple[Host, ...]

    def posted(self) -> Counter[str]:
        """Return how often each POST was done, by its body."""
        texts = (self.lab.run(web, "cat", KEPT).stdout for web in self.webs)
        return Counter(line for text in texts for line in text.splitlines())


@pytest.fixture(scope="module")
def there(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> There:
    edge, *webs = lab.up(4)
    hosts = tuple(one.name for one in (edge, *webs))
    project = Project(tmp_path_factory.mktemp("edge") / "site", lab.ssh_config, hosts)
    for one in (edge, *webs):
        role = 'role = "edge"\n' if one is edge else ""
        host = f'host = "deploy@{one.name}"\n'
        project.edit("site.toml", host, f'{host}{role}address = "{one.ip}"\n')
    project.edit(
        "site.toml",
        "[apps.marker]",
        '[apps.who]\napp = "apps.who:application"\npath = "/who"\nwebsockets = true\n[apps.marker]',
    )
    (project.folder / "apps" / "who.py").write_text(APP)
    project.version("one")
    project.fab("bootstrap")
    project.fab("deploy")
    for web in webs:
        lab.run(web, "touch", KEPT)
        lab.run(web, "chown", "yard-default:", KEPT)
    return There(lab, project, edge, tuple(webs))


def asked(host: Host, path: str, **headers: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection(host.ip, timeout=20)
    try:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request("GET", path, headers={"Host": DOMAIN, **named})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def test_visitors_come_by_the_edge_alone_and_are_who_they_are(there: There) -> None:
    claim = {"X_Forwarded_For": "6.6.6.6", "X_Forwarded_Proto": "https"}
    here = f"{there.lab.settings.net}.1"

    status, said = asked(there.edge, "/who/", **claim)

    assert (status, said.partition(" ")[2]) == (200, f"{here} http")
    assert {asked(web, "/who/", **claim)[0] for web in there.webs} == {421}
    assert {row["server"]: row["findings"] for row in there.project.told("status")} == {
        one.name: [] for one in (there.edge, *there.webs)
    }


def test_nobody_notices_a_deployment_behind_the_edge_or_a_rollback(there: There) -> None:
    before = there.project.live()
    there.project.version("two")

    with traffic(there.edge.ip) as seen:
        there.project.fab("deploy")
        seen.wait_for(40)
        there.project.fab("rollback")

    assert there.project.live() == before
    assert seen.failures == []
    assert seen.seen.keys() == {"one", "two"}
    assert {answers[-1] for answers in seen.versions.values()} == {"one"}


@contextmanager
def websocket(host: Host) -> Iterator[socket.socket]:
    """Open one at the app that says who it is."""
    wanted = ("Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13")
    key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
    lines = ("GET /who/ HTTP/1.1", f"Host: {DOMAIN}", *wanted, key, "", "")
    with socket.create_connection((host.ip, 80), 20) as connection:
        connection.sendall("\r\n".join(lines).encode())
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += connection.recv(1)
        assert head.startswith(b"HTTP/1.1 101 ")
        yield connection


def echoed(connection: socket.socket) -> str:
    """Send a frame and return what comes back in another (RFC 6455, section 5.2)."""
    connection.sendall(b"\x81\x85\0\0\0\0hello")
    kind, length = connection.recv(2, socket.MSG_WAITALL)
    assert kind == 0x81
    return connection.recv(length, socket.MSG_WAITALL).decode()


def test_a_websocket_passes_the_edge_and_a_deployment_leaves_it_be(there: There) -> None:
    with websocket(there.edge) as before:
        first = echoed(before)
        there.project.version("two again")
        there.project.fab("deploy")
        again = echoed(before)
    with websocket(there.edge) as new:
        after = echoed(new)

    assert first == again
    assert {first, after} <= {f"{web.name} hello" for web in there.webs}


def test_a_server_that_is_left_out_is_sent_nobody_until_it_has_caught_up(there: There) -> None:
    out = there.webs[-1]
    there.project.version("three")

    there.project.fab("deploy", "--without", out.name)

    without = {asked(there.edge, "/who/")[1].split()[0] for _ in range(12)}
    assert without == {web.name for web in there.webs} - {out.name}
    rows = {row["server"]: row["findings"] for row in there.project.told("status", "--only", "h1")}
    assert rows["h1"][0]["says"] == f"it leads nobody to {out.name}, for that was left out"

    there.project.fab("deploy")

    assert {asked(there.edge, "/who/")[1].split()[0] for _ in range(12)} == without | {out.name}


def asks(name: str) -> list[Ask]:
    """Return what visitors ask for: pages, some that take a second, and POSTs, no two alike.

    Four in turn for three servers, so that each server gets of each kind.
    """
    page, slow = (Ask("GET", DOMAIN, path, SERVER) for path in ("/who/", "/who/slow"))
    return [
        ask
        for number in range(2000)
        for ask in (
            page,
            slow,
            page,
            Ask("POST", DOMAIN, "/who/", SERVER, f"{name} {number}".encode()),
        )
    ]


SERVER = re.compile(r"^(h\d) ")


def lose_power(lab: Lab, host: Host) -> None:
    """Let it be gone without a word: its kernel must not even close connections."""
    lab.partition(host)
    lab.kill(host)


def boot(lab: Lab, host: Host) -> None:
    lab.start(host)
    lab.heal(host)


def stop_nginx(lab: Lab, host: Host) -> None:
    lab.run(host, "systemctl", "stop", "nginx")


def start_nginx(lab: Lab, host: Host) -> None:
    lab.run(host, "systemctl", "start", "nginx")


WAYS: dict[str, tuple[Callable[[Lab, Host], object], Callable[[Lab, Host], object]]] = {
    "loses its power": (lose_power, boot),
    "has its nginx stopped": (stop_nginx, start_nginx),
}


def until(what: str, done: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not done():
        assert time.monotonic() < end, f"it never happened that {what}"
        time.sleep(0.02)


def ended(visits: Visits, moment: float) -> int:
    """Return how many of those that were sent before a moment have ended."""
    return sum(visit.due <= moment for visit in list(visits.all))


def answered_by(visits: Visits, name: str, since: float) -> int:
    return sum(visit.said == name and visit.due > since for visit in list(visits.all))


@pytest.mark.parametrize("way", WAYS)
def test_one_of_three_that_is_lost_costs_nobody_an_answer_who_may_ask_again(
    there: There, way: str
) -> None:
    lost, (lose, heal) = there.webs[-1], WAYS[way]

    with visitors(there.edge.ip, 40, asks(way)) as visits:
        until("it answers", lambda: answered_by(visits, lost.name, 0) > 20)
        lose(there.lab, lost)
        gone = time.monotonic()
        until("a second has passed", lambda: time.monotonic() > gone + 1)
        sent, now = visits.sent, time.monotonic()
        until("all sent so far has ended", lambda: ended(visits, now) >= sent - 1)
        heal(there.lab, lost)
        back = time.monotonic()
        until("it answers again", lambda: answered_by(visits, lost.name, back) > 20)

    gets, posts = (of(visits, method) for method in ("GET", "POST"))
    times = there.posted()
    told = [visit for visit in posts if visit.said is not None]
    waits = sorted(visit.seconds - ("slow" in visit.ask.path) for visit in visits.all)
    sys.stdout.write(
        f"\none {way}: {len(gets)} GETs, {sum(visit.said is None for visit in gets)} lost; "
        f"{len(posts)} POSTs, {len(posts) - len(told)} lost; waits: p99 "
        f"{waits[len(waits) * 99 // 100]:.1f} s, longest {waits[-1]:.1f} s\n"
    )
    assert [visit.failure for visit in gets if visit.said is None] == []
    assert [body for body, count in times.items() if count > 1] == []
    assert {visit.ask.body.decode() for visit in told} <= times.keys()
    assert len(posts) - len(told) <= 5, "only those that were under way"


def of(visits: Visits, method: str) -> list[Visit]:
    return [visit for visit in visits.all if visit.ask.method == method]
