"""``dispatcher work``: an app's workers, schedule or migration, on this machine."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import Process
from pathlib import Path

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
    words = (sys.executable, "-m", "dispatcher", "work", name)
    options = ("--site", str(path), "--env", environment, "--port", str(port))
    asyncio.run(together({job: (*words, job.worker or job.kind, *options) for job in all_}))


async def together(all_: dict[Job, tuple[str, ...]]) -> None:
    """Run each in a process of its own, until one ends or a signal comes; then end the others.

    Raises `WorkError` where one ended by itself.
    """
    stopped = asyncio.Event()
    for one in (signal.SIGINT, signal.SIGTERM):  # whenever it comes, and once is enough
        asyncio.get_running_loop().add_signal_handler(one, stopped.set)
    running: list[Process] = []
    try:
        for job, words in all_.items():
            child = await asyncio.create_subprocess_exec(*words)
            running.append(child)
            click.echo(f"{job.app}: {job.worker or job.kind} runs {job.command!r}, as {child.pid}")
        ends = [
            asyncio.ensure_future(end) for end in (stopped.wait(), *(c.wait() for c in running))
        ]
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        if not stopped.is_set():
            raise WorkError("one ended, so the others do; what it said is above")
        click.echo("They end once what they have begun is finished.")
    finally:
        for child in running:
            if child.returncode is None:
                child.terminate()
        for child in running:
            await child.wait()
