"""The tables of docs/faults.md, made of the faults and of what visitors met in a counted run.

``python -m tests.deployment.faults.table`` writes them into the page, and a test holds them equal.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from tests.deployment.faults import counts
from tests.deployment.faults.fault import End
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


def numbers(known: counts.Counts, fault: str, who: str) -> str:
    sent, lost = known[fault][who]
    return f"{sent}, {lost}"


TABLES: dict[str, Callable[[], list[str]]] = {
    "deployments": deployments,
    "neighbours": neighbours,
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
