"""What the benchmark of deployments makes of what it sees; it runs by hand, for minutes."""

import socket

import pytest

from bench.deploy_figures import REDEPLOY, Result, Sample, show
from bench.deploy_load import Answer, Seen, visited
from bench.deploy_phases import OURS, RECIPE, Line, Phases, spent
from tests.deployment.traffic import ASKS
from tests.integration.served import ROOT, until

LINES = [
    Line(1.50, "Not in the release, for it is not committed: a"),
    Line(2.00, "h1    0.25 s  make the release's folder\n"),
    Line(2.25, "h1            upload 1 files, 2 kB\n"),
    Line(3.00, "h1    0.50 s  make its environment\n"),
    Line(3.25, "h1    0.25 s  a step that came later\n"),
    Line(4.25, "h1    1.00 s  start its pools\n"),
    Line(4.50, "h1    0.25 s  go live\n"),
]


def test_phases_are_told_from_the_lines_and_are_all_of_the_time() -> None:
    found = spent(LINES, 5.0, OURS)

    assert [seconds for seconds in found.values() if seconds] == [1.75, 0.5, 1.0, 1.0, 0.75]
    assert found["make the environment, install"] == 1.0
    assert sum(found.values()) == 5.0


def test_a_command_that_did_nothing_is_all_first_phase() -> None:
    assert spent([], 2.0, RECIPE)["start"] == 2.0


@pytest.mark.parametrize("phases", [OURS, RECIPE], ids=["ours", "recipe"])
def test_the_phases_are_documented(phases: Phases) -> None:
    documented = (ROOT / "bench" / "README.md").read_text()

    assert all(f"| {phase} |" in documented for phase in phases)


def test_every_request_to_a_server_that_is_away_is_a_failure() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

    with visited(f"127.0.0.1:{port}", ASKS) as answers:
        until("every client asked", lambda: len(answers) >= len(ASKS))

    assert all("Refused" in one.failure for one in answers)


def test_a_ratio_is_that_of_each_round(capsys: pytest.CaptureFixture[str]) -> None:
    took = {"ours": (1.0, 4.0, 2.0), "recipe": (2.0, 6.0, 6.0)}
    lost = {"ours": "", "recipe": "502"}
    samples = [
        Sample(act, way, number, seconds, False, seen, None, {"all": seconds})
        for act in (REDEPLOY, "rollback", "broken release")
        for way in took
        for number, seconds in enumerate(took[way])
        for seen in [Seen.of([Answer(0, 0.5, lost[way])], 0, 1)]
    ]

    show(Result(samples, {"ours": 0, "recipe": 0}, {"ours": 0, "recipe": 0}))

    first = capsys.readouterr().out.splitlines()[2]
    assert "| 2.00 (1.00 to 4.00) | 6.00 (2.00 to 6.00) | 2.00 (1.50 to 3.00) | 0 | 1 |" in first
