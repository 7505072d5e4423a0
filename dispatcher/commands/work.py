"""``dispatcher work``: an app's workers, schedule or migration, on this machine."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import click

from dispatcher.cli import env_option, prepare, site_option
from dispatcher.develop.application import site_here
from dispatcher.jobs.running import WorkError, job_of, run
from dispatcher.loading.importing import LoadError
from dispatcher.logs import SERVING
from dispatcher.registry.jobs import Job, jobs


@click.command("work")
@click.argument("name")
@click.argument("which", required=False, default="")
@site_option
@env_option
@click.option("--port", default=8000, show_default=True, help="For links, as in `dispatcher run`.")
def command(name: str, which: str, path: Path, environment: str, port: int) -> None:
    """Run an app's workers and its schedule on this machine.

    WHICH is a worker's name, or `schedule`, or `migrate`; without it all workers and the
    schedule run, until Ctrl-C.
    """
    prepare(path)
    site = site_here(path, environment, port)
    try:
        app = site.app(name)
    except LookupError as error:
        raise click.BadParameter(str(error.args[0]), param_hint="NAME") from None
    os.environ.setdefault("DISPATCHER_ENV", environment)
    os.environ.update(DISPATCHER_DOMAIN="localhost", DISPATCHER_PORT=str(port))
    if which:
        kind = which if which in ("schedule", "migrate") else "worker"
        SERVING.set(name)
        try:
            run(site, job_of(site, kind, name, which if kind == "worker" else ""))
        except LoadError as error:
            raise click.ClickException(str(error)) from None
        return
    all_ = [job for job in jobs(app) if job.kind != "migrate"]
    if not all_:
        raise WorkError(f"{name} has neither workers nor a schedule in {path}")
    together(all_, path, environment, port)


def together(all_: list[Job], path: Path, environment: str, port: int) -> None:
    """Run each in a process of its own, until one ends or a signal comes; then end the others."""
    words = [sys.executable, "-m", "dispatcher", "work"]
    options = ["--site", str(path), "--env", environment, "--port", str(port)]
    told: list[int] = []
    handle(lambda number, _: told.append(number))  # raised while one starts, it would be lost
    running = {}
    try:
        for job in all_:
            child = subprocess.Popen([*words, job.app, job.worker or job.kind, *options])
            running[child.pid] = child
            click.echo(f"{job.app}: {job.worker or job.kind} runs {job.command!r}, as {child.pid}")
        handle(signal.default_int_handler)
        if told:
            raise KeyboardInterrupt
        pid, status = os.wait()
        running.pop(pid).returncode = os.waitstatus_to_exitcode(status)
        raise WorkError("one ended, so the others do; what it said is above")
    except KeyboardInterrupt:
        click.echo("They end once what they have begun is finished.")
    finally:
        handle(signal.SIG_IGN)  # once is enough
        for child in running.values():
            child.terminate()
        for child in running.values():
            child.wait()


def handle(how: Callable[[int, FrameType | None], object] | signal.Handlers) -> None:
    """Have the signals that end this handled so."""
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, how)
