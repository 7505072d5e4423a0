from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from threading import Barrier
from typing import TYPE_CHECKING
from wsgiref.util import FileWrapper

import pytest

from dispatcher.tenants.lease import Lease, lent
from tests.dispatcher.wsgi import environ_of

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


class Counted:
    def __init__(self) -> None:
        self.closed = 0
        self.lease = Lease(self.close)

    def close(self) -> None:
        self.closed += 1


@pytest.fixture
def one() -> Counted:
    return Counted()


def test_what_nobody_uses_is_closed_when_it_ends(one: Counted) -> None:
    one.lease.end()
    assert one.closed == 1


def test_what_is_used_is_closed_when_the_last_has_given_it_back(one: Counted) -> None:
    assert one.lease.take()
    assert one.lease.take()
    one.lease.end()
    one.lease.give_back()
    assert one.closed == 0

    one.lease.give_back()

    assert one.closed == 1


def test_what_has_ended_cannot_be_taken_and_is_closed_once(one: Counted) -> None:
    one.lease.end()
    assert not one.lease.take()
    one.lease.end()
    assert one.closed == 1
    assert not one.lease.taken


def test_of_many_threads_that_take_and_end_none_uses_a_closed_thing() -> None:
    def use(one: Counted, barrier: Barrier, number: int) -> bool:
        barrier.wait(10)
        if number == 3:
            one.lease.end()
            return True
        if not one.lease.take():
            return True
        untouched = one.closed == 0
        one.lease.give_back()
        return untouched

    with ThreadPoolExecutor(8) as threads:
        for _ in range(100):
            one, barrier = Counted(), Barrier(8)
            jobs = [threads.submit(use, one, barrier, number) for number in range(8)]
            assert all(job.result() for job in jobs)
            assert one.closed == 1


class Body:
    """A response that is made piece by piece."""

    def __init__(self) -> None:
        self.closed = 0

    def __iter__(self) -> Iterator[bytes]:
        return iter([b"a", b"b"])

    def close(self) -> None:
        self.closed += 1


def taken(one: Counted) -> Lease:
    assert one.lease.take()
    one.lease.end()
    return one.lease


def test_a_response_gives_back_once_when_it_is_closed(one: Counted) -> None:
    body = Body()

    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", [])
        return body

    answer = lent(app, taken(one), environ_of(), lambda *_: lambda _: None)
    assert list(answer) == [b"a", b"b"]
    assert one.closed == 0

    answer.close()  # type: ignore[attr-defined]
    answer.close()  # type: ignore[attr-defined]

    assert one.closed == 1
    assert body.closed == 2  # as often as the server did


def test_an_app_that_raises_gives_back(one: Counted) -> None:
    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        raise SystemExit(3)

    lease = taken(one)
    with pytest.raises(SystemExit):
        lent(app, lease, environ_of(), lambda *_: lambda _: None)
    assert one.closed == 1


def test_a_whole_list_is_handed_on_as_it_is(one: Counted) -> None:
    pieces = [b"a"]
    assert lent(lambda *_: pieces, taken(one), environ_of(), lambda *_: lambda _: None) is pieces
    assert one.closed == 1


def test_a_file_reaches_the_server_as_its_own_wrapper_and_gives_back(one: Counted) -> None:
    body = FileWrapper(BytesIO(b"a"))

    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", [])
        return body

    lease = taken(one)
    environ = {**environ_of(), "wsgi.file_wrapper": FileWrapper}

    assert lent(app, lease, environ, lambda *_: lambda _: None) is body
    assert one.closed == 0
    body.close()
    assert body.filelike.closed
    assert one.closed == 1
