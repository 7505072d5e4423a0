"""An answer gets the headers of its app's set, but for what the app has written itself."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import pytest

from dispatcher.boundary.middleware import Boundary
from dispatcher.registry.address import Address
from dispatcher.registry.headers import CSP_NONCE, MILD, STRICT
from dispatcher.registry.site import App
from tests.dispatcher.wsgi import environ_of

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

AT = Address("example.org", "/wiki")
POLICY = "Content-Security-Policy"


class Answered:
    """What an app of a set answered once: its headers, and the nonce it was told."""

    def __init__(
        self, sort: dict[str, str], *said: tuple[str, str], status: str = "200 OK", fails: int = 0
    ) -> None:
        self.nonce = ""

        def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            self.nonce = environ.get(CSP_NONCE, "")
            start_response(status, list(said))
            if fails:
                raise RuntimeError
            return [b"page"]

        boundary = Boundary(App("wiki", "a:b", (AT,), headers=tuple(sort.items())), AT, app)
        answers: list[tuple[str, list[tuple[str, str]]]] = []
        start: Any = lambda status, headers: answers.append((status, headers))  # noqa: E731
        list(boundary(environ_of("/page", AT.host, SCRIPT_NAME=AT.path), start))
        ((self.status, self.pairs),) = answers
        self.headers = {name: value for name, value in self.pairs if name != "X-Request-ID"}


def test_an_answer_gets_all_of_its_set() -> None:
    answer = Answered(MILD, ("X-A", "b"))

    assert answer.headers == {"X-A": "b", **MILD}


def test_the_nonce_is_the_apps_and_the_policys_and_another_each_time() -> None:
    one, other = Answered(STRICT), Answered(STRICT)

    assert re.findall("'nonce-([0-9a-f]{32})'", one.headers[POLICY]) == [one.nonce] * 2
    assert one.nonce != other.nonce


def test_without_a_policy_that_knows_one_there_is_no_nonce() -> None:
    assert Answered(MILD).nonce == ""


@pytest.mark.parametrize("name", [*STRICT, "X-Frame-Options"])
@pytest.mark.parametrize("written", [str.lower, str.upper, str])
def test_what_the_app_has_written_stays_as_it_is_and_alone(name: str, written: type[str]) -> None:
    answer = Answered({**STRICT, "X-Frame-Options": "DENY"}, (written(name), "its own"))

    assert [value for key, value in answer.pairs if key.lower() == name.lower()] == ["its own"]
    assert len(answer.headers) == len(STRICT) + 1


def test_an_app_that_says_who_may_frame_it_is_not_contradicted_by_a_policy() -> None:
    assert "frame-ancestors" in Answered(STRICT).headers[POLICY]

    answer = Answered(STRICT, ("X-Frame-Options", "SAMEORIGIN"))

    assert "frame-ancestors" not in answer.headers[POLICY]
    assert f"'nonce-{answer.nonce}'" in answer.headers[POLICY]


def test_a_page_that_a_browser_has_kept_stays_with_the_nonce_it_came_with() -> None:
    assert Answered(STRICT, status="304 Not Modified").headers == {}


def test_the_page_of_a_failure_has_a_policy_of_its_own_and_once() -> None:
    answer = Answered(STRICT, (POLICY, "of what failed"), fails=1)

    assert answer.status.startswith("500")
    (policy,) = (value for name, value in answer.pairs if name == POLICY)
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert answer.headers["Permissions-Policy"] == STRICT["Permissions-Policy"]


def test_a_client_cannot_say_the_nonce() -> None:
    said: list[str] = []

    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        said.append(environ.get(CSP_NONCE, ""))
        start_response("200 OK", [])
        return []

    boundary = Boundary(App("wiki", "a:b", (AT,), headers=tuple(STRICT.items())), AT, app)
    forged = {"HTTP_SITE.CSP_NONCE": "forged", CSP_NONCE: "forged"}
    list(boundary(environ_of("/", AT.host, **forged), lambda *_: lambda _: None))

    assert said != ["forged"]
