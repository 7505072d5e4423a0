"""What commands write far away is written here as they wrote it, or line by line with a name."""

from __future__ import annotations

import pytest

from deploy.remote.written import Written


def test_what_comes_is_passed_on_as_it_is_and_at_once(
    capsysbinary: pytest.CaptureFixture[bytes],
) -> None:
    one = Written("out")

    one.write(b"half a")
    assert capsysbinary.readouterr().out == b"half a"
    one.write(b" line\n\xff no text")
    one.end()

    assert capsysbinary.readouterr() == (b" line\n\xff no text", b"")


def test_each_stream_goes_to_its_own(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    Written("out").write(b"said\n")
    Written("err").write(b"complained\n")

    assert capsysbinary.readouterr() == (b"said\n", b"complained\n")


def test_with_a_start_each_line_is_written_whole_however_it_comes(
    capsysbinary: pytest.CaptureFixture[bytes],
) -> None:
    one, other = Written("out", "web1  "), Written("out", "web2  ")

    one.write(b"fir")
    other.write(b"second\n")
    one.write(b"st\nthird\n\nlast")

    assert capsysbinary.readouterr().out == b"web2  second\nweb1  first\nweb1  third\nweb1  \n"
    one.end()
    other.end()
    assert capsysbinary.readouterr().out == b"web1  last\n"
