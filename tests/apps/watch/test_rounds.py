from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from flask import Flask

from apps.watch.check import Answer
from apps.watch.db import connect
from apps.watch.rounds import check_all
from apps.watch.store import KEPT, PAUSE_SECONDS, history, record
from apps.watch.targets import Target as Watched
from tests.apps.mounting import at_once
from tests.apps.watch.conftest import Clock
from tests.apps.watch.servers import Target


def test_two_rounds_are_thirty_seconds_apart(app: Flask, site: Target, clock: Clock) -> None:
    client = app.test_client()
    seen = []

    for pause in (0, PAUSE_SECONDS - 0.1, 0.1, PAUSE_SECONDS):
        clock.now += pause
        answer = client.post("/api/checks").json or {}
        seen.append((answer["fresh"], answer["next_check_in_seconds"]))

    assert seen == [(True, 30), (False, 1), (True, 30), (True, 30)]
    assert len(site.asked) == 3


def test_strangers_in_all_workers_get_one_round(
    make: Callable[..., Flask], address: str, site: Target
) -> None:
    workers = [make(good=f"{address}/ok") for _ in range(4)]

    def hammer() -> list[bool]:
        answers = [worker.test_client().post("/api/checks") for worker in workers]
        return [bool(answer.json and answer.json["fresh"]) for answer in answers]

    fresh = [one for some in at_once(6, hammer) for one in some]

    assert fresh.count(True) == 1
    assert site.asked == ["/ok"]


def test_a_clock_set_back_holds_nobody_up(app: Flask, clock: Clock) -> None:
    client = app.test_client()
    client.post("/api/checks")

    clock.now -= 86_400

    assert client.post("/api/checks").json["fresh"]  # type: ignore[index]


def test_targets_are_asked_at_the_same_time(address: str, site: Target) -> None:
    """None of them answers before all have been asked."""
    count = site.together.parties

    answers = check_all([Watched(f"t{n}", f"{address}/together") for n in range(count)])

    assert [answer.status for answer in answers.values()] == [200] * count


def test_who_outlasts_the_round_is_down_and_the_others_are_not(address: str) -> None:
    targets = [Watched("slow", f"{address}/wait"), Watched("good", f"{address}/ok")]

    answers = check_all(targets, limit_seconds=0.2)

    assert answers["slow"] == Answer(None, 200, "it took longer than 0.2 s")
    assert answers["good"].up


@pytest.mark.parametrize("count", [1, KEPT + 5])
def test_of_each_target_the_last_results_are_kept(tmp_path: Path, count: int) -> None:
    with closing(connect(tmp_path / "x.sqlite3")) as db:
        for number in range(count):
            record(db, {"a": Answer(200, number, None), "b": Answer(200, 1, None)}, number)

        kept = history(db, "a", 10_000)

    assert [result.answer.milliseconds for result in kept] == list(range(count))[::-1][:KEPT]


def test_an_admin_may_check_from_a_shell(app: Flask) -> None:
    result = app.test_cli_runner().invoke(args=["check"])

    assert result.output == "good: up\nbad: down, the connection was refused\n"


def test_a_shell_waits_its_turn_too(app: Flask, site: Target) -> None:
    for _ in range(2):
        result = app.test_cli_runner().invoke(args=["check"])

    assert "again in 30 s" in result.output
    assert site.asked == ["/ok"]
