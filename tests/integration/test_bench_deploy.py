"""What the benchmark of deployments makes of what it sees; it runs by hand, for minutes."""

import socket
import threading
from types import ModuleType

import pytest
from werkzeug.serving import make_server

from bench.deploy.busy import APP, Kind, visitors
from bench.deploy.busy import Seen as Visit
from bench.deploy.figures import REDEPLOY, Result, Sample, show
from bench.deploy.load import Answer, Seen, visited
from bench.deploy.phases import OURS, RECIPE, Line, Phases, spent
from bench.deploy.unnoticed import Command, Told, blocks
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


def test_visitors_come_on_time_and_know_a_whole_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPATCHER_RELEASE", "r1")
    app = ModuleType("busy")
    exec(APP, app.__dict__)
    server = make_server("127.0.0.1", 0, app.application, threaded=True)
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    kinds = (
        Kind("form", "POST", "/", 0.02, body=1),
        Kind("cut", "GET", "/", 0.02, lines=2),
        Kind("stream", "GET", "/stream", 60.0, lines=20),
    )
    try:
        with visitors(f"127.0.0.1:{server.server_port}", kinds) as seen:
            until(
                "each sort was answered",
                lambda: {one.kind for one in seen} >= {"form", "cut", "stream"},
            )
    finally:
        server.shutdown()
        serving.join()
        server.server_close()

    assert all(one.release == "r1" for one in seen if one.kind != "cut")
    assert all("200" in one.failure for one in seen if one.kind == "cut")


def test_what_was_sent_meanwhile_is_compared_with_the_rest_after_it() -> None:
    slow = [Visit("page", 1.5, 0.3, "r1", ""), Visit("late", 1.6, 10, "r1", "")]
    told = Told(
        1, [Command("deploy", 1, 2, 3)], {"h1": [*slow, Visit("form", 2.5, 0.1, "r1", "")]}, set()
    )

    assert list(blocks(told, "deploy")) == [(0.3, 0.1)]
    assert list(blocks(told, "rollback")) == []
