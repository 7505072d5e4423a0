"""Certificates are asked for when somebody says so, as a plan like any other."""

from __future__ import annotations

import pytest

from deploy.acting.steps import Put
from deploy.errors import PlanError
from deploy.release import Release
from deploy.stages.certifying import renew
from tests.deploy.sample import AT, A

LIVE = A.model_copy(update={"tls": ("example.org", "wiki.example.org")})


def test_a_host_is_asked_for_though_it_is_not_due() -> None:
    plan = renew(AT, LIVE, "wiki.example.org")

    assert plan.title == "ask for another certificate for wiki.example.org"
    assert [step.note for step in plan] == ["let it ask at once", "see to the certificates"]
    assert plan.prepare[0].do == Put("/etc/flaskyard/yard/tls/now", "wiki.example.org")
    assert renew(AT, LIVE, "").prepare[0].do == Put("/etc/flaskyard/yard/tls/now", "*")


@pytest.mark.parametrize(
    ("live", "host", "told"),
    [
        (None, "", "has no live release whose hosts are known; run: fab deploy"),
        (A, "", "has no https"),
        (LIVE, "b.org", "has no host 'b.org'; it has example.org, wiki.example.org"),
    ],
    ids=["nothing live", "http alone", "another host"],
)
def test_what_cannot_be_asked_for_is_refused(live: Release | None, host: str, told: str) -> None:
    with pytest.raises(PlanError, match=told):
        renew(AT, live, host)
