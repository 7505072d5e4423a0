from __future__ import annotations

import gc
import logging
import os
import sys
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Barrier, Event
from typing import TYPE_CHECKING, Any

import pytest

from dispatcher.loading.contained import Contained
from dispatcher.loading.importing import LoadError
from dispatcher.monitoring.memory import pss
from dispatcher.registry.address import Address
from dispatcher.registry.site import App
from dispatcher.tenants.hooks import Hooks
from dispatcher.tenants.instances import RECHECK_SECONDS, Tenants
from dispatcher.tenants.resolution import TENANT
from tests.dispatcher.wsgi import Answer, Seen, ask, environ_of, get

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


class Archive:
    """The WSGI app of one tenant."""

    def __init__(self, tenant: str) -> None:
        self.tenant = tenant
        self.closed = 0

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", [("Content-Type", "text/plain")])
        return self.pieces() if environ["PATH_INFO"] == "/stream" else [self.tenant.encode()]

    def pieces(self) -> Iterator[bytes]:
        yield b"open " if not self.closed else b"closed "
        yield b"open " if not self.closed else b"closed "


class Yard:
    """An app with tenants, which notes what is asked of it."""

    def __init__(self, limit: int = 3) -> None:
        self.clock = Clock()
        self.patience_seconds = 10.0
        self.gone: set[str] = set()
        self.asked: list[str] = []
        self.made: list[Archive] = []
        self.apps: list[App] = []
        self.fails: dict[str, BaseException] = {}
        self.holds: dict[str, Event] = {}
        self.making = {"slow": Event()}
        app = App(
            "archive",
            "archive_app:create",
            (Address("example.org", "/t"),),
            tenants=Address("example.org", "/t"),
            tenant_limit=limit,
        )
        self.tenants = Tenants(
            app, Hooks(self.exists, self.close), self.contain, self.make, clock=self.clock
        )

    def exists(self, tenant: str) -> bool:
        self.asked.append(tenant)
        return tenant not in self.gone and not tenant.startswith("stranger")

    def contain(self, app: App, load: Any) -> Contained:
        return Contained(
            app,
            load=load,
            clock=self.clock,
            retry_seconds=30,
            patience_seconds=self.patience_seconds,
        )

    def make(self, app: App, tenant: str) -> WSGIApplication:
        self.apps.append(app)
        if tenant in self.making:
            self.making[tenant].set()
        if tenant in self.holds:
            assert self.holds[tenant].wait(10)
        if tenant in self.fails:
            raise self.fails[tenant]
        self.made.append(Archive(tenant))
        return self.made[-1]

    def close(self, app: Any) -> None:
        app.closed += 1

    def get(self, tenant: str, path: str = "/") -> Answer:
        self.clock.now += 0.001
        return get(self.tenants, path, **{TENANT: tenant})

    def streaming(self, tenant: str) -> Any:
        """Begin a response and leave it open."""
        self.clock.now += 0.001
        environ = {**environ_of("/stream"), TENANT: tenant}
        return self.tenants(environ, lambda *_: lambda _: None)

    def names(self) -> list[str]:
        return [archive.tenant for archive in self.made]

    def closed(self) -> list[str]:
        return [archive.tenant for archive in self.made if archive.closed]


@pytest.fixture
def yard() -> Yard:
    return Yard()


def test_each_tenant_has_an_instance_of_its_own_made_with_its_first_request(yard: Yard) -> None:
    assert [yard.get(name).text for name in ("choir", "band", "choir")] == [
        "choir",
        "band",
        "choir",
    ]
    assert yard.names() == ["choir", "band"]


def test_an_instance_is_made_as_an_app_of_its_own_name_and_address(yard: Yard) -> None:
    yard.get("choir")
    (app,) = yard.apps
    assert app.name == "archive.choir"
    assert app.addresses == (Address("example.org", "/t/choir"),)
    assert app.tenants is None


def test_first_requests_that_come_together_make_one_instance(yard: Yard) -> None:
    barrier = Barrier(16)

    def ask_at_once(_: int) -> str:
        barrier.wait(10)
        return yard.get("choir").text

    with ThreadPoolExecutor(16) as threads:
        assert set(threads.map(ask_at_once, range(16))) == {"choir"}
    assert yard.names() == ["choir"]


