"""Carry out one plan a server on many at once: all of them, or none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from threading import Event

from deploy.errors import DeployError, FleetError
from deploy.machine import Machine
from deploy.runner import Runner, Teller
from deploy.steps import Plan

Act = Callable[[Runner, Plan], object]


def carry_out(plans: Sequence[tuple[Machine, Plan]], teller: Teller) -> None:
    """Prepare every server, then publish on every one, then tidy.

    A failure on one takes back all, newest step first; so does an interrupt, once the
    steps under way have ended. Raises `FleetError` with what failed.
    """
    stop = Event()
    crew = [(Runner(machine, teller, stop), plan) for machine, plan in plans]
    with ThreadPoolExecutor(max(1, len(crew))) as threads:
        try:
            together(threads, crew, stop, lambda runner, plan: runner.do(plan.prepare))
            together(threads, crew, stop, lambda runner, plan: runner.do(plan.publish))
        except BaseException as error:  # an interrupt too must leave the servers as they were
            undone = [threads.submit(runner.take_back) for runner, _ in crew]
            left = [trouble for job in undone for trouble in job.result()]
            if isinstance(error, FleetError):
                raise FleetError((*error.errors, *left), taken_back=not left) from None
            raise
        together(threads, crew, stop, lambda runner, plan: runner.attempt(plan.tidy))


def together(
    threads: ThreadPoolExecutor, crew: list[tuple[Runner, Plan]], stop: Event, act: Act
) -> None:
    """Act on every server and wait for all; raises `FleetError` once all have ended."""

    def guarded(runner: Runner, plan: Plan) -> None:
        try:
            act(runner, plan)
        except BaseException:
            stop.set()
            raise

    jobs = [threads.submit(guarded, runner, plan) for runner, plan in crew]
    try:
        wait(jobs)
    except BaseException:
        stop.set()
        wait(jobs)
        raise
    errors = [error for job in jobs if (error := job.exception()) is not None]
    expected = tuple(error for error in errors if isinstance(error, DeployError))
    for error in errors:
        if not isinstance(error, DeployError):
            raise error
    if expected:
        raise FleetError(expected, taken_back=False)
