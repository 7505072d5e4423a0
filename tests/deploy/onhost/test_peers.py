"""Who would be asked for a proof is asked for none, and says so, or it is told what is wrong."""

from __future__ import annotations

import socket

import pytest

from deploy.onhost import peers
from tests.deploy.edges import Told
from tests.deploy.test_nginx_peers import SITE, answering, closed, entrance
from tests.deploy.webserver import needs_nginx

GIVEN = {"peers": {"web2": "127.0.0.1"}}


@needs_nginx
def test_a_server_of_the_site_is_well() -> None:
    with entrance(SITE, "web1", (9, 9, 9)) as one:
        assert peers.main({**GIVEN, "port": one.web.port}) == {"web2": ""}


@pytest.mark.parametrize("status", [200, 400, 503])
def test_one_that_answers_as_something_else_is_told_of(status: int) -> None:
    with answering(Told("web2", status)) as port:
        told = peers.main({**GIVEN, "port": port})

    assert told == {"web2": f"127.0.0.1 answers {status}, and should 404"}


def test_one_that_is_not_there_is_told_of() -> None:
    with closed() as port:
        told = peers.main({**GIVEN, "port": port})

    assert told == {"web2": "127.0.0.1 does not answer: [Errno 111] Connection refused"}


def test_one_that_is_silent_is_not_waited_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        told = peers.main({**GIVEN, "port": silent.getsockname()[1], "seconds": 0.1})

    assert told == {"web2": "127.0.0.1 does not answer: timed out"}
