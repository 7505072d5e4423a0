"""Which pages does the watch have?"""

from datetime import UTC, datetime

from flask import Blueprint, abort, redirect, render_template, url_for
from werkzeug.wrappers import Response

from apps.watch.rounds import check_now, clock
from apps.watch.sparkline import bars
from apps.watch.state import SHOWN, next_check_in, state_of, states
from apps.watch.words import ago

bp = Blueprint("pages", __name__)

bp.add_app_template_global(bars)
bp.add_app_template_global(ago)


@bp.app_template_filter("moment")
def moment(seconds: float) -> datetime:
    """Turn seconds since 1970 into a time in UTC."""
    return datetime.fromtimestamp(seconds, UTC)


@bp.get("/")
def index() -> str:
    return render_template(
        "index.html", states=states(), wait=next_check_in(), now=clock(), shown=SHOWN
    )


@bp.get("/targets/<name>")
def target(name: str) -> str:
    state = state_of(name)
    if state is None:
        abort(404)
    return render_template("target.html", state=state, now=clock(), shown=SHOWN)


@bp.post("/checks")
def checks() -> Response:
    """Check all targets and show the page again: 303, so that a reload repeats nothing."""
    check_now()
    return redirect(url_for(".index"), 303)
