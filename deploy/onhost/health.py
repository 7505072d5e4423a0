"""Ask each pool of the live release whether it is ready, through its own socket."""

import http.client
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from deploy.onhost.ask import Unwell, ready

PAUSE_SECONDS = 0.02


def main(given: dict[str, Any]) -> dict[str, Any]:
    """Return by pool how many of its workers answered within ``seconds``, and what is wrong."""
    pools = given["pools"]
    asked = partial(health, given["release"], given["seconds"])
    with ThreadPoolExecutor(max(1, len(pools))) as threads:
        return {
            pool["name"]: one for pool, one in zip(pools, threads.map(asked, pools), strict=True)
        }


def health(release: str, seconds: float, pool: dict[str, Any]) -> dict[str, Any]:
    """Ask until every worker has said that it is ready, one says that it is not, or time is up."""
    end, seen, fault = time.monotonic() + seconds, set[int](), ""
    while len(seen) < pool["workers"] and not fault and time.monotonic() < end:
        # All at once: asked one by one, the same worker might always be the quickest.
        with ThreadPoolExecutor(pool["workers"]) as threads:
            asked = [threads.submit(ready, release, pool) for _ in range(pool["workers"])]
        try:
            seen |= {one.result() for one in asked}
        except Unwell as error:
            fault = str(error)
        except (OSError, http.client.HTTPException) as error:
            fault = f"pool {pool['name']} does not answer: {error or type(error).__name__}"
        time.sleep(PAUSE_SECONDS)
    return {"workers": pool["workers"], "answered": len(seen), "fault": fault}
