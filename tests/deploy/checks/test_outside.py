"""What is seen of a server from outside, over real sockets."""

from __future__ import annotations

import socket

from deploy.checks import outside


def test_names_are_looked_up_but_for_those_of_tenants() -> None:
    found = outside.look("ada@localhost", "127.0.0.1", ["localhost", "*.localhost", "no.invalid"])

    assert found.names.keys() == {"localhost", "no.invalid"}
    assert "127.0.0.1" in found.names["localhost"]
    assert found.names["no.invalid"] == ()


def test_a_port_that_listens_can_be_reached_and_another_says_why_not() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        assert outside.knock("127.0.0.1", port) == ""

    assert outside.knock("127.0.0.1", port) == "Connection refused"
