"""What does dispatching a request cost? ``python -m bench.dispatch`` says.

Four ways to the same app, at 1 to 10,000 mounts: Werkzeug's own DispatcherMiddleware,
ours, ours behind the router of hosts, and that with each app contained, as it is served.
They take turns in one process, in batches of a few milliseconds, so that what
slows the machine slows all of them; a ratio is the median of the ratios of each
turn. What the called app does is subtracted, by calling it without any of them.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, NamedTuple
from wsgiref.util import setup_testing_defaults

from flask import Flask
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from dispatcher.address import Address
from dispatcher.contained import Contained
from dispatcher.mounts import Mounts
from dispatcher.router import route
from dispatcher.site import App, Site
from dispatcher.stack import stack

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

COUNTS = (1, 10, 1_000, 10_000)
TURNS = 60
BATCH_SECONDS = 0.004
BODY = [b"hello"]
TARGET = "bench.dispatch:nothing"


class Figure(NamedTuple):
    """One line of the table; times are medians in microseconds for each request."""

    case: str
    mounts: int
    werkzeug: float
    ours: float
    routed: float
    served: float

    ours_to_werkzeug: float
    """Below 1 is cheaper."""

    served_share: float
    """In percent of a trivial Flask request, this one not dispatched."""

    werkzeug_share: float


def nothing(_environ: WSGIEnvironment, _start_response: StartResponse) -> Iterable[bytes]:
    """Be the app whose cost is next to none."""
    return BODY


def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
    """Be the server that hears of an answer and does nothing."""


def trivial() -> WSGIApplication:
    """Return the Flask app whose request is the measure: one route, a few bytes."""
    app = Flask("trivial")
    app.add_url_rule("/<path:path>", view_func=lambda path: "hello")  # noqa: ARG005
    app.add_url_rule("/", "home", view_func=lambda: "hello")
    return app


def environ_of(path: str) -> dict[str, Any]:
    environ: dict[str, Any] = {"PATH_INFO": path, "SCRIPT_NAME": "", "HTTP_HOST": "example.org"}
    setup_testing_defaults(environ)
    return environ


def ways(count: int) -> dict[str, WSGIApplication]:
    """Return each way to ``nothing``, with ``count`` mounts like /app17."""
    prefixes = [f"/app{number}" for number in range(count)]
    apps = tuple(App(p[1:], TARGET, (Address("example.org", p),)) for p in prefixes)
    root = App("root", TARGET, (Address("example.org"),))
    site = Site("bench", "example.org", (root, *apps))
    return {
        "nothing": nothing,
        "werkzeug": DispatcherMiddleware(nothing, dict.fromkeys(prefixes, nothing)),
        "ours": Mounts(nothing, dict.fromkeys(prefixes, nothing)),
        "routed": route(site, lambda *_: nothing),
        "served": stack(site, {app.name: contained(app) for app in site}),
    }


def contained(app: App) -> Contained:
    loaded = Contained(app)
    loaded.load()
    return loaded


def times(
    measured: Mapping[str, WSGIApplication], environ: Mapping[str, Any], turns: int
) -> dict[str, list[float]]:
    """Return the seconds a request took each way, turn by turn."""
    sizes = {name: batch_of(app, environ) for name, app in measured.items()}
    found: dict[str, list[float]] = {name: [] for name in measured}
    names = list(measured)
    for turn in range(turns):
        for name in names if turn % 2 else reversed(names):
            found[name].append(batch(measured[name], environ, sizes[name]) / sizes[name])
    return found


def batch(app: WSGIApplication, environ: Mapping[str, Any], size: int) -> float:
    """Return the seconds that ``size`` requests take, each with an environ of its own."""
    environs = [dict(environ) for _ in range(size)]
    started = time.perf_counter()
    for one in environs:
        app(one, start)
    return time.perf_counter() - started


def batch_of(app: WSGIApplication, environ: Mapping[str, Any]) -> int:
    """Return how many requests take about `BATCH_SECONDS`."""
    batch(app, environ, 3)
    return max(3, min(5_000, int(BATCH_SECONDS / (batch(app, environ, 20) / 20))))


def measure(case: str, count: int, path: str, turns: int) -> Figure:
    found = times({**ways(count), "flask": trivial()}, environ_of(path), turns)

    def each(name: str) -> list[float]:
        pairs = zip(found[name], found["nothing"], strict=True)
        return [seconds - idle for seconds, idle in pairs]

    def middle(name: str) -> float:
        return statistics.median(each(name))

    def ratio(name: str, base: Iterable[float]) -> float:
        return statistics.median(a / b for a, b in zip(each(name), base, strict=True))

    return Figure(
        case,
        count,
        werkzeug=middle("werkzeug") * 1e6,
        ours=middle("ours") * 1e6,
        routed=middle("routed") * 1e6,
        served=middle("served") * 1e6,
        ours_to_werkzeug=ratio("ours", each("werkzeug")),
        served_share=ratio("served", found["flask"]) * 100,
        werkzeug_share=ratio("werkzeug", found["flask"]) * 100,
    )


CASES: dict[str, Callable[[int], str]] = {
    "a page of an app": lambda count: f"/app{count // 2}/news",
    "a page of no mount": lambda _: "/about",
    "20 segments below an app": lambda count: f"/app{count // 2}" + "/part" * 20,
    "20 segments of no mount": lambda _: "/part" * 20,
    "4,000 slashes": lambda _: "/" * 4000,
}
"""What is asked for, given how many mounts there are."""


def figures(turns: int) -> list[Figure]:
    flat, *rest = CASES
    shown = [(flat, count) for count in COUNTS] + [(case, 1_000) for case in rest]
    return [measure(case, count, CASES[case](count), turns) for case, count in shown]


def machine() -> str:
    libraries = ", ".join(f"{name} {version(name)}" for name in ("Flask", "Werkzeug"))
    return f"Python {platform.python_version()}, {libraries}, {platform.machine()}"


COLUMNS = (
    "request",
    "mounts",
    "Werkzeug, µs",
    "ours",
    "and router",
    "and contained",
    "ours to Werkzeug",
    "all of ours, of Flask",
    "Werkzeug, of Flask",
)


def show(rows: Iterable[Figure]) -> None:
    print(f"| {' | '.join(COLUMNS)} |")
    print("|---|" + "--:|" * (len(COLUMNS) - 1))
    for row in rows:
        times = (f"{us:,.2f}" for us in (row.werkzeug, row.ours, row.routed, row.served))
        shares = (f"{percent:,.1f} %" for percent in (row.served_share, row.werkzeug_share))
        cells = (row.case, f"{row.mounts:,}", *times, f"{row.ours_to_werkzeug:.2g}", *shares)
        print(f"| {' | '.join(cells)} |")


def main() -> None:
    parser = argparse.ArgumentParser(description="What dispatching a request costs.")
    parser.add_argument("--json", action="store_true", help="for programs")
    parser.add_argument("--turns", type=int, default=TURNS, help="of each way, default %(default)s")
    options = parser.parse_args()
    print(machine(), file=sys.stderr)
    rows = figures(options.turns)
    if options.json:
        print(json.dumps({"machine": machine(), "figures": [row._asdict() for row in rows]}))
    else:
        show(rows)


if __name__ == "__main__":
    main()
