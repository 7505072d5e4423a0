"""Who looks at certificates sees whose end is near, and why."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from deploy.reports import certificates
from tests.deploy.sample import A, serving

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
FAULT = "no route to it"


def kept(days: float, **more: object) -> dict[str, object]:
    ends = NOW + timedelta(days=days)
    begins = ends - timedelta(days=90)
    told = {"begins": begins.isoformat(), "ends": ends.isoformat(), "issuer": "O=Somebody"}
    return {**told, "placeholder": False, "fault": "", "again": "", **more}


def test_each_host_of_the_live_release_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    live = A.model_copy(update={"tls": ("a.org", "b.org", "c.org")})
    hosts = {
        "a.org": kept(60),
        "b.org": kept(3650, placeholder=True, fault=FAULT),
        "d.org": kept(9),
    }
    state = serving(live).model_copy(update={"tls": {"hosts": hosts}})

    rows = certificates.rows({"web1": state}, NOW)
    certificates.table(rows)

    assert [(row["host"], row["days"], row["level"]) for row in rows] == [
        ("a.org", 60, "ok"),
        ("b.org", None, "wrong"),
        ("c.org", None, "wrong"),
    ]
    assert rows[0]["issuer"] == "O=Somebody"
    shown = capsys.readouterr().out.splitlines()
    assert shown[1].split() == ["web1", "a.org", "60", "2027-01-20", "O=Somebody", "ok"]
    assert f"web1: b.org has no certificate yet: {FAULT}" in shown


def test_a_site_without_https_is_told_where_to_read(capsys: pytest.CaptureFixture[str]) -> None:
    rows = certificates.rows({"web1": serving(A)}, NOW)
    certificates.table(rows)

    assert rows == []
    assert "docs/https.md" in capsys.readouterr().out
