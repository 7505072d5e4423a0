"""What `fab status` and `fab releases` say."""

from __future__ import annotations

import pytest

from deploy import report
from deploy.errors import DeployError, PlanError, ReachError
from deploy.look import State
from dispatcher.registry.address import Address
from dispatcher.registry.site import App, Site
from tests.deploy.sample import OTHER_SITE, SITE, A, B, ready, serving

PATH = f"/{'very-long-path' * 12}"


def test_a_server_that_is_well_has_no_faults() -> None:
    (row,) = report.status(SITE, {"web1": serving(B, A)})

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
    (row,) = report.status(SITE, {"web1": state})

    assert row["faults"] == [fault]


def test_a_dead_nginx_and_a_missing_pool_are_told() -> None:
    (row,) = report.status(OTHER_SITE, {"web1": serving(B, units={})})

    assert row["faults"] == [
        "pool default is not there; see: fab logs",
        "nginx does not run; run: fab bootstrap",
        "site.toml has pools that are not deployed: files",
    ]


def test_a_server_that_is_lost_has_a_row_like_the_others() -> None:
    rows = report.status(SITE, {"web1": ReachError("web1", "is down"), "web2": serving(B)})

    assert rows[0].keys() == rows[1].keys()
    assert rows[0]["faults"] == ["is down"]


def test_rows_are_shown_whole(capsys: pytest.CaptureFixture[str]) -> None:
    report.show(("server", "path"), [("web1", PATH), ("web11", "/")])

    assert capsys.readouterr().out == f"server   path\nweb1     {PATH}\nweb11    /\n"


def test_status_is_a_table_and_then_the_faults(capsys: pytest.CaptureFixture[str]) -> None:
    found: dict[str, State | DeployError] = {
        "web1": ReachError("web1", "is down"),
        "web2": serving(B),
    }
    report.status_table(report.status(SITE, found))

    _, lost, well, fault = capsys.readouterr().out.splitlines()
    assert lost.split() == ["web1", "-", "-", "-", "-", "-", "-"]
    assert well.startswith(f"web2     {B.id}   1         default active   active   4.0 GB")
    assert fault == "web1: is down"


def test_an_app_that_is_not_there_is_told_with_those_that_are() -> None:
    with pytest.raises(PlanError, match="there is no app 'nope'; there are portal"):
        report.pool_of(SITE, "nope")


def test_a_history_that_was_tampered_with_is_told_below_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    one = {"began": "2026-11-21T12:00:00+00:00", "title": f"deploy {A.id}", "by": "ada@desk"}
    record = {**one, "seconds": 2.345, "how": "done"}
    report.history_table(
        [
            {"server": "web1", "records": [record], "broken": None, "head": ""},
            {"server": "web2", "records": [record, record], "broken": 2, "head": ""},
        ]
    )

    _, first, *_, last = capsys.readouterr().out.splitlines()
    assert first == f"web1     2026-11-21T12:00:00+00:00   deploy {A.id}   ada@desk   2.3 s   done"
    assert last == "web2: the history was tampered with, from line 2 on"


def test_the_place_of_tenants_is_told_as_one() -> None:
    place = Address("*.archive.example.org")
    site = Site("yard", "example.org", (App("archive", "a:b", (place,), tenants=place),))

    assert report.addresses(site) == "http://<tenant>.archive.example.org/"
