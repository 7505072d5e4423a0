"""Does one address answer?"""

import errno
import time
from dataclasses import dataclass
from http import HTTPStatus
from ssl import SSLCertVerificationError

from urllib3 import PoolManager, Retry, Timeout
from urllib3.exceptions import (
    HTTPError,
    MaxRetryError,
    NameResolutionError,
    NewConnectionError,
    ProtocolError,
    ResponseError,
    SSLError,
    TimeoutError,
)

TIMEOUT_SECONDS = 5
MAX_REDIRECTS = 3

_REFUSALS = {
    errno.ECONNREFUSED: "the connection was refused",
    errno.EHOSTUNREACH: "the host could not be reached",
    errno.ENETUNREACH: "the network could not be reached",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What one check found."""

    status: int | None
    """Of HTTP, after redirects; None where nothing answered."""

    milliseconds: int
    """Until the headers were there, redirects included."""

    error: str | None
    """In words; None when up."""

    @property
    def up(self) -> bool:
        return self.error is None


def open_pool() -> PoolManager:
    """Return a client for one round of checks. Safe to share between threads; close it."""
    return PoolManager(
        timeout=Timeout(total=TIMEOUT_SECONDS),
        retries=Retry(
            MAX_REDIRECTS, connect=0, read=0, status=0, other=0, respect_retry_after_header=False
        ),
        headers={"User-Agent": "flaskyard-watch", "Connection": "close"},
    )


def check(pool: PoolManager, url: str) -> Answer:
    """Ask for ``url`` once. Whatever goes wrong is an answer too; nothing is raised.

    The body is not read, however large. Where a redirect leads is up to the
    target: watch only addresses that you trust with a GET from this server.
    """
    start = time.perf_counter()
    status, error = _ask(pool, url)
    return Answer(status, round((time.perf_counter() - start) * 1000), error)


def _ask(pool: PoolManager, url: str) -> tuple[int | None, str | None]:
    try:
        response = pool.request("GET", url, preload_content=False)
    except (HTTPError, OSError, ValueError) as error:
        return None, in_words(error)
    response.close()
    if response.status < HTTPStatus.BAD_REQUEST:
        return response.status, None
    return response.status, f"it answered {response.status}{_phrase(response.status)}"


def in_words(error: Exception) -> str:
    """Say what ``error`` of urllib3 means, for somebody who runs no servers."""
    if isinstance(error, MaxRetryError) and error.reason is not None:
        error = error.reason
    match error:
        case NameResolutionError():
            return "the name could not be resolved"
        case NewConnectionError():
            code = error.__cause__.errno if isinstance(error.__cause__, OSError) else None
            return _REFUSALS.get(code or 0, "no connection could be made")
        case TimeoutError():
            return f"there was no answer within {TIMEOUT_SECONDS} s"
        case SSLError():
            cause = next(iter(error.args), None)
            if isinstance(cause, SSLCertVerificationError):
                return f"its certificate is not valid: {cause.verify_message}"
            return "no secure connection could be made"
        case ResponseError():
            return f"it redirected more than {MAX_REDIRECTS} times"
        case ProtocolError():
            return "the connection broke off before an answer"
    return f"the check failed: {type(error).__name__}"


def _phrase(status: int) -> str:
    try:
        return f" {HTTPStatus(status).phrase}"
    except ValueError:
        return ""