def test_nobody_waits_while_another_tenant_is_made(yard: Yard) -> None:
    yard.get("warm")
    yard.holds["slow"] = Event()
    with ThreadPoolExecutor(1) as threads:
        slow: Future[Answer] = threads.submit(yard.get, "slow")
        assert yard.making["slow"].wait(10)

        assert yard.get("warm").text == "warm"
        assert yard.get("new").text == "new"
        assert not slow.done()

        yard.holds["slow"].set()
        assert slow.result(10).text == "slow"


def test_a_tenant_that_is_not_there_is_not_found_and_nothing_is_made_or_kept(yard: Yard) -> None:
    for number in range(1000):
        assert yard.get(f"stranger{number}").status == 404
    assert yard.made == []
    assert yard.apps == []
    assert yard.tenants.instances == {}


def test_a_tenant_that_comes_to_be_is_there_at_once(yard: Yard) -> None:
    yard.gone.add("choir")
    assert yard.get("choir").status == 404
    yard.gone.clear()
    assert yard.get("choir").text == "choir"


@pytest.mark.parametrize("answer", [None, 1, "yes", [], object()])
def test_an_answer_that_is_neither_true_nor_false_makes_nothing(yard: Yard, answer: Any) -> None:
    yard.tenants.hooks = Hooks(lambda _: answer)
    with pytest.raises(TypeError, match=r"tenant_exists\('choir'\) must be True or False, not"):
        yard.get("choir")
    assert yard.made == []
    assert yard.tenants.instances == {}


def test_the_app_is_asked_again_only_after_a_while(yard: Yard) -> None:
    for _ in range(5):
        yard.get("choir")
        yard.clock.now += RECHECK_SECONDS / 5 - 0.1
    assert yard.asked == ["choir"]

    yard.clock.now += 1
    yard.get("choir")
    assert yard.asked == ["choir", "choir"]


def test_a_tenant_that_is_no_more_is_refused_and_its_instance_closed(yard: Yard) -> None:
    yard.get("choir")
    yard.gone.add("choir")
    yard.clock.now += RECHECK_SECONDS

    assert yard.get("choir").status == 404
    assert yard.closed() == ["choir"]
    assert yard.tenants.instances == {}


def test_a_tenant_goes_on_while_the_app_cannot_tell_whether_it_is_there(
    yard: Yard, caplog: pytest.LogCaptureFixture
) -> None:
    yard.get("choir")

    def broken(tenant: str) -> bool:
        raise OSError("no database")

    yard.tenants.hooks = Hooks(broken)
    yard.clock.now += RECHECK_SECONDS

    assert yard.get("choir").text == "choir"
    assert yard.get("choir").text == "choir"
    (record,) = caplog.records
    assert "cannot tell whether tenant 'choir' is still there" in record.getMessage()


def test_beyond_the_limit_the_one_used_longest_ago_goes(yard: Yard) -> None:
    for name in ("choir", "band", "dance", "choir", "chess"):
        yard.get(name)
    assert sorted(yard.tenants.instances) == ["chess", "choir", "dance"]
    assert yard.closed() == ["band"]


def test_one_at_rest_goes_before_one_in_use(yard: Yard) -> None:
    answer = yard.streaming("choir")
    for name in ("band", "dance", "chess"):
        yard.get(name)
    assert sorted(yard.tenants.instances) == ["chess", "choir", "dance"]
    answer.close()


def test_an_instance_is_never_closed_while_a_response_of_it_streams(yard: Yard) -> None:
    answers = [yard.streaming(name) for name in ("choir", "band", "dance", "chess")]
    assert len(yard.tenants.instances) == 3
    assert yard.closed() == []
    assert next(iter(answers[0])) == b"open "

    answers[0].close()
    assert yard.closed() == ["choir"]
    for answer in answers[1:]:
        answer.close()
    assert yard.closed() == ["choir"]


def test_a_tenant_that_went_comes_back_with_a_new_instance(yard: Yard) -> None:
    for name in ("choir", "band", "dance", "chess", "choir"):
        assert yard.get(name).text == name
    assert yard.names() == ["choir", "band", "dance", "chess", "choir"]


