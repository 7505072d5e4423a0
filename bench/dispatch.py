"""What does dispatching a request cost? ``python -m bench.dispatch`` says.

As a share of a trivial Flask request, and beside others that do the like: by path with 1
to 100,000 mounts, by host, for short, long and odd paths; then with all that stands
around an app. What the called app does is subtracted, by calling it alone as well.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import version
from typing import TYPE_CHECKING, NamedTuple

from bench import dispatch_ways as way
from bench.dispatch_kept import Kept, kept
from bench.dispatch_times import Asked, net, share, times

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

TURNS, QUICK_TURNS = 200, 3
COUNTS, QUICK_COUNTS = (1, 10, 100, 1_000, 10_000, 100_000), (1, 100)
STRANGERS, QUICK_STRANGERS = 100_000, 500
FLASK, IDLE = "a trivial Flask request", "the app alone"
SLOWEST = {"Paste": 10_000, "Map": 10_000}
"""The most mounts that others are asked to bear: more take minutes to make."""


class Figure(NamedTuple):
    """One cell: what one way took of a request, beyond the app itself."""

    table: str
    case: str
    way: str
    microseconds: float

    percent: float
    """Of a trivial Flask request for a short path, in the same turn."""

    flask: float
    """Microseconds of such a request. They differ much with what else the machine does."""


Cases = dict[str, dict[str, Asked]]
"""What is asked in each case, each way."""


def by_mounts(counts: Iterable[int]) -> Cases:
    makers = {
        "ours": way.ours,
        "ours, new path": way.ours_full,
        "DispatcherMiddleware": way.werkzeug,
        "Paste": way.paste,
        "CherryPy": way.cherrypy,
    }
    return {
        f"{count:,} mounts": {
            name: Asked(app, way.environ_of(f"/app{count // 2}/news"))
            for name, app in made(makers, count).items()
        }
        for count in counts
    }


def made(
    makers: Mapping[str, Callable[[int], WSGIApplication]], count: int
) -> dict[str, WSGIApplication]:
    """Make each that can be made; say which is not installed."""
    found = {}
    for name, make in makers.items():
        if count > SLOWEST.get(name, count):
            continue
        try:
            found[name] = make(count)
        except ImportError as error:
            print(f"{name} is left out: {error}", file=sys.stderr)
    return found


def by_paths(paths: Mapping[str, str]) -> Cases:
    apps = {
        "ours": way.ours(1_000),
        "ours, new path": way.ours_full(1_000),
        "DispatcherMiddleware": way.werkzeug(1_000),
    }
    return {
        case: {
            name: Asked(app, way.environ_of(path))
            for name, app in apps.items()
            if name.startswith("ours") or path.count("/") < 1_000  # it would take a minute
        }
        for case, path in paths.items()
    }


def by_hosts(counts: Iterable[int]) -> Cases:
    makers = {"ours": way.our_hosts, "SubdomainDispatcher": way.documented, "Map": way.host_map}
    cases: Cases = {}
    for count in counts:
        found = made(makers, count)
        host = f"app{count // 2}.{way.DOMAIN}"
        cases[f"{count:,} hosts"] = {
            name: Asked(app, way.environ_of("/news", host)) for name, app in found.items()
        }
        wild = way.environ_of("/news", f"someone.all.{way.DOMAIN}")
        cases[f"a name below a wildcard, {count:,} hosts"] = {"ours": Asked(found["ours"], wild)}
    return cases


def all_together() -> Cases:
    cookie = "flaskyard=1; app50~session=abcdefghijklmnopqrstuvwxyz; app51~session=abcdefghijklm"
    asked = {
        "no cookies": (way.hello, way.environ_of("/app50/news")),
        "cookies both ways": (way.greeting, way.environ_of("/app50/news", HTTP_COOKIE=cookie)),
    }
    cases: Cases = {}
    for case, (app, environ) in asked.items():
        around = {
            name: way.all_of_ours(app, 100, observers)
            for name, observers in way.observers(100).items()
        }
        around["as served"] = way.as_served(around["and access log"])
        cases[case] = {name: Asked(one, environ) for name, one in around.items()}
    return cases


SEGMENTS = {f"{n} segments below a mount": "/app500" + "/part" * n for n in (1, 3, 10, 30, 100)}
PATHS = {
    "the root app's page": "/news",
    "the root app's first page": "/",
    "a file below a mount": "/app500/static/site.css",
    "an encoded letter": "/app500/%41",
    "an encoded query": "/app500/news?q=%20",
    "a dot segment in the tail": "/app500/a/../b",
    "4 kB below a mount": "/app500/" + "x" * 4_000,
    "4 kB below a mount, a dot at its end": "/app500/" + "x" * 4_000 + ".css",
    "4 kB of the root app": "/" + "x" * 4_000,
    "2,000 segments": "/app500" + "/a" * 2_000,
    "4,000 slashes": "/" * 4_000,
}


def figures(
    table: str, cases: Cases, turns: int, alone: WSGIApplication = way.nothing
) -> list[Figure]:
    """Measure all cases of a table in the same turns."""
    ways = {
        f"{case}|{name}": asked for case, all_of in cases.items() for name, asked in all_of.items()
    }
    short = way.environ_of("/app50/news")
    found = times({IDLE: Asked(alone, short), FLASK: Asked(way.trivial(), short), **ways}, turns)
    flask = net(found, FLASK, IDLE)
    return [
        Figure(table, case, name, net(found, key, IDLE), share(found, key, IDLE, FLASK), flask)
        for key in ways
        for case, name in [key.split("|")]
    ]


def show(rows: list[Figure]) -> None:
    """Print a table in Markdown: a line for each case, a column for each way."""
    names = list(dict.fromkeys(row.way for row in rows))
    print(f"\n| {rows[0].table}; Flask {rows[0].flask:.0f} µs | {' | '.join(names)} |")
    print("|---|" + "--:|" * len(names))
    cells = {
        (row.case, row.way): f"{row.microseconds:,.2f} µs, {row.percent:,.2f} %" for row in rows
    }
    for case in dict.fromkeys(row.case for row in rows):
        print(f"| {case} | {' | '.join(cells.get((case, name), '') for name in names)} |")


def show_kept(rows: Iterable[Kept]) -> None:
    print("\n| requests of strangers | count | bytes kept | objects kept |")
    print("|---|--:|--:|--:|")
    for row in rows:
        print(f"| {row.requests} | {row.asked:,} | {row.kept_bytes:,} | {row.kept_objects:,} |")


def machine() -> str:
    libraries = ", ".join(f"{name} {version(name)}" for name in ("Flask", "Werkzeug"))
    return f"Python {platform.python_version()}, {libraries}, {platform.machine()}"


def main() -> None:
    parser = argparse.ArgumentParser(description="What dispatching a request costs.")
    parser.add_argument("--json", action="store_true", help="for programs")
    parser.add_argument("--quick", action="store_true", help="does it run? Its figures say little")
    parser.add_argument("--turns", type=int, help=f"of each way, default {TURNS}")
    options = parser.parse_args()
    turns = options.turns or (QUICK_TURNS if options.quick else TURNS)
    counts = QUICK_COUNTS if options.quick else COUNTS
    print(machine(), file=sys.stderr)
    tables = [
        figures("by path, below a mount", by_mounts(counts), turns),
        figures("by path, 1,000 mounts", by_paths(SEGMENTS), turns),
        figures("other paths, 1,000 mounts", by_paths(PATHS), turns),
        figures("by host", by_hosts(counts[:5]), turns),
        figures("all of it, 100 mounts", all_together(), turns, way.hello),
    ]
    left = kept(QUICK_STRANGERS if options.quick else STRANGERS)
    if options.json:
        found = [row._asdict() for rows in tables for row in rows]
        told = {"machine": machine(), "figures": found, "kept": [row._asdict() for row in left]}
        print(json.dumps(told))
        return
    for rows in tables:
        show(rows)
    show_kept(left)


if __name__ == "__main__":
    main()
