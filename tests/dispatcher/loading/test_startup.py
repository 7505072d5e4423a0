from __future__ import annotations

from threading import Event

import pytest

from dispatcher.loading.contained import Contained
from dispatcher.loading.startup import load_behind, load_eager
from dispatcher.registry.site import App
from tests.dispatcher.wsgi import Seen


class Log(list[str]):
    def __init__(self) -> None:
        super().__init__()
        self.gone = Event()

    def app(
        self, name: str, *, lazy: bool = False, patience: float = 1, seconds: float = 30
    ) -> Contained:
        def load(app: App) -> Seen:
            self.append(app.name)
            if app.name == "hangs":
                self.gone.wait(60)
            return Seen(app.name)

        app = App(name, "a:b", (), lazy=lazy, load_seconds=seconds)
        return Contained(app, load=load, patience_seconds=patience)


@pytest.fixture
def log() -> Log:
    return Log()


def test_lazy_apps_are_left_to_their_first_request(log: Log) -> None:
    load_eager([log.app("a"), log.app("b", lazy=True), log.app("c")])
    assert log == ["a", "c"]


def test_an_app_that_hangs_is_given_up_and_the_others_are_loaded(log: Log) -> None:
    hangs, other = log.app("hangs", seconds=0.1), log.app("other")

    load_eager([hangs, other])

    assert log == ["hangs", "other"]
    assert "it took longer than 0.1 s" in str(hangs.fault)
    assert other.fault is None


def test_apps_that_hang_together_take_no_longer_than_the_start_may(log: Log) -> None:
    load_eager([log.app("hangs"), log.app("late")], seconds=0.2)
    assert log == ["hangs"]


def test_behind_a_running_server_the_next_is_loaded_though_one_hangs(log: Log) -> None:
    hangs = log.app("hangs", patience=0.1)

    load_behind([hangs, log.app("other"), log.app("lazy", lazy=True)])

    assert log == ["hangs", "other"]
    assert "it takes over 0.1 s" in str(hangs.fault)
    log.gone.set()
