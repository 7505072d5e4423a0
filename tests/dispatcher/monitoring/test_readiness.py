from __future__ import annotations

import time
from pathlib import Path
from threading import Event

import pytest

from dispatcher.loading.contained import Contained
from dispatcher.loading.importing import load
from dispatcher.monitoring.readiness import Readiness
from dispatcher.registry.site import App
from tests.dispatcher.conftest import Write

APP = """\
from flask import Flask, current_app
from threading import Event
calls, go_on = [], Event()
def create_app():
    app = Flask(__name__)
    app.config["STORE"] = "there"
    return app
def fine():
    return current_app.config["STORE"] == "there"
def says_no():
    return False
def says_why():
    return "the store is closed"
def raises():
    raise OSError("connection refused")
def hangs():
    calls.append(1)
    go_on.wait(10)
"""


def faults(check: str, seconds: float = 2) -> dict[str, str | None]:
    return readiness(check, seconds).faults()


def readiness(check: str, seconds: float = 2) -> Readiness:
    app = App("shop", "shop_app:create_app", (), ready=f"shop_app:{check}")
    return Readiness({"shop": Contained(app, load=load)}, seconds)


@pytest.mark.parametrize(
    ("check", "fault"),
    [
        ("fine", None),
        ("says_no", "shop: shop_app:says_no returned False"),
        ("says_why", "shop: the store is closed"),
        ("nothing", "shop: shop_app has no 'nothing'"),
    ],
)
def test_an_app_is_as_ready_as_its_check_says(write: Write, check: str, fault: str | None) -> None:
    write("shop_app", APP)
    assert faults(check) == {"shop": fault}


def test_an_app_whose_check_raises_is_not_ready(write: Write, tmp_path: Path) -> None:
    write("shop_app", APP)
    place = f"({tmp_path / 'shop_app.py'}, line 15)"
    raised = f"shop: shop_app:raises raised OSError: connection refused {place}"
    assert faults("raises") == {"shop": raised}


def test_a_check_that_hangs_holds_up_nobody_and_is_not_asked_again(write: Write) -> None:
    write("shop_app", APP)
    asked = readiness("hangs", seconds=0.05)
    before = time.monotonic()

    first, second = asked.faults(), asked.faults()

    assert time.monotonic() - before < 5
    assert first == second == {"shop": "shop: shop_app:hangs does not come back; it has 0.05 s"}
    calls, go_on = told_by_app()
    assert calls == [1]
    go_on.set()
    asked.running["shop"].join()


def told_by_app() -> tuple[list[int], Event]:
    import shop_app  # type: ignore[import-not-found]

    return shop_app.calls, shop_app.go_on


def test_an_app_that_is_out_is_not_asked(write: Write) -> None:
    write("shop_app", "1 / 0")
    fault = faults("fine")["shop"]
    assert fault is not None
    assert "ZeroDivisionError" in fault


def test_a_lazy_app_is_not_loaded_for_it(write: Write) -> None:
    write("shop_app", "1 / 0")
    app = App("shop", "shop_app:create_app", (), lazy=True)
    assert Readiness({"shop": Contained(app, load=load)}).faults() == {"shop": None}
