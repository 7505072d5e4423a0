"""The end of a deployment is a table of servers, their releases, and what took how long."""

from __future__ import annotations

import pytest

from deploy.fleet.spent import Spent
from deploy.reports.end import rows, table

SPENT = {
    "web1": Spent("r1", seconds={"prepare": 1.25, "publish": 0.5}),
    "web2": Spent("", seconds={"prepare": 2.0, "publish": 0.25, "settle": 0.125}),
}


def test_a_row_says_what_was_before_and_is_now() -> None:
    one, two, three = rows(("web1", "web2", "web3"), SPENT, "r2")

    assert (one["before"], one["after"]) == ("r1", "r2")
    assert (two["before"], two["after"]) == (None, "r2")
    assert (three["before"], three["after"], three["seconds"]) == ("r2", "r2", {})
    assert one["seconds"] == {"prepare": 1.25, "publish": 0.5, "settle": 0.0}


def test_a_table_has_a_column_for_each_phase_there_was(capsys: pytest.CaptureFixture[str]) -> None:
    table(rows(("web1", "web2", "web3"), SPENT, "r2"))

    assert capsys.readouterr().out.splitlines() == [
        "server   before   after      prepare   go live   tidy",
        "web1     r1       r2         1.25 s    0.50 s    0.00 s",
        "web2     -        r2         2.00 s    0.25 s    0.12 s",
        "web3     r2       the same   -         -         -",
    ]


def test_nothing_to_do_is_a_table_too(capsys: pytest.CaptureFixture[str]) -> None:
    table(rows(("web1",), {}, "r2"))

    assert capsys.readouterr().out.splitlines() == [
        "server   before   after",
        "web1     r2       the same",
    ]
