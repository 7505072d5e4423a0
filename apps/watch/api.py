"""What do programs get? The same states, as JSON."""

from datetime import UTC, datetime

from flask import Blueprint, url_for

from apps.watch.errors import InvalidAPIUsage
from apps.watch.rounds import check_now, watched
from apps.watch.state import State, next_check_in, state_of, states
from apps.watch.store import Result

bp = Blueprint("api", __name__)

JSON = dict[str, object]


@bp.get("/targets")
def targets() -> JSON:
    return {"targets": [_summary(state) for state in states()]}


@bp.get("/targets/<name>")
def target(name: str) -> JSON:
    state = state_of(name)
    if state is None:
        known = [target.name for target in watched()]
        raise InvalidAPIUsage(f"There is no target {name!r}.", 404, known=known)
    return _summary(state) | {"history": [_result(result) for result in state.results]}


@bp.post("/checks")
def checks() -> JSON:
    """Check all targets, unless that was done just now; answer with the state either way."""
    fresh = check_now()
    return {"fresh": fresh, "next_check_in_seconds": next_check_in()} | targets()


def _summary(state: State) -> JSON:
    return {
        "name": state.target.name,
        "url": state.target.url,
        "state": state.word,
        "last": None if state.last is None else _result(state.last),
        "self": url_for("api.target", name=state.target.name),
    }


def _result(result: Result) -> JSON:
    return {
        "checked_at": datetime.fromtimestamp(result.checked_at, UTC).isoformat(timespec="seconds"),
        "up": result.answer.up,
        "status": result.answer.status,
        "milliseconds": result.answer.milliseconds,
        "error": result.answer.error,
    }
