"""Which app has the command ``flask``, in a job? The one that the job is of, as its site has it."""

from __future__ import annotations

import os
from typing import Any

from dispatcher.serving.apps import ready
from dispatcher.settings import Settings


def create_app() -> Any:
    """Make the app with its configuration and secrets."""
    site = Settings.of(os.environ).read()
    app = site.app(os.environ["DISPATCHER_APP"])
    return ready(app, site, app.addresses[0])
