"""How is a job run: a command in the app's environment, or a function with the app made?"""

from __future__ import annotations

import importlib
import os
import shlex
import shutil
import signal
import socket
import sys
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from dispatcher.errors import DispatcherError
from dispatcher.loading.importing import blamed
from dispatcher.registry.jobs import Job, is_function, jobs
from dispatcher.registry.placeholders import filled
from dispatcher.registry.site import App, Site
from dispatcher.serving.apps import ready, values

FLASK_APP = "dispatcher.jobs.flask_app:create_app"
"""What the command ``flask`` finds: the app as the site makes it."""


class WorkError(DispatcherError):
    """A job that cannot be done; the text says why."""


def job_of(site: Site, kind: str, app: str, worker: str = "") -> Job:
    """Return the job meant; raises `WorkError` naming those there are."""
    there = {(job.kind, job.app, job.worker): job for one in site for job in jobs(one)}
    for key, job in there.items():
        if key == (kind, app, worker):
            return job
    names = ", ".join(" ".join(filter(None, key)) for key in there) or "none"
    wanted = " ".join(filter(None, (kind, app, worker)))
    raise WorkError(f"{site.file} has no job {wanted!r}; it has {names}")


def run(site: Site, job: Job) -> None:
    """Do the job in this process; returns only where that is a function that ends."""
    app = site.app(job.app)
    if is_function(job.command):
        call(site, app, job)
    else:
        execute(site, app, job)


def execute(site: Site, app: App, job: Job) -> NoReturn:
    """Become the command. Programs of this Python's environment come first."""
    words = shlex.split(job.command)
    program, environ = program_of(words[0], job), variables(site, app)
    tell_ready()
    environ.pop("NOTIFY_SOCKET", None)
    sys.stdout.flush()
    sys.stderr.flush()
    os.execve(program, [program, *words[1:]], environ)  # noqa: S606 - no shell wanted


def program_of(name: str, job: Job) -> str:
    """Return the path of a program; raises `WorkError`."""
    path = os.pathsep.join((own_programs(), os.environ.get("PATH", os.defpath)))
    if found := shutil.which(name, path=path):
        return found
    what = " ".join(filter(None, (job.kind, job.worker)))
    raise WorkError(
        f"{job.app}: {what} runs {job.command!r}, but there is no program {name!r}; "
        "is it among what the site depends on?"
    )


def own_programs() -> str:
    return str(Path(sys.executable).parent)


def variables(site: Site, app: App) -> dict[str, str]:
    """Return the environment of the app's commands: this one, and what site.toml gives it."""
    address = app.addresses[0]
    with blamed(app):
        given: Mapping[str, str] = filled(app.env, values(site, app, address))
    folder = str(site.file.resolve().parent)
    return {
        **os.environ,
        "DISPATCHER_SITE": str(site.file.resolve()),
        "DISPATCHER_APP": app.name,
        "FLASK_APP": FLASK_APP,
        "PATH": os.pathsep.join((own_programs(), os.environ.get("PATH", os.defpath))),
        "PYTHONPATH": os.pathsep.join(filter(None, (folder, os.environ.get("PYTHONPATH")))),
        **given,
    }


def call(site: Site, app: App, job: Job) -> None:
    """Call the function, in the context of its app where that is Flask's.

    What it returns, or what the name leads to, is started if that can be: a schedule. SIGTERM
    ends the process as ``sys.exit`` does, so that threads which are at work finish.
    """
    signal.signal(signal.SIGTERM, leave)
    made = None if app.addresses == (app.tenants,) else ready(app, site, app.addresses[0])
    module, _, path = job.command.partition(":")
    found: Any = importlib.import_module(module)
    for name in path.split("."):
        if not hasattr(found, name):
            raise WorkError(f"{app.name}: {job.kind}: {module} has no {name!r}")
        found = getattr(found, name)
    context = getattr(made, "app_context", nullcontext)
    tell_ready()
    with context():
        result = found() if callable(found) else found
        start = getattr(result, "start", None)
        if callable(start):
            start()
    if job.kind != "migrate":
        what = "BlockingScheduler does, BackgroundScheduler does not"
        raise WorkError(f"{app.name}: {job.command} ended by itself; it must go on ({what})")


def tell_ready() -> None:
    """Tell systemd, where it asks for that, that what was to be made is made (sd_notify(3))."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if address:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
            systemd.connect(f"\0{address[1:]}" if address[0] == "@" else address)
            systemd.sendall(b"READY=1")


def leave(signum: int, frame: FrameType | None) -> NoReturn:  # noqa: ARG001 - signal's signature
    raise SystemExit(0)