def test_a_tenant_that_cannot_be_made_is_out_alone_and_tried_again(yard: Yard) -> None:
    broken = LoadError(App("archive.choir", "a:b", ()), "boom")
    yard.fails["choir"] = broken
    answer = yard.get("choir")
    assert (answer.status, answer.headers["Retry-After"]) == (503, "30")
    assert yard.get("band").text == "band"

    yard.fails.clear()
    yard.clock.now += 29
    assert yard.get("choir").status == 503
    assert len(yard.apps) == 2

    yard.clock.now += 1
    assert yard.get("choir").text == "choir"


def test_tenants_that_cannot_be_made_take_bounded_room(yard: Yard) -> None:
    for number in range(50):
        name = f"group{number}"
        yard.fails[name] = LoadError(App(name, "a:b", ()), "boom")
        assert yard.get(name).status == 503
    assert len(yard.tenants.instances) == 3


def test_an_instance_that_was_made_too_late_for_its_visitors_is_closed_too(yard: Yard) -> None:
    yard.patience_seconds = 0.01
    yard.holds["slow"] = Event()
    assert yard.get("slow").status == 503
    yard.patience_seconds = 10
    for name in ("choir", "band", "dance"):
        assert yard.get(name).text == name
    assert "slow" not in yard.tenants.instances

    yard.holds["slow"].set()
    for thread in threading.enumerate():
        if thread.name == "loading archive.slow":
            thread.join(10)

    assert yard.names()[-1] == "slow"
    assert yard.closed() == ["slow"]


@pytest.mark.parametrize("error", [OSError("stuck"), SystemExit(3), KeyboardInterrupt()])
def test_an_instance_that_does_not_close_hurts_nobody(
    yard: Yard, error: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    def close(app: Any) -> None:
        raise error

    yard.tenants.hooks = Hooks(yard.exists, close)
    for name in ("choir", "band", "dance", "chess"):
        assert yard.get(name).text == name
    assert "tenant 'choir' does not close" in caplog.text
    assert [record.levelno for record in caplog.records] == [logging.ERROR]


def test_a_request_of_no_tenant_goes_to_the_app_without_one(yard: Yard) -> None:
    assert get(yard.tenants).status == 404
    yard.tenants.plain = Seen("plain")
    assert get(yard.tenants).text == "plain"
    assert yard.asked == []


def test_thousands_of_tenants_leave_no_more_behind_than_the_limit() -> None:
    """Neither instances nor anything else that Python makes, and no memory of the process.

    How much of that a process shows depends on who shares it and on when the collector ran,
    so what counts to the byte is what Python has allocated.
    """
    size = 200_000
    yard = Yard(limit=100)

    class Heavy(Archive):
        living = 0

        def __init__(self, tenant: str) -> None:
            super().__init__(tenant)
            self.data = b"x" * size
            Heavy.living += 1

        def __del__(self) -> None:
            Heavy.living -= 1

    yard.tenants.make = lambda _, tenant: Heavy(tenant)
    yard.tenants.hooks = Hooks(lambda _: True, yard.close)  # which notes no names
    resident, blocks = [], []
    most = 0
    for number in range(3_000):
        yard.clock.now += 1
        ask(yard.tenants, {**environ_of(), TENANT: f"group{number}"})
        most = max(most, Heavy.living)
        if number in (500, 2_999):
            gc.collect()
            blocks.append(sys.getallocatedblocks())
            resident.append(pss(os.getpid()) or 0)

    assert len(yard.tenants.instances) == 100
    assert most <= 101, "what goes is let go of at once"
    assert blocks[1] - blocks[0] < 2_500 / 10, "not even one small object for each"
    assert 0 < resident[1] < resident[0] + 2_500 * size / 10


def test_under_many_threads_no_response_comes_from_a_closed_instance() -> None:
    yard = Yard(limit=2)

    def stream(number: int) -> bytes:
        answer = yard.streaming(f"group{number % 5}")
        try:
            return b"".join(answer)
        finally:
            answer.close()

    with ThreadPoolExecutor(8) as threads:
        bodies = set(threads.map(stream, range(2000)))

    assert bodies == {b"open open "}
    assert len(yard.tenants.instances) == 2
    assert all(archive.closed <= 1 for archive in yard.made)
    assert len(yard.made) - len(yard.closed()) == 2
