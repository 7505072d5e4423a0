import socket
from ssl import SSLCertVerificationError

import pytest
from urllib3.connection import HTTPSConnection
from urllib3.exceptions import HTTPError, NameResolutionError, NewConnectionError, SSLError

from apps.watch.check import Answer, check, in_words, open_pool
from tests.apps.watch.servers import Target, closed_port, hanging_up


def ask(url: str) -> Answer:
    with open_pool() as pool:
        return check(pool, url)


def test_what_answers_is_up(address: str) -> None:
    answer = ask(f"{address}/ok")

    assert (answer.up, answer.status, answer.error) == (True, 200, None)
    assert answer.milliseconds < 5000


def test_nobody_listening_is_down() -> None:
    answer = ask(closed_port())

    assert (answer.up, answer.status, answer.error) == (False, None, "the connection was refused")


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (204, None),
        (404, "it answered 404 Not Found"),
        (503, "it answered 503 Service Unavailable"),
        (599, "it answered 599"),
    ],
)
def test_an_error_status_is_down_at_once(
    address: str, site: Target, status: int, error: str | None
) -> None:
    """Also with Retry-After, which urllib3 would wait for."""
    answer = ask(f"{address}/status/{status}")

    assert (answer.status, answer.error) == (status, error)
    assert len(site.asked) == 1


def test_three_redirects_are_followed(address: str) -> None:
    assert ask(f"{address}/hops/3").up


def test_a_fourth_redirect_is_not(address: str, site: Target) -> None:
    answer = ask(f"{address}/hops/9")

    assert (answer.status, answer.error) == (None, "it redirected more than 3 times")
    assert site.asked == ["/hops/9", "/hops/8", "/hops/7", "/hops/6"]


def test_a_server_that_hangs_up_is_down() -> None:
    with hanging_up() as url:
        assert ask(url).error == "the connection broke off before an answer"


def test_plain_http_is_no_answer_to_https(address: str) -> None:
    assert ask(address.replace("http:", "https:")).error == "no secure connection could be made"


def test_a_name_without_address_is_told_in_words() -> None:
    error = NameResolutionError(
        "nowhere.example", HTTPSConnection("nowhere.example"), socket.gaierror(-2, "unknown")
    )

    assert in_words(error) == "the name could not be resolved"


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            SSLError(SSLCertVerificationError(1, "verify failed")),
            "its certificate is not valid",
        ),
        (
            NewConnectionError(HTTPSConnection("a.example"), "no"),
            "no connection could be made",
        ),
        (HTTPError("odd"), "the check failed: HTTPError"),
        (ValueError("odd"), "the check failed: ValueError"),
    ],
)
def test_every_error_has_words(error: Exception, words: str) -> None:
    if isinstance(error, SSLError):
        error.args[0].verify_message = "certificate has expired"

    assert in_words(error).startswith(words)
