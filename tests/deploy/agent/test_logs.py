"""Whoever deploys one site reads the logs of that site alone."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from deploy.agent.logs import LOG_BYTES, past, told
from deploy.errors import PlanError
from deploy.protocol.words import Logs
from tests.deploy.agent.there import There


def test_the_logs_of_another_site_whose_pool_has_the_same_units_are_refused(tmp_path: Path) -> None:
    at = There("yard", str(tmp_path))
    unit = Path(at.template("staging-web", "service"))
    unit.parent.mkdir(parents=True)
    unit.write_text("[Unit]\nDescription=yard-staging: pool web, release %i\n")

    for pool in ("staging-web", "none", "default"):
        with pytest.raises(PlanError, match=f"has no pool '{pool}' of the site yard"):
            next(told(at, Logs(pool=pool, app="wiki"), lambda stop: stop()))


def test_of_lines_without_end_the_first_that_there_is_room_for_are_kept() -> None:
    endless = "while True: print('x' * 999_999)"

    lines = past((sys.executable, "-c", endless))

    assert len(lines) == LOG_BYTES // 1_000_000
    assert past(("printf", "a\\nb\\n")) == ["a", "b"]
