from pathlib import Path

import pytest
from flask import Flask

from apps.watch import create_app
from tests.apps.mounting import mount
from tests.apps.watch.conftest import Clock

TARGETS = [{"name": "good", "url": "http://127.0.0.1:9/"}]


def test_before_the_first_check_states_are_unknown(app: Flask) -> None:
    answer = app.test_client().get("/api/targets")

    assert [target["state"] for target in answer.json["targets"]] == ["unknown", "unknown"]  # type: ignore[index]


def test_a_check_answers_with_the_new_state(app: Flask, address: str) -> None:
    answer = app.test_client().post("/api/checks")

    assert answer.status_code == 200
    good, bad = answer.json["targets"]  # type: ignore[index]
    assert good["last"].pop("milliseconds") < 5000
    assert good == {
        "name": "good",
        "url": f"{address}/ok",
        "state": "up",
        "last": {
            "checked_at": "2027-01-15T08:00:00+00:00",
            "up": True,
            "status": 200,
            "error": None,
        },
        "self": "/api/targets/good",
    }
    assert (bad["state"], bad["last"]["error"]) == ("down", "the connection was refused")


def test_a_target_has_its_history_newest_first(app: Flask, clock: Clock) -> None:
    client = app.test_client()
    for _ in range(3):
        client.post("/api/checks")
        clock.now += 60

    target = client.get("/api/targets/good").json or {}

    times = [result["checked_at"][11:16] for result in target["history"]]
    assert times == ["08:02", "08:01", "08:00"]


@pytest.mark.parametrize("prefix", ["", "/watch", "/a/b"])
def test_links_stay_below_the_mount(app: Flask, prefix: str) -> None:
    client = mount(app, prefix, "/elsewhere")

    link = client.get(f"{prefix}/api/targets").json["targets"][0]["self"]  # type: ignore[index]

    assert link == f"{prefix}/api/targets/good"
    assert client.get(link).status_code == 200


@pytest.mark.parametrize("prefix", ["", "/watch"])
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/nothing", 404),
        ("GET", "/api", 404),
        ("GET", "/api/", 404),
        ("GET", "/api/targets/nobody", 404),
        ("GET", "/api/checks", 405),
        ("DELETE", "/api/targets", 405),
    ],
)
def test_errors_below_api_are_json(
    app: Flask, prefix: str, method: str, path: str, status: int
) -> None:
    answer = mount(app, prefix).open(f"{prefix}{path}", method=method)

    assert answer.status_code == status
    assert answer.mimetype == "application/json"
    assert answer.json["error"]["status"] == status  # type: ignore[index]
    assert answer.json["error"]["message"]  # type: ignore[index]


@pytest.mark.parametrize("path", ["/apiary", "/nothing", "/targets/nobody", "/checks"])
def test_errors_elsewhere_are_pages(app: Flask, path: str) -> None:
    answer = app.test_client().get(path)

    assert answer.status_code in (404, 405)
    assert answer.mimetype == "text/html"


def test_a_wrong_method_is_told_the_right_one(app: Flask) -> None:
    assert "POST" in app.test_client().get("/api/checks").headers["Allow"]


def test_an_unknown_target_is_told_the_known_ones(app: Flask) -> None:
    answer = app.test_client().get("/api/targets/nobody")

    assert answer.json == {
        "error": {
            "status": 404,
            "message": "There is no target 'nobody'.",
            "known": ["good", "bad"],
        }
    }


@pytest.mark.parametrize(
    ("path", "kind"), [("/api/targets", "application/json"), ("/", "text/html")]
)
def test_a_broken_disk_is_told_in_the_right_form(tmp_path: Path, path: str, kind: str) -> None:
    (tmp_path / "watch").write_text("a file where the folder should be")
    app = create_app({"STATE_DIRECTORY": str(tmp_path), "WATCH_TARGETS": TARGETS})

    answer = app.test_client().get(path)

    assert (answer.status_code, answer.mimetype) == (500, kind)
    assert str(tmp_path) not in answer.text
