"""The tables of docs/faults.md, made of the faults and of what visitors met in a counted run.

``python -m tests.deployment.faults.table`` writes them into the page, and a test holds them equal.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from tests.deployment.faults import counts
from tests.deployment.faults.fault import End
from tests.deployment.faults.losses import LOSSES, MOMENTS, goes_on, holds
from tests.deployment.faults.neighbours import TERRORS
from tests.deployment.faults.releases import RELEASES
from tests.deployment.faults.servers import ROLLBACKS, SERVERS

PAGE_MD = Path(__file__).parents[3] / "docs" / "faults.md"

FAULTS = {**RELEASES, **SERVERS, **ROLLBACKS}

Counted = dict[str, tuple[int, int]]


def deployments() -> list[str]:
    known = counts.read()
    rows = [
        f"| {fault.what} | {fault.end.value} | {fault.says} | {numbers(known, name, 'all')} |"
        for name, fault in FAULTS.items()
    ]
    head = "| What | How it ends | What you read | Requests: sent, lost |"
    return [head, "|---|---|---|--:|", *rows]


def neighbours() -> list[str]:
    known = counts.read()
    rows = []
    for name, terror in TERRORS.items():
        of = " | ".join(numbers(known, name, who) for who in ("itself", "pool", "others"))
        rows.append(f"| {terror.what} | {of} | {terror.ends} |")
    head = "| One app of ten | Itself | The four of its pool | The five in pools of their own "
    return [f"{head}| How it ends |", "|---|--:|--:|--:|---|", *rows]


def fleet() -> list[str]:
    rows = []
    for loss in LOSSES.values():
        for moment in MOMENTS:
            soon = END[goes_on(moment, loss)]
            late = END[holds(moment)]
            rows.append(f"| {loss.what} | {moment} the flip | {soon} | {late} |")
    head = "| One of three | When | Back within 40 s | Away for longer |"
    return [head, "|---|---|---|---|", *rows]


def numbers(known: counts.Counts, fault: str, who: str) -> str:
    return ", ".join(map(str, known[fault][who]))


ELSEWHERE = {
    "two deployments at once": (
        "the second is refused, and told who is at it",
        "deployment/test_refusals.py::test_two_people_do_not_deploy_at_once",
    ),
    "a file that is corrupt, cut off or longer when it arrives": (
        "not kept; the deployment is refused, and the next sends it again",
        "deploy/agent/test_receiving.py::test_what_is_something_else_is_not_kept",
    ),
    "a host key that is another one": (
        "refused, nothing was begun",
        "deployment/test_refusals.py::test_a_server_that_is_another_one_is_refused",
    ),
    "a host key that is not known": (
        "refused, nothing was begun",
        "deployment/test_refusals.py::test_an_unknown_host_key_is_refused_until_it_is_trusted",
    ),
    "a certificate that is missing, for its host cannot be proved": (
        "the new release; that host has a placeholder until then, the others keep theirs",
        "deployment/test_tls.py::test_a_host_that_cannot_be_proved_spoils_no_other",
    ),
    "a certificate that is asked for while another server of the name is down": (
        "it comes if the authority comes to one that runs; else `fab status` tells, and it is "
        "asked for again",
        "deployment/test_tls.py::"
        "test_servers_of_one_name_each_get_a_certificate_and_answer_for_each_other",
    ),
    "a migration that fails or hangs": (
        "taken back: the old release, untouched; the database stays as it is",
        "deployment/test_jobs.py::"
        "test_a_migration_that_does_not_succeed_leaves_the_old_release_untouched",
    ),
    "a schedule that does not go on running": (
        "taken back: the old release",
        "deployment/test_jobs.py::test_a_schedule_that_does_not_go_on_takes_the_release_back",
    ),
    "a server that cannot be reached": (
        "refused, unless it is left out",
        "deployment/test_refusals.py::"
        "test_an_unreachable_server_stops_everything_unless_it_is_left_out",
    ),
    "an agent killed in the middle of writing a file": (
        "as at any other moment; nothing of that file stays",
        "deployment/faults/test_every_step.py::"
        "test_an_agent_killed_in_the_middle_of_a_file_leaves_nothing_of_it",
    ),
    "a server of three that loses its power before it hears that all are well": (
        "the new release on the others, which `fab deploy` says; the next one brings it up to date",
        "deployment/faults/test_fleet.py::"
        "test_one_that_is_lost_before_it_hears_that_all_hold_is_brought_up_to_date_by_the_next",
    ),
    "a worker that is told to stop as it begins": (
        "it ends at once",
        "integration/test_gunicorn.py::"
        "test_a_worker_that_is_told_to_stop_as_it_begins_is_not_waited_for",
    ),
}
"""Faults that tests of other files hold: how each ends, and the test."""


def elsewhere() -> list[str]:
    rows = [f"| {what} | {ends} | `tests/{test}` |" for what, (ends, test) in ELSEWHERE.items()]
    return ["| What | How it ends | Held by |", "|---|---|---|", *rows]


END = {True: "the new release", False: "the old release, untouched"}
"""On all three, also on the one once it is back, by itself."""

TABLES: dict[str, Callable[[], list[str]]] = {
    "deployments": deployments,
    "neighbours": neighbours,
    "elsewhere": elsewhere,
    "fleet": fleet,
}


def document() -> str:
    """Return docs/faults.md as it should be: each table is put where the page names it."""

    def made(found: re.Match[str]) -> str:
        return "\n".join([found[1], *TABLES[found[2]](), found[3]])

    begin = r"(<!-- made from the tests by `python -m tests.deployment.faults.table`: (\w+) -->)"
    return re.sub(rf"{begin}.*?(<!-- until here -->)", made, PAGE_MD.read_text("utf-8"), flags=re.S)


def loses_nothing(name: str) -> bool:
    """Whether no visitor may lose by a fault of a deployment."""
    return FAULTS[name].end is not End.SHORT and name != "nginx stopped"


if __name__ == "__main__":
    PAGE_MD.write_text(document(), "utf-8")
