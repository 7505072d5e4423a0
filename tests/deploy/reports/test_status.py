"""What `fab status` says."""

from __future__ import annotations

import pytest

from deploy.errors import DeployError, ReachError
from deploy.look import State
from deploy.reports import status
from tests.deploy.sample import OTHER_SITE, SITE, A, B, ready, serving


def test_a_server_that_is_well_has_no_faults() -> None:
    (row,) = status.rows(SITE, {"web1": serving(B, A)})

    assert row["faults"] == []
    assert row["release"] == B.id
    assert row["pools"] == {"default": {"state": "active", "restarts": 0, "memory_bytes": None}}


@pytest.mark.parametrize(
    ("state", "fault"),
    [
        (ready(), "no release is live; run: fab deploy"),
        (serving(B, running=(A.id,)), "pool default is not there; see: fab logs"),
        (serving(B, publishing=True), "a deployment was interrupted; run it again"),
        (serving(B, free_bytes=1), "has 0 MB of disk free; a release needs 300"),
        (
            serving(B).model_copy(update={"releases": {}}),
            f"its live release {B.id} has lost its manifest, release.json; "
            "put that back from another server or a backup",
        ),
    ],
    ids=["nothing live", "pool down", "interrupted", "disk full", "no manifest"],
)
def test_what_is_wrong_with_a_server_is_told(state: State, fault: str) -> None:
    (row,) = status.rows(SITE, {"web1": state})

    assert row["faults"] == [fault]


def test_a_dead_nginx_and_a_missing_pool_are_told() -> None:
    (row,) = status.rows(OTHER_SITE, {"web1": serving(B, units={})})

    assert row["faults"] == [
        "pool default is not there; see: fab logs",
        "nginx does not run; run: fab bootstrap",
        "site.toml has pools that are not deployed: files",
    ]


def test_a_server_that_is_lost_has_a_row_like_the_others() -> None:
    rows = status.rows(SITE, {"web1": ReachError("web1", "is down"), "web2": serving(B)})

    assert rows[0].keys() == rows[1].keys()
    assert rows[0]["faults"] == ["is down"]


def test_status_is_a_table_and_then_the_faults(capsys: pytest.CaptureFixture[str]) -> None:
    found: dict[str, State | DeployError] = {
        "web1": ReachError("web1", "is down"),
        "web2": serving(B),
    }
    status.table(status.rows(SITE, found))

    _, lost, well, fault = capsys.readouterr().out.splitlines()
    assert lost.split() == ["web1", "-", "-", "-", "-", "-", "-"]
    assert well.startswith(f"web2     {B.id}   1         default active   active   4.0 GB")
    assert fault == "web1: is down"
