"""Do the association's web addresses answer? As a page for people, as JSON for the rest."""

import os
import time
from collections.abc import Mapping
from pathlib import Path

from flask import Flask
from werkzeug.exceptions import HTTPException

from apps.look import init_look
from apps.watch import api, cli, db, errors, pages
from apps.watch.targets import read_targets


def create_app(config: Mapping[str, object] | None = None) -> Flask:
    """Make the app. It reads the targets and nothing else: no database, no network, no thread.

    ``WATCH_TARGETS`` in ``config``, or else in the environment, says where the
    targets are: a TOML file, or in ``config`` also a list of tables as in one. A bad
    one raises `apps.watch.targets.TargetsError`. ``STATE_DIRECTORY``, in either
    place, names the folder that holds ``watch/watch.sqlite3``. ``CLOCK`` returns
    seconds since 1970.
    """
    config = config or {}
    app = Flask(__name__, instance_path=str(_state(config) / "watch"))
    app.config.from_mapping({"CLOCK": time.time} | dict(config))
    app.extensions["watch"] = read_targets(
        config.get("WATCH_TARGETS")
        or os.environ.get("WATCH_TARGETS")
        or Path(__file__).with_name("targets.toml")
    )
    init_look(app, home="pages.index", section="Watch")
    app.register_blueprint(pages.bp)
    app.register_blueprint(api.bp, url_prefix="/api")
    app.register_error_handler(errors.InvalidAPIUsage, errors.invalid_usage)
    app.register_error_handler(HTTPException, errors.in_the_right_form)
    app.teardown_appcontext(db.close_db)
    cli.register(app)
    return app


def _state(config: Mapping[str, object]) -> Path:
    named = str(config.get("STATE_DIRECTORY") or os.environ.get("STATE_DIRECTORY", ""))
    return Path(named.partition(":")[0] or "instance").absolute()  # systemd may name several
