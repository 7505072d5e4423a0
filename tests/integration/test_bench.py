"""The benchmarks still run; what they measure is in bench/README.md."""

import json
import subprocess
import sys
from typing import Any

import pytest

from tests.integration.served import ROOT


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    ran = subprocess.run(
        [sys.executable, "-m", "bench.dispatch", "--quick", "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(ran.stdout)  # type: ignore[no-any-return]


def test_the_benchmark_of_dispatch_measures_every_case(told: dict[str, Any]) -> None:
    documented = (ROOT / "bench" / "README.md").read_text()

    assert {figure["way"] for figure in told["figures"]} >= {
        "ours",
        "DispatcherMiddleware",
        "SubdomainDispatcher",
        "Map",
        "and access log",
    }
    for figure in told["figures"]:
        assert f"| {figure['case']} |" in documented
        assert f"| {figure['way']} " in documented


def test_requests_of_strangers_leave_nothing_behind(told: dict[str, Any]) -> None:
    for kept in told["kept"]:
        assert kept["kept_objects"] < kept["asked"] / 50, kept
        assert kept["kept_bytes"] < kept["asked"] * 16, kept
