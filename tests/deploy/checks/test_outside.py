"""What is seen of a server from outside, over real sockets."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from deploy.checks import outside
from tests.deploy.certify.made import chained


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


@contextmanager
def secure(name: str, folder: Path) -> Iterator[tuple[int, ssl.SSLContext]]:
    """Serve TLS for a host; give the port, and who trusts the authority."""
    root, own = chained(name)
    (folder / "own.pem").write_bytes(own)
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(folder / "own.pem")
    trusting = ssl.create_default_context(cadata=root.decode())

    def answer() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection, suppress(OSError):
                serving.wrap_socket(connection, server_side=True).close()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=answer)
        thread.start()
        try:
            yield listener.getsockname()[1], trusting
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def test_a_host_is_looked_at_as_a_browser_does(tmp_path: Path) -> None:
    with secure("a.org", tmp_path) as (port, trusting):
        taken = outside.shown("127.0.0.1", port, "a.org", trusting)
        another = outside.shown("127.0.0.1", port, "b.org", trusting)
        strange = outside.shown("127.0.0.1", port, "a.org", ssl.create_default_context())
    gone = outside.shown("127.0.0.1", port, "a.org", trusting)

    assert taken.fault == ""
    assert taken.until is not None
    assert 88 < (taken.until - time.time()) / 86400 < 90
    assert "certificate is not valid for 'b.org'" in another.fault
    assert "unable to get local issuer certificate" in strange.fault
    assert gone == outside.Shown("Connection refused")
