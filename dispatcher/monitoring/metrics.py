"""How many requests there were, how long they took and what went wrong, by app."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from time import perf_counter
from typing import TYPE_CHECKING

from prometheus_client.core import (
    CollectorRegistry,
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
)
from prometheus_client.exposition import choose_encoder

from dispatcher.monitoring import board as cells
from dispatcher.monitoring.board import BOUNDS, BUCKET, SECONDS, STATUS, Board, bucket

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment
    from prometheus_client.core import Metric

    from dispatcher.boundary.exchange import Exchange
    from dispatcher.loading.contained import Contained
    from dispatcher.registry.site import App


QUICK = BOUNDS[0]
"""Most answers take less; for them there is no need to look for the bucket."""


class Counts:
    """Count every exchange with an app, and its seconds."""

    __slots__ = ("board", "rows")

    def __init__(self, board: Board) -> None:
        self.board, self.rows = board, board.rows

    def begin(self, exchange: Exchange, environ: WSGIEnvironment) -> None:  # noqa: ARG002 - Observer
        row = self.rows.get(exchange.app)
        if row is not None:
            self.board.own.cells[row] += 1

    def end(self, exchange: Exchange, environ: WSGIEnvironment) -> None:  # noqa: ARG002 - Observer
        row = self.rows.get(exchange.app)
        if row is None:  # in site.toml only since this pool started
            return
        own, seconds = self.board.own.cells, perf_counter() - exchange.started
        status = exchange.status
        own[row] -= 1
        own[row + STATUS + (status // 100 if status < 600 else 5)] += 1
        if status != 101:  # a websocket's hours are no slow answer
            own[row + SECONDS] += seconds
            own[row + (BUCKET if seconds < QUICK else bucket(seconds))] += 1
        if status >= 500 or exchange.error is not None:
            own[row + cells.ERRORS] += 1


def count_loads(apps: Iterable[Contained], board: Board) -> None:
    """Have each app count on the board how often it is loaded, and how long that takes."""
    for app in apps:
        app.load_app = timed(app.load_app, board)


def timed(load: Callable[[App], WSGIApplication], board: Board) -> Callable[[App], WSGIApplication]:
    """Return a loader that counts the loads, the failed ones too, and their seconds."""

    def timed_load(app: App) -> WSGIApplication:
        row, started = board.rows[app.name], perf_counter()
        own = board.own.cells
        try:
            return load(app)
        except BaseException:
            own[row + cells.FAILURES] += 1
            raise
        finally:
            own[row + cells.LOADS] += 1
            own[row + cells.LOAD_SECONDS] += perf_counter() - started

    return timed_load


class Exposition:
    """What Prometheus is told, in the format that it accepts."""

    def __init__(self, board: Board, **about: str) -> None:
        """``about`` becomes the labels of ``dispatcher_info``."""
        self.board, self.about = board, about
        self.registry = CollectorRegistry()
        self.registry.register(self)

    def text(self, accept: str) -> tuple[bytes, str]:
        """Return the metrics, and their content type."""
        encode, kind = choose_encoder(accept)
        return encode(self.registry), kind

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics of all workers of the pool, those that are gone included."""
        totals = self.board.totals().items()
        yield InfoMetricFamily("dispatcher", "What answers.", value=self.about)
        yield GaugeMetricFamily(
            "dispatcher_workers", "Worker processes.", value=len(self.board.workers())
        )
        requests = CounterMetricFamily(
            "dispatcher_requests", "Requests that apps answered.", labels=("app", "status")
        )
        seconds = HistogramMetricFamily(
            "dispatcher_request_seconds", "From request to end of response.", labels=("app",)
        )
        for app, row in totals:
            for digit, count in enumerate(row[STATUS:BUCKET]):
                if count:
                    requests.add_metric((app, f"{digit}xx" if digit else "none"), count)
            seconds.add_metric((app,), cumulated(row[BUCKET:]), row[SECONDS])
        yield requests
        yield seconds
        for family, cell, name, text in (
            (GaugeMetricFamily, cells.IN_FLIGHT, "requests_in_flight", "Requests being answered."),
            (CounterMetricFamily, cells.ERRORS, "errors", "Answers 5xx, and errors apps raised."),
            (CounterMetricFamily, cells.LOADS, "loads", "Times an app was loaded, or tried to."),
            (CounterMetricFamily, cells.FAILURES, "load_failures", "... and could not be."),
            (CounterMetricFamily, cells.LOAD_SECONDS, "load_seconds", "Time that loading took."),
        ):
            metric = family(f"dispatcher_{name}", text, labels=("app",))
            for app, row in totals:
                metric.add_metric((app,), row[cell])
            yield metric


def cumulated(counts: list[float]) -> list[tuple[str, float]]:
    """Return each bucket's upper bound and what is in it and all below.

    >>> cumulated([1.0] * 12)[:2], cumulated([1.0] * 12)[-1]
    ([('0.005', 1.0), ('0.01', 2.0)], ('+Inf', 12.0))
    """
    below = 0.0
    buckets = []
    for bound, count in zip((*map(str, BOUNDS), "+Inf"), counts, strict=True):
        below += count
        buckets.append((bound, below))
    return buckets
