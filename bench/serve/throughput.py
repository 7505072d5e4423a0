"""Ten apps in one pool against one app without us: requests a second, processor time."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from bench.serve.load import Load, load, settle
from bench.serve.places import Place, running
from bench.serve.tables import Cells, alternating, ratio, spread

CONNECTIONS = 16
TEN, BARE, DEPLOYED = (
    "ten apps, one pool",
    "one app, bare",
    "one app, logged, behind ProxyFix",
)
EACH = (
    Place(TEN),
    Place(BARE, bare="app0:create_app()", paths=("/",)),
    # As it is deployed: without ProxyFix it takes nginx for its visitor.
    Place(DEPLOYED, bare="app0:behind_nginx()", words=("--access-logfile", "-"), paths=("/",)),
)
PLACES = {place.name: place for place in EACH}


def measure(
    folder: Path, rounds: int, seconds: float, names: Collection[str] = tuple(PLACES)
) -> dict[str, list[Load]]:
    """Return what each place did, round by round."""
    with running(folder, *(PLACES[name] for name in names)) as places:
        for place in places.values():
            settle(place)
        found: dict[str, list[Load]] = {name: [] for name in places}
        for name in alternating(places, rounds):
            found[name].append(load(places[name], CONNECTIONS, seconds))
    return found


HEAD = ("served", "requests/s", "ours to it", "µs of CPU a request", "ours to it", "failed")


def rows(found: dict[str, list[Load]]) -> list[Cells]:
    ours = found[TEN]
    return [
        (
            name,
            spread((one.rate for one in loads), ",.0f"),
            "" if name == TEN else ratio([a.rate for a in ours], [b.rate for b in loads]),
            spread((one.cpu for one in loads), ".0f"),
            "" if name == TEN else ratio([a.cpu for a in ours], [b.cpu for b in loads]),
            str(sum(one.failed for one in loads)),
        )
        for name, loads in found.items()
    ]
