import errno
import socket

import pytest

from dispatcher.develop.listening import explained


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (OSError(errno.EADDRINUSE, "x"), "it is in use"),
        (PermissionError(errno.EACCES, "x"), "that needs root"),
        (socket.gaierror(-2, "x"), "there is no such address"),
        (OSError(errno.EADDRNOTAVAIL, "Cannot assign"), "cannot assign"),
    ],
)
def test_each_reason_why_a_port_cannot_be_had_comes_with_advice(
    error: OSError, reason: str
) -> None:
    told, advice = explained(error)
    assert told == reason
    assert "another" in advice or "above 1023" in advice
