"""``python -m dispatcher.jobs migrate APP``, ``worker APP NAME`` or ``schedule APP``."""

from __future__ import annotations

import os
import sys
from logging.config import dictConfig

from dispatcher.errors import DispatcherError
from dispatcher.jobs.backup import back_up
from dispatcher.jobs.running import WorkError, job_of, run
from dispatcher.loading.importing import LoadError
from dispatcher.logs import SERVING, config
from dispatcher.settings import Settings


def main(words: list[str]) -> None:
    """Do the job, as whoever this process is; the variables are those of a pool's processes."""
    settings = Settings.of(os.environ)
    site = settings.read()
    job = job_of(site, *words)
    dictConfig(config(settings.log))
    SERVING.set(job.app)
    if job.kind == "migrate":
        others = tuple(app.name for app in site if app.name != job.app)
        back_up(os.environ["STATE_DIRECTORY"], job.app, settings.release, others)
    run(site, job)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except (DispatcherError, LoadError, WorkError) as error:
        sys.exit(str(error))
