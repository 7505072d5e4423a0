"""What `fab status` says."""

from __future__ import annotations

import json

import pytest

from deploy.checks.finding import Seen
from deploy.errors import DeployError, ReachError
from deploy.protocol.examined import Health
from deploy.release import job_parts
from deploy.reports import status
from deploy.server.look import Closure
from tests.deploy.checks.given import seen
from tests.deploy.sample import WORKING, A, B, serving

LONG = Closure(
    app="wiki",
    allow=("192.0.2.7/32", "2001:db8::/64"),
    minutes=5,
    since="on Monday",
    by="ada.of.the.long.name@a-desk-with-a-long-name",
)
WELL = Health(workers=2, answered=2)
LOST = ReachError("web2", "has no agent for this site yet; run: fab bootstrap")


def test_a_server_that_is_well_is_told_to_be_so() -> None:
    (row,) = status.rows({"web1": seen(health={"default": WELL})})

    assert row["findings"] == []
    assert row["release"] == B.id
    assert row["pools"] == {
        "default": {
            "state": "ready",
            "workers": 2,
            "answered": 2,
            "restarts": 0,
            "memory_bytes": None,
        }
    }
    assert json.loads(json.dumps(row)) == row


def test_what_runs_beside_pools_is_told_by_its_name_in_site_toml() -> None:
    live = B.model_copy(update={"jobs": job_parts(WORKING)})

    (row,) = status.rows({"web1": seen(serving(live), WORKING)})

    assert row["jobs"] == {"worker.portal.mail": "not there"}
    assert [one["check"] for one in row["findings"]][:1] == ["beside"]


def test_a_server_that_is_lost_has_a_row_like_the_others() -> None:
    rows = status.rows({"web2": LOST, "web1": seen()})

    assert rows[0].keys() == rows[1].keys()
    assert rows[0]["findings"] == [
        {
            "level": "wrong",
            "says": "has no agent for this site yet",
            "todo": "fab bootstrap",
            "check": "reach",
        }
    ]


def test_how_servers_differ_is_told_of_each_and_shown_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    rows = status.rows({"web1": seen(), "web2": seen(serving(A), server="web2")})

    status.table(rows)

    assert [one["findings"][-1]["check"] for one in rows] == ["alike", "alike"]
    out = capsys.readouterr().out
    assert out.count("different releases") == 1
    assert out.splitlines()[-4:] == [
        "all   wrong",
        "  wrong   the servers have different releases: 20261120T100000-bbbbbbb on web1;",
        "          20261119T100000-aaaaaaa on web2",
        "          run: fab deploy",
    ]


def test_a_table_fits_into_eighty_columns(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    state = serving(B, A, running=(A.id, B.id), closed=(LONG,))
    found: dict[str, Seen | DeployError] = {
        "web1": seen(state, health={"default": WELL}),
        "web2": LOST,
    }

    status.table(status.rows(found))

    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0].startswith(f"web1  warn   {B.id}  ")
    assert lines[1] == "  pool    default: ready, 2 of 2 workers, 0 restarts"
    assert lines[2] == "  closed  wiki, on Monday by ada.of.the.long.name@a-desk-with-a-long-name,"
    assert f"  warm    {A.id}" in lines
    assert lines[-3:] == [
        "web2  wrong",
        "  wrong   has no agent for this site yet",
        "          run: fab bootstrap",
    ]


def test_no_colour_goes_into_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    status.table(status.rows({"web2": LOST}))

    assert "\x1b" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("time", "told"),
    [("nonsense", "nonsense"), ("2001-01-01T00:00:00+00:00", "days ago"), ("2001-01-01", "2001")],
)
def test_a_time_is_told_by_how_long_ago_it_was(time: str, told: str) -> None:
    assert status.age(time).endswith(told) or status.age(time).startswith(told)
