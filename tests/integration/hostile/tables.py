"""All cases, and docs/hostile-requests.md made of them.

``python -m tests.integration.hostile.tables`` writes it.
"""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

from tests.integration.hostile.case import Case
from tests.integration.hostile.connections import CONNECTIONS, SLOW
from tests.integration.hostile.fields import FIELDS
from tests.integration.hostile.floods import FLOODS, Flood
from tests.integration.hostile.gunicorn import INVALID
from tests.integration.hostile.hosts import HOSTS
from tests.integration.hostile.http2 import STREAMS, Stream
from tests.integration.hostile.lengths import AMBIGUOUS, CHUNKS
from tests.integration.hostile.targets import TARGETS

PAGE_MD = Path(__file__).parents[3] / "docs" / "hostile-requests.md"
BEGIN = "<!-- made from the tests by `python -m tests.integration.hostile.tables`: {} -->"
END = "<!-- until here -->"
LONG = 60

TABLES: dict[str, dict[str, Case]] = {
    "hosts": HOSTS,
    "targets": TARGETS,
    "lengths": AMBIGUOUS,
    "chunks": CHUNKS,
    "fields": FIELDS,
    "connections": CONNECTIONS,
    "slow": SLOW,
}


def answered(statuses: tuple[int, ...], *, short: bool = False) -> str:
    """Return statuses as a person reads them."""
    runs = ((status, len(list(same))) for status, same in groupby(statuses))
    told = ", ".join(
        f"{count} times {status}" if count > 1 else f"{status}" for status, count in runs
    )
    return f"{told}, cut off" if short else told or "closed"


def reached(lines: tuple[str, ...]) -> str:
    """Return what apps got; of several that are alike, the first."""
    known = dict.fromkeys(line if len(line) <= LONG else f"{line[:LONG]}…" for line in lines)
    return ", ".join(f"`{line}`" for line in known).replace("|", "\\|")


def row(name: str, case: Case | Stream) -> str:
    if isinstance(case, Stream):
        statuses = (case.answer,) if case.answer else ()
        told, what = (
            answered(statuses) if statuses else "reset",
            reached((case.reaches,) if case.reaches else ()),
        )
    else:
        told, what = answered(case.answers, short=case.short), reached(case.reaches)
    if isinstance(case, Case) and case.leaves:
        told, what = "nobody waits for it", what and f"{what}, or nothing"
    reason = f"; {case.why}" if case.why and what else case.why
    return f"| {name} | {told} | {what}{reason} |"


def end(name: str, flood: Flood) -> str:
    told = ", ".join([*map(str, sorted(flood.statuses)), "closed"])
    least = f"{flood.most} requests at most" if flood.most else ""
    return f"| {name} | {told} | {'; '.join(filter(None, (least, flood.why)))} |"


def tables() -> dict[str, str]:
    every: dict[str, dict[str, Case] | dict[str, Stream]] = {**TABLES, "http2": STREAMS}
    every["gunicorn"] = {f"`{name}`": case for name, case in sorted(INVALID.items())}
    top = "| What is sent | Answer | What an app gets |\n|---|---|---|\n"
    made = {
        name: top + "\n".join(row(what, case) for what, case in cases.items())
        for name, cases in every.items()
    }
    return made | {"floods": top + "\n".join(end(*flood) for flood in FLOODS.items())}


def document() -> str:
    """Return docs/hostile-requests.md as it should be."""
    text = PAGE_MD.read_text("utf-8")
    for name, table in tables().items():
        before, mark, after = text.partition(BEGIN.format(name))
        _, end, rest = after.partition(END)
        text = f"{before}{mark}\n{table}\n{end}{rest}"
    return text


if __name__ == "__main__":
    PAGE_MD.write_text(document(), "utf-8")
