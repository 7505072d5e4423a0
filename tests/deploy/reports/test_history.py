"""What `fab history` says."""

from __future__ import annotations

import pytest

from deploy.reports import history
from tests.deploy.sample import A


def test_a_history_that_was_tampered_with_is_told_below_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    one = {"began": "2026-11-21T12:00:00+00:00", "title": f"deploy {A.id}", "by": "ada@desk"}
    record = {**one, "seconds": 2.345, "how": "done"}
    history.table(
        [
            {"server": "web1", "records": [record], "broken": None, "head": ""},
            {"server": "web2", "records": [record, record], "broken": 2, "head": ""},
        ]
    )

    _, first, *_, last = capsys.readouterr().out.splitlines()
    assert first == f"web1     2026-11-21T12:00:00+00:00   deploy {A.id}   ada@desk   2.3 s   done"
    assert last == "web2: the history was tampered with, from line 2 on"
