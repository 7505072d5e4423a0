"""The benchmark of serving still runs; what it measures is in bench/README.md."""

import json
import subprocess
import sys

import pytest

from bench.serve import kept, memory, starting, throughput, waiting
from bench.serve.places import needed
from tests.integration.served import ROOT

needs_programs = pytest.mark.skipif(
    bool(needed()), reason=f"needs programs; apt-get install {' '.join(needed())}"
)


@needs_programs
def test_each_part_of_serving_can_be_measured() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "bench.serve", "--quick", "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stdout)

    loads = [load for places in found["throughput"].values() for load in places]
    loads += [load for ways in found["waiting"].values() for load in ways["16"]]
    assert len(loads) == 2
    for rate, p50, p99, slowest, failed, cpu in loads:
        assert rate > 10
        assert 0 < p50 <= p99 <= slowest
        assert (failed, cpu > 0) == (0, True)
    assert 10 < found["memory"]["pool"]["1"][0] < found["memory"]["gunicorns"]["1"][0]
    assert all(first <= every for [[first, every, *_]] in found["starting"].values())
    after, stale, *_, failed = found["kept"][kept.AS_IT_IS][0]
    assert (after > 0, stale, failed) == (True, 0, 0)


@pytest.mark.parametrize(
    "names",
    [throughput.PLACES, waiting.WAYS, starting.PLACES, kept.PLACES],
    ids=["throughput", "waiting", "starting", "kept"],
)
def test_what_is_measured_is_documented(names: dict[str, object]) -> None:
    documented = (ROOT / "bench" / "README.md").read_text()
    assert [name for name in names if f"| {name} |" not in documented] == []


def test_what_memory_tells_is_documented() -> None:
    assert f"| {' | '.join(memory.HEAD)} |" in (ROOT / "bench" / "README.md").read_text()
