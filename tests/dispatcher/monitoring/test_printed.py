import io
import logging
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from dispatcher.monitoring.printed import Printed


@pytest.fixture
def printed(caplog: pytest.LogCaptureFixture) -> Printed:
    caplog.set_level(logging.INFO)
    return Printed("stdout", logging.INFO, io.TextIOWrapper(io.BytesIO(), "utf-8"))


def test_each_line_that_is_printed_is_a_line_of_the_log(
    printed: Printed, caplog: pytest.LogCaptureFixture
) -> None:
    print("one\ntwo", end=" ", file=printed)
    print("and a half", file=printed)
    assert caplog.messages == ["one", "two and a half"]


def test_threads_that_print_at_once_do_not_mix_their_lines(
    printed: Printed, caplog: pytest.LogCaptureFixture
) -> None:
    both = Barrier(2)

    def say(word: str) -> None:
        for _ in range(3):
            both.wait(10)
            print(word, end="", file=printed)
        print(file=printed)

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(say, ["a", "b"]))
    assert sorted(caplog.messages) == ["aaa", "bbb"]


def test_a_line_without_end_takes_no_memory_without_end(
    printed: Printed, caplog: pytest.LogCaptureFixture
) -> None:
    print("x" * 20_000, end="", file=printed)
    assert [len(message) for message in caplog.messages] == [20_000]


def test_a_log_that_fails_does_not_call_itself_for_ever(printed: Printed) -> None:
    class Failing(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            print(f"--- Logging error --- {record}", file=printed)

    handler = Failing()
    logging.getLogger("stdout").addHandler(handler)
    try:
        print("once", file=printed)
    finally:
        logging.getLogger("stdout").removeHandler(handler)


def test_who_wants_the_stream_behind_gets_it(printed: Printed) -> None:
    printed.buffer.write(b"bytes")
    assert (printed.encoding, printed.writable(), printed.isatty()) == ("utf-8", True, False)
