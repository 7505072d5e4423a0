"""A server that is well has nothing to mend; of one that cannot tell, nothing is made up."""

from __future__ import annotations

from deploy.checks.finding import findings
from deploy.checks.lists import EVERYTHING, RUNNING
from deploy.protocol.examined import Examined
from tests.deploy.checks.given import seen
from tests.deploy.sample import BARE, B, serving


def test_a_server_that_is_well_is_told_to_be_so_by_every_check_but_those_of_rarities() -> None:
    found = list(findings(EVERYTHING, seen()))

    assert {one.level for one in found} == {"ok"}
    rare = {"transaction", "beside", "closed", "secrets", "certificates", "https"}
    rare |= {"from_here", "crowd", "peers", "synchronized", "reboot", "behind"}
    assert {check.__name__ for check in EVERYTHING} == {one.check for one in found} | rare


def test_what_status_tells_is_a_part_of_what_the_doctor_checks() -> None:
    assert set(RUNNING) < set(EVERYTHING)


def test_a_bare_server_is_told_to_be_made_ready_and_no_more() -> None:
    bare = seen(BARE, web=None, hello={}, refusal="has no agent for this site yet")

    found = [one for one in findings(EVERYTHING, bare) if one.level != "ok"]

    assert [(one.level, one.says, one.todo) for one in found] == [
        ("wrong", "is not made ready for this site yet", "fab bootstrap")
    ]


def test_of_an_agent_that_tells_no_more_than_before_only_that_is_judged() -> None:
    old = seen(outside=None, system=None, web=None, registry=None)
    assert old.examined == Examined(state=serving(B))

    assert [one for one in findings(EVERYTHING, old) if one.level != "ok"] == []
