"""Ask a release whether it is well: every worker, and every address of every pool.

Through the pool's own sockets before it is live (each worker must be ready), through
nginx afterwards. Every answer must come from this release.
"""

import http.client
import json
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from typing import Any

PROBE_HOST = "dispatcher.internal"
PAUSE_SECONDS = 0.02
AT_ONCE = 8
ANSWER_SECONDS, ANSWER_BYTES = 10, 4_000_000

PAGE_SECONDS = 15
"""After how long a page hangs: long for a page, also for the first of an app that loads then."""

PIECE = 1 << 16


class Unwell(Exception):
    """An answer that a healthy release does not give."""


class Elsewhere(Unwell):
    """An answer of another release."""


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a unix socket."""

    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self.path = path

    def connect(self) -> None:
        """Connect to the socket at ``path``."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class SecureConnection(http.client.HTTPConnection):
    """HTTP over TLS with this server itself, whatever its certificate: who answers is known."""

    def __init__(self, host: str, timeout: float) -> None:
        super().__init__("127.0.0.1", 443, timeout=timeout)
        self.named = host

    def connect(self) -> None:
        """Connect, asking for the certificate of the host."""
        super().connect()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        self.sock = context.wrap_socket(self.sock, server_hostname=self.named)


def main(given: dict[str, Any]) -> None:
    """Ask until all is well or ``seconds`` have passed; raises `Unwell`."""
    end = time.monotonic() + given["seconds"]
    for pool in given["pools"]:
        if pool["socket"]:
            until(end, f"pool {pool['name']}", partial(workers, given["release"], pool, end))
        addresses(given, pool, end)


def addresses(given: dict[str, Any], pool: dict[str, Any], end: float) -> None:
    """Ask for the first page at each address; raises `Unwell` as soon as one is not well.

    Many at once, for the first page of an app takes the longest; yet no more than there are
    workers, or some would wait behind a page that hangs, and be taken to hang as well.
    """
    threads, patient = (
        ThreadPoolExecutor(min(AT_ONCE, pool["workers"])),
        given.get("patient", False),
    )
    try:
        asked = [
            threads.submit(until, end, f"{host}{path}/", ask, patient)
            for host, path in pool["addresses"]
            for ask in [partial(address, given, pool, host, path)]
        ]
        for job in as_completed(asked):
            job.result()
    finally:
        threads.shutdown(wait=False, cancel_futures=True)


def until(end: float, who: str, ask: Callable[[], None], patient: bool = False) -> None:
    """Ask again while the server is not there yet; what it says once it is, counts.

    Who is ``patient`` waits for the release too.
    """
    while True:
        try:
            ask()
        except Elsewhere:
            if not patient or time.monotonic() > end:
                raise
        except (OSError, http.client.HTTPException) as error:
            if time.monotonic() > end:
                raise Unwell(f"{who} does not answer: {error}") from error
        else:
            return
        time.sleep(PAUSE_SECONDS)


def workers(release: str, pool: dict[str, Any], end: float) -> None:
    """Ask until as many workers as there should be have each said that they are ready."""
    seen: set[int] = set()
    while len(seen) < pool["workers"]:
        # All at once: asked one by one, the same worker might always be the quickest.
        with ThreadPoolExecutor(pool["workers"]) as threads:
            asked = [threads.submit(ready, release, pool) for _ in range(pool["workers"])]
        answered = {job.result() for job in asked}
        seen |= {pid for pid in answered if of_unit(pid, pool.get("unit", ""))}
        if len(seen) < pool["workers"] and time.monotonic() > end:
            raise Unwell(
                f"pool {pool['name']}: {len(seen)} of {pool['workers']} workers answered in time"
            )


def of_unit(pid: int, unit: str) -> bool:
    """Whether a process is a worker of a unit; of any, where none is named."""
    if not unit:
        return True
    words = ["systemctl", "show", "--property", "MainPID", "--value", "--", unit]
    main = subprocess.run(words, capture_output=True, text=True, check=False).stdout.strip()
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:  # gone since it answered
        return False
    return f"\nPPid:\t{main}\n" in status


def ready(release: str, pool: dict[str, Any]) -> int:
    """Return the process id of a worker that is ready; raises `Unwell` where it is not."""
    status, _, body = get(pool["socket"], PROBE_HOST, "/ready")
    try:
        answer = json.loads(body)
        faults = [fault for fault in answer.get("apps", {}).values() if fault]
        of, pid = answer.get("release"), answer.get("pid")
    except (ValueError, AttributeError):
        raise Unwell(f"pool {pool['name']} answers {status}, not as a dispatcher does") from None
    if status != 200 or faults:
        raise Unwell(f"pool {pool['name']} is not ready: {'; '.join(faults) or status}")
    if of != release:
        raise Unwell(f"pool {pool['name']} answers as release {of!r}")
    return int(pid)


def address(given: dict[str, Any], pool: dict[str, Any], host: str, path: str) -> None:
    """Ask for one page, once it can be asked for; raises `Unwell` also where it hangs."""
    limit, https = min(PAGE_SECONDS, given["seconds"]), given.get("https", False)
    try:
        status, release, _ = get(pool["socket"], host, f"{path}/", limit, https=https)
    except TimeoutError:
        raise Unwell(f"{host}{path}/ hangs: no answer for {limit:g} s") from None
    if status >= 500:
        raise Unwell(f"{host}{path}/ answers {status}")
    if release != given["release"]:
        raise Elsewhere(f"{host}{path}/ is answered by release {release or '(none)'}")


def get(
    unix_socket: str, host: str, path: str, seconds: float = ANSWER_SECONDS, *, https: bool = False
) -> "tuple[int, str, bytes]":
    """Return status, release and body; over the socket, or nginx where there is none.

    Whoever answers may do so without end: after ``seconds`` nothing more is heard, and of a
    body no more than ``ANSWER_BYTES``. Raises `TimeoutError` where all headers have not come then.
    """
    connection = (
        UnixConnection(unix_socket, seconds)
        if unix_socket
        else through_nginx(host, seconds, https=https)
    )
    late = threading.Event()
    with closing(connection):
        connection.connect()
        cut = threading.Timer(seconds, hang_up, (connection.sock, late))
        cut.daemon = True
        cut.start()
        try:
            connection.request("GET", path, headers={"Host": host, "User-Agent": "flaskyard"})
            with closing(connection.getresponse()) as answer:
                if late.is_set():
                    raise TimeoutError("its headers have no end")
                return answer.status, answer.headers.get("X-Release", ""), beginning(answer, late)
        except (OSError, http.client.HTTPException) as error:
            if late.is_set():
                raise TimeoutError(f"no answer for {seconds:g} s") from error
            raise
        finally:
            cut.cancel()


def hang_up(connection: socket.socket, late: threading.Event) -> None:
    late.set()
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


def beginning(answer: http.client.HTTPResponse, late: threading.Event) -> bytes:
    """Return the body, or what there was of one that does not end."""
    body = bytearray()
    try:
        while len(body) < ANSWER_BYTES and (piece := answer.read1(PIECE)):
            body += piece
    except (OSError, http.client.HTTPException):
        if not late.is_set():
            raise
    return bytes(body)


def through_nginx(host: str, seconds: float, *, https: bool) -> http.client.HTTPConnection:
    if https:
        return SecureConnection(host, seconds)
    return http.client.HTTPConnection("127.0.0.1", 80, timeout=seconds)


if __name__ == "__main__":
    asked = json.loads(sys.argv[1])
    try:
        main(asked)
    except Unwell as error:
        sys.exit(str(error))
