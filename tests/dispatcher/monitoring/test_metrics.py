from time import perf_counter

import pytest
from prometheus_client.parser import text_string_to_metric_families

from dispatcher.boundary.exchange import Exchange
from dispatcher.loading.importing import LoadError
from dispatcher.monitoring.board import Board
from dispatcher.monitoring.metrics import Counts, Exposition, timed
from dispatcher.registry.address import Address
from dispatcher.registry.site import App
from tests.dispatcher.wsgi import Seen, environ_of

WIKI = App("wiki", "a:b", (Address("example.org", "/wiki"),))


def told(board: Board) -> dict[tuple[str, ...], float]:
    """Return each sample by its name and label values, as Prometheus reads them."""
    text, kind = Exposition(board, site="yard").text("")
    assert kind.startswith("text/plain")
    families = text_string_to_metric_families(text.decode())
    return {(s.name, *s.labels.values()): s.value for family in families for s in family.samples}


def exchanged(board: Board, status: int, seconds: float, error: Exception | None = None) -> None:
    counts = Counts(board)
    exchange = Exchange("wiki", "example.org/wiki", "id", perf_counter() - seconds)
    counts.begin(exchange, environ_of())
    exchange.status, exchange.error = status, error
    counts.end(exchange, environ_of())


def test_every_exchange_is_counted_by_app_and_status_with_its_seconds() -> None:
    board = Board(["wiki"])
    exchanged(board, 200, 0.02)
    exchanged(board, 204, 0.3)
    exchanged(board, 404, 20)

    samples = told(board)

    assert samples["dispatcher_requests_total", "wiki", "2xx"] == 2
    assert samples["dispatcher_requests_total", "wiki", "4xx"] == 1
    assert samples["dispatcher_request_seconds_bucket", "wiki", "0.025"] == 1
    assert samples["dispatcher_request_seconds_bucket", "wiki", "0.5"] == 2
    assert samples["dispatcher_request_seconds_bucket", "wiki", "+Inf"] == 3
    assert samples["dispatcher_request_seconds_count", "wiki"] == 3
    assert samples["dispatcher_request_seconds_sum", "wiki"] == pytest.approx(20.32, abs=0.1)
    assert samples["dispatcher_requests_in_flight", "wiki"] == 0


def test_what_has_begun_and_not_ended_is_in_flight() -> None:
    board = Board(["wiki"])
    Counts(board).begin(Exchange("wiki", "", "", 0.0), environ_of())
    assert told(board)["dispatcher_requests_in_flight", "wiki"] == 1


def test_an_error_is_an_answer_5xx_or_what_an_app_raised() -> None:
    board = Board(["wiki"])
    exchanged(board, 500, 0.1)
    exchanged(board, 200, 0.1, ValueError("half way through the body"))
    exchanged(board, 404, 0.1)
    assert told(board)["dispatcher_errors_total", "wiki"] == 2


@pytest.mark.parametrize("status", [0, 999])
def test_a_status_that_http_does_not_know_moves_no_other_number(status: int) -> None:
    board = Board(["wiki"])
    exchanged(board, status, 20)
    assert told(board)["dispatcher_request_seconds_count", "wiki"] == 1


def test_an_app_that_came_after_the_board_was_made_is_served_uncounted() -> None:
    board = Board(["portal"])
    exchanged(board, 200, 0.1)
    assert told(board)["dispatcher_request_seconds_count", "portal"] == 0


def test_loads_are_counted_the_failed_ones_too() -> None:
    board = Board(["wiki"])

    def fails(app: App) -> Seen:
        raise LoadError(app, "no")

    timed(lambda _: Seen(), board)(WIKI)
    with pytest.raises(LoadError):
        timed(fails, board)(WIKI)

    samples = told(board)
    assert samples["dispatcher_loads_total", "wiki"] == 2
    assert samples["dispatcher_load_failures_total", "wiki"] == 1
    assert samples["dispatcher_load_seconds_total", "wiki"] > 0
