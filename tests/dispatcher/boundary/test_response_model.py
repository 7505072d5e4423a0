"""Whatever an app does in whatever order, against a small model of what is to come of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from dispatcher.boundary.middleware import Boundary
from dispatcher.registry.address import Address
from dispatcher.registry.site import App
from tests.dispatcher.boundary.test_middleware import Told
from tests.dispatcher.test_containment import Server
from tests.dispatcher.wsgi import environ_of

AT = Address("example.org")

ERRORS = (ValueError, SystemExit, KeyboardInterrupt, GeneratorExit, OSError)


@dataclass(frozen=True)
class Start:
    """start_response, with a Content-Length or without."""

    length: int | None = None
    status: Any = "200 OK"


@dataclass(frozen=True)
class Send:
    """A part of the body, which may be none; ``write`` is the old way."""

    part: Any
    write: bool = False


@dataclass(frozen=True)
class Raise:
    """The end of it."""

    error: type[BaseException]


STARTS = st.builds(Start, st.sampled_from([None, 0, 3, 6]))
SENDS = st.builds(Send, st.binary(max_size=4))
WRITES = st.builds(Send, st.binary(max_size=4), st.just(True))
WRONG = st.sampled_from(
    [Start(status=b"200 OK"), Start(status="OK"), *(Raise(error) for error in ERRORS)]
)
STARTED = st.tuples(STARTS).map(list)
# Most apps begin well, or each would end with its first step.
IN_CALL = st.one_of(STARTED, STARTED, STARTED, st.lists(STARTS | WRITES | WRONG, max_size=3))
SENT = st.lists(SENDS, min_size=1, max_size=3)
WRONGLY = st.one_of(STARTS, SENDS, WRONG, st.just(Send("text")))
IN_BODY = st.one_of(
    SENT,
    SENT,
    st.builds(lambda sent, wrong: [*sent, wrong], SENT, WRONGLY),
    st.lists(WRONGLY, max_size=3),
)


@dataclass
class Expected:
    """What comes of the steps of an app."""

    started: bool = False
    length: int | None = None
    sent: bytes = b""
    begun: bool = False
    failed: bool = False
    full: bool = False

    def take(self, step: Start | Send | Raise) -> None:
        """Go on by one step, where the app still can."""
        match step:
            case Start(length, status):
                self.failed = self.started or status != "200 OK"
                if not self.failed:
                    self.started, self.length = True, length
            case Send(part, write):
                if write and not self.started:
                    return  # it has nothing to write with
                self.failed = not self.started or not isinstance(part, bytes)
                if not self.failed:
                    before = len(self.sent)
                    self.begun = self.begun or write or part != b""
                    self.sent += part
                    if not write and self.length is not None and len(self.sent) > self.length:
                        self.full = True
                        self.sent = self.sent[: max(before, self.length)]
            case Raise():
                self.failed = True

    @classmethod
    def of(cls, steps: Iterable[Start | Send | Raise]) -> Expected:
        expected = cls()
        for step in steps:
            expected.take(step)
            if expected.full or expected.failed:
                return expected
        expected.failed = not expected.started or len(expected.sent) < (expected.length or 0)
        return expected


@dataclass
class Scripted:
    """An app that does as it is told, and counts how often its body is closed."""

    in_call: list[Any]
    in_body: list[Any]
    write: Any = None
    made: int = 0
    closed: int = 0
    start_response: Any = field(default=None, repr=False)

    def __call__(self, _: Any, start_response: Any) -> Scripted:
        self.start_response = start_response
        for step in self.in_call:
            self.do(step)
        self.made += 1
        return self

    def __iter__(self) -> Iterator[Any]:
        for step in self.in_body:
            if isinstance(step, Send):
                yield step.part
            else:
                self.do(step)

    def do(self, step: Start | Send | Raise) -> None:
        match step:
            case Start(length, status):
                headers = [] if length is None else [("Content-Length", str(length))]
                self.write = self.start_response(status, headers)
            case Send(part):
                if self.write:
                    self.write(part)
            case Raise(error):
                raise error

    def close(self) -> None:
        self.closed += 1


@settings(max_examples=300)
@given(IN_CALL, IN_BODY)
def test_an_answer_is_whole_or_seen_to_be_cut_off_or_a_page(
    in_call: list[Any], in_body: list[Any]
) -> None:
    told, app = Told(), Scripted(in_call, in_body)
    expected = Expected.of([*in_call, *in_body])

    server = Server().run(
        Boundary(App("app", "a:b", (AT,)), AT, app, observers=(told,)), environ_of("/")
    )

    assert server.cut is (expected.failed and expected.begun)
    if expected.failed and not expected.begun:
        assert server.status == "500 INTERNAL SERVER ERROR"
        assert len(server.body) == int(server.headers["content-length"])
    else:
        assert server.body == expected.sent
    assert app.closed == app.made
    assert len(told.ended) == len(told.begun) == 1
