"""What `fab maintenance status` says."""

from __future__ import annotations

import pytest

from deploy.reports import maintenance
from deploy.server.look import Closure
from tests.deploy.sample import A, serving

SINCE = "2026-11-21T12:00:00+00:00"
ALL = Closure(app="", allow=(), minutes=10, since=SINCE, by="ada@desk")
WIKI = Closure(app="wiki", allow=("192.0.2.7/32",), minutes=10, since=SINCE, by="ada@desk")


def test_each_closure_of_each_server_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    found = {"web1": serving(A, closed=(ALL, WIKI)), "web2": serving(A)}

    maintenance.table(maintenance.rows(found))

    assert capsys.readouterr().out == (
        "server   closed     since                       by         let through\n"
        f"web1     all apps   {SINCE}   ada@desk   -\n"
        f"web1     wiki       {SINCE}   ada@desk   192.0.2.7/32\n"
    )


def test_that_nothing_is_closed_is_told_too(capsys: pytest.CaptureFixture[str]) -> None:
    maintenance.table(maintenance.rows({"web1": serving(A)}))

    assert capsys.readouterr().out == "Nothing is closed.\n"
