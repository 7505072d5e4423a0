"""Visitors that never pause: keep-alive clients whose every request is counted."""

from __future__ import annotations

import http.client
import itertools
import re
import ssl
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.deployment.project import DOMAIN

BODY = b"x" * 2000


@dataclass(frozen=True, slots=True)
class Ask:
    """One request, and how its answer shows the version of the site."""

    method: str
    host: str
    path: str
    version: re.Pattern[str]
    body: bytes = b""


PAGE = re.compile(r"<!-- version (\w+) -->")
ASKS = (
    Ask("GET", DOMAIN, "/", PAGE),
    Ask("GET", DOMAIN, "/watch/", PAGE),
    Ask("GET", f"watch.{DOMAIN}", "/", PAGE),
    Ask("GET", DOMAIN, "/marker/", re.compile(r"^(\w+) 0$")),
    Ask("POST", DOMAIN, "/marker/", re.compile(rf"^(\w+) {len(BODY)}$"), BODY),
)


@dataclass
class Traffic:
    """What the visitors saw."""

    failures: list[str] = field(default_factory=list)
    versions: dict[str, list[str]] = field(default_factory=dict)
    """Each client's answers, in order."""

    answered: threading.Condition = field(default_factory=threading.Condition)
    count: int = 0
    again: int = 0
    """How many requests were sent once more."""

    @property
    def seen(self) -> Counter[str]:
        return Counter(itertools.chain.from_iterable(self.versions.values()))

    def switches(self) -> list[list[str]]:
        """Return the versions each client saw, runs of one version as one."""
        return [
            [version for version, _ in itertools.groupby(answers)]
            for answers in self.versions.values()
        ]

    def wait_for(self, more: int) -> None:
        """Return once that many further requests have ended."""
        with self.answered:
            goal = self.count + more
            assert self.answered.wait_for(lambda: self.count >= goal, timeout=60), "no answers"

    def note(self, client: str, version: str | None, failure: str = "") -> None:
        with self.answered:
            self.count += 1
            if version is None:
                self.failures.append(failure)
            else:
                self.versions.setdefault(client, []).append(version)
            self.answered.notify_all()


@contextmanager
def traffic(
    address: str,
    clients: int = 4,
    *,
    keep_alive: bool = True,
    again: bool = False,
    secure: ssl.SSLContext | None = None,
) -> Iterator[Traffic]:
    """Let clients ask without a pause until the block ends; over https where it is ``secure``.

    With ``again``, what is sent on a kept connection that the server has closed meanwhile is sent
    once more, as browsers do (RFC 9110, section 9.2.2, and RFC 9112, section 9.3.1).
    """
    seen, stop = Traffic(), threading.Event()
    threads = [
        threading.Thread(
            target=visit, args=(address, f"client {n}", seen, stop, keep_alive, again, secure)
        )
        for n in range(clients)
    ]
    for thread in threads:
        thread.start()
    try:
        seen.wait_for(clients * len(ASKS))
        yield seen
        seen.wait_for(clients * len(ASKS) * 4)
    finally:
        stop.set()
        for thread in threads:
            thread.join()


class Secure(http.client.HTTPConnection):
    """HTTP over TLS with an address that answers for the site."""

    def __init__(self, address: str, context: ssl.SSLContext) -> None:
        super().__init__(address, 443, timeout=20)
        self.context = context

    def connect(self) -> None:
        """Connect, and see that it is the site."""
        super().connect()
        self.sock = self.context.wrap_socket(self.sock, server_hostname=DOMAIN)


def visit(
    address: str,
    client: str,
    seen: Traffic,
    stop: threading.Event,
    keep_alive: bool,
    again: bool,
    secure: ssl.SSLContext | None,
) -> None:
    plain = http.client.HTTPConnection(address, timeout=20)
    connection = Secure(address, secure) if secure else plain
    for ask in itertools.cycle(ASKS):
        if stop.is_set():
            break
        kept = connection.sock is not None
        try:
            try:
                version, failure = answer(connection, ask)
            except ConnectionError:
                if not (again and kept):
                    raise
                connection.close()
                seen.again += 1
                version, failure = answer(connection, ask)
        except (OSError, http.client.HTTPException) as error:
            version, failure = None, f"{ask.method} {ask.host}{ask.path}: {error!r}"
            connection.close()
        seen.note(client, version, failure)
        if not keep_alive:
            connection.close()
    connection.close()


def answer(connection: http.client.HTTPConnection, ask: Ask) -> tuple[str | None, str]:
    """Return the version that answered, or None and what came instead."""
    status, text, _ = exchange(connection, ask)
    return version_of(ask, status, text)


def exchange(connection: http.client.HTTPConnection, ask: Ask) -> tuple[int, str, str]:
    """Return status and text of the answer, and of which release it is, where it tells."""
    connection.request(ask.method, ask.path, ask.body or None, headers={"Host": ask.host})
    got = connection.getresponse()
    return got.status, got.read().decode(), got.getheader("Marker-Release", "")


def version_of(ask: Ask, status: int, text: str) -> tuple[str | None, str]:
    """Return the version that an answer shows, or None and what it is instead."""
    versions = ask.version.findall(text)
    if status == 200 and len(versions) == 1:
        return versions[0], ""
    return None, f"{ask.method} {ask.host}{ask.path}: {status} {text[:200]!r}"
