"""The association's front page: news, the next meeting, who we are."""

import os
from collections.abc import Mapping
from pathlib import Path

from flask import Flask

from apps.look import init_look
from apps.portal import cli, db, pages


def create_app(config: Mapping[str, object] | None = None) -> Flask:
    """Make the app. It touches neither disk nor network before the first request.

    ``STATE_DIRECTORY`` in ``config``, or else in the environment, where systemd
    puts it, names the folder that holds this app's own: ``portal/portal.sqlite3``.
    """
    config = config or {}
    app = Flask(__name__, instance_path=str(_state(config) / "portal"))
    app.config.from_mapping(config)
    nav = {"pages.news_list": "News", "pages.paper_list": "Papers", "pages.about": "About"}
    init_look(app, home="pages.index", nav=nav)
    app.register_blueprint(pages.bp)
    app.teardown_appcontext(db.close_db)
    cli.register(app)
    return app


def _state(config: Mapping[str, object]) -> Path:
    named = str(config.get("STATE_DIRECTORY") or os.environ.get("STATE_DIRECTORY", ""))
    return Path(named.partition(":")[0] or "instance").absolute()  # systemd may name several
