"""Ask each server behind an edge for a page, as that passes requests on, and tell their faults.

A server that takes this one for its edge tells it its release; one that answers otherwise, or as
something else, would not serve visitors either.
"""

import http.client
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

PAUSE_SECONDS = 0.1
CONNECT_SECONDS, ANSWER_SECONDS = 2, 10
REFUSED = 421


class Unreached(Exception):
    """A server that must be well is not."""


def main(given: dict[str, Any]) -> dict[str, str]:
    """Return the faults by name, after at most ``seconds`` and an answer's time.

    Raises `Unreached` where all ``must`` be well.
    """
    end = time.monotonic() + given["seconds"]
    with ThreadPoolExecutor(max(1, len(given["webs"]))) as threads:
        asked = {
            name: threads.submit(until_well, given, address, end)
            for name, address in given["webs"].items()
        }
        faults = {name: job.result() for name, job in asked.items()}
    if given.get("must") and any(faults.values()):
        raise Unreached("; ".join(f"{name}: {fault}" for name, fault in faults.items() if fault))
    return faults


def until_well(given: dict[str, Any], address: str, end: float) -> str:
    while fault := fault_of(given, address):
        if time.monotonic() > end:
            return fault
        time.sleep(PAUSE_SECONDS)
    return ""


def fault_of(given: dict[str, Any], address: str) -> str:
    """Ask once; return what is wrong, if anything."""
    connection = http.client.HTTPConnection(address, given.get("port", 80), timeout=CONNECT_SECONDS)
    headers = {
        "Host": given["host"],
        "User-Agent": "flaskyard",
        "X-Forwarded-For": "127.0.0.1",
        "X-Forwarded-Proto": "https",
    }
    with closing(connection):
        try:
            connection.connect()
            connection.sock.settimeout(ANSWER_SECONDS)
            connection.request("GET", given["path"], headers=headers)
            with closing(connection.getresponse()) as answer:
                return judged(answer.status, answer.headers.get("X-Release", ""), given, address)
        except (OSError, http.client.HTTPException) as error:
            return f"{address} does not answer: {error}"


def judged(status: int, release: str, given: dict[str, Any], address: str) -> str:
    if status == REFUSED:
        return f"{address} takes this server for a stranger: see its address in site.toml"
    if release != given["release"]:
        return f"{address} answers {status} as release {release or '(none)'}"
    return f"{address} answers {status}" if status >= 500 else ""


if __name__ == "__main__":
    json.dump(main(json.loads(sys.argv[1])), sys.stdout)
