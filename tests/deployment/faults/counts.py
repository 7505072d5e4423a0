"""What visitors met during each fault: figures of a run, kept beside the tests for the pages.

``FAULTS_COUNT=1 pytest tests/deployment/faults`` writes them anew, for whatever it runs.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

FILE = Path(__file__).with_name("counts.json")

Counts = dict[str, dict[str, list[int]]]
"""For each fault, by who they came to: how many were sent and how many of them lost; and how
many answers were slow, where that was counted."""


def read() -> Counts:
    return dict(json.loads(FILE.read_text("utf-8"))) if FILE.exists() else {}


def note(fault: str, counts: dict[str, list[int]]) -> None:
    """Keep the counts of a fault, if this is a run to be counted."""
    if os.environ.get("FAULTS_COUNT"):
        lines = (
            f"{json.dumps(name)}: {json.dumps(one)}"
            for name, one in sorted({**read(), fault: counts}.items())
        )
        FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")
