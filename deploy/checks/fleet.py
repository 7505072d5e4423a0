"""Are the servers of a site alike?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from deploy.checks.finding import Finding, Seen, warn, wrong
from deploy.server.look import State


def alike(seen: Sequence[Seen]) -> Iterator[Finding]:
    """Yield how servers differ that should not."""
    ready = [one for one in seen if one.hello]
    if len(each := by(ready, lambda one: one.state.live or "no release")) > 1:
        yield wrong(f"the servers have different releases: {told(each)}", "fab deploy")
    serving = [one for one in ready if not one.site.is_edge]
    if len(by(serving, lambda one: one.hello.get("keys", ""))) > 1:
        yield wrong("the servers sign with different keys", "fab bootstrap")
    if len(by(serving, lambda one: one.hello.get("secrets", ""))) > 1:
        yield wrong("the servers have different secrets of apps", "fab bootstrap")
    if (
        len(
            each := by(
                ready, lambda one: ", ".join(sorted(c.app or "all" for c in one.state.closed))
            )
        )
        > 1
    ):
        yield warn("not all servers have the same closed for maintenance", "fab maintenance status")
    clocks = [one for one in ready if one.state.schedules and has_schedule(one.state)]
    if len(clocks) > 1:
        names = " and ".join(one.server for one in clocks)
        yield wrong(f"schedules run on {names}, and should on one alone", "fab deploy")


def has_schedule(state: State) -> bool:
    """Whether the release that is live has a schedule to run."""
    live = state.installed.get(state.live or "")
    return live is not None and any(job.kind == "schedule" for job in live.jobs)


def by(seen: Sequence[Seen], key: Callable[[Seen], str]) -> dict[str, list[str]]:
    """Return the names of the servers, by what tells them apart."""
    found: dict[str, list[str]] = {}
    for one in seen:
        found.setdefault(key(one), []).append(one.server)
    return found


def told(each: dict[str, list[str]]) -> str:
    return "; ".join(f"{key} on {', '.join(names)}" for key, names in each.items())
