"""Ask the other servers that a site's names lead to as nginx asks them for a proof; tell faults.

What is asked for is not there, and a server that could be asked says so: 404.
"""

import http.client
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

SECONDS = 2
"""As nginx waits for one of them."""

NOBODYS = "flaskyard.invalid"
PATH = "/.well-known/acme-challenge/flaskyard-asks-whether-it-is-there"


def main(given: dict[str, Any]) -> dict[str, str]:
    """Return the fault of each of the ``peers``, or nothing, by name."""
    peers: dict[str, str] = given["peers"]
    with ThreadPoolExecutor(max(1, len(peers))) as threads:
        asked = {name: threads.submit(fault_of, address, given) for name, address in peers.items()}
        return {name: job.result() for name, job in asked.items()}


def fault_of(address: str, given: dict[str, Any]) -> str:
    """Ask once; return what is wrong, if anything."""
    port, seconds = given.get("port", 80), given.get("seconds", SECONDS)
    connection = http.client.HTTPConnection(address, port, timeout=seconds)
    with closing(connection):
        try:
            connection.request("GET", PATH, headers={"Host": NOBODYS, "User-Agent": "flaskyard"})
            with closing(connection.getresponse()) as answer:
                right = answer.status == http.HTTPStatus.NOT_FOUND
                return "" if right else f"{address} answers {answer.status}, and should 404"
        except (OSError, http.client.HTTPException) as error:
            return f"{address} does not answer: {error}"


if __name__ == "__main__":
    json.dump(main(json.loads(sys.argv[1])), sys.stdout)
