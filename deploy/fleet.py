"""Carry out one plan a server on many at once: all of them, or none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from threading import Event

from deploy.errors import LEFT, STAYS, TAKEN_BACK, DeployError, FleetError, Interrupted
from deploy.machine import Machine
from deploy.runner import Runner, Teller
from deploy.steps import Plan

Crew = list[tuple[Runner, Plan]]
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
        except FleetError as error:
            left, state = aftermath(threads, crew)
            raise FleetError((*error.errors, *left), state) from None
        except KeyboardInterrupt:
            left, state = aftermath(threads, crew)
            raise FleetError((Interrupted(), *left), state) from None
        except BaseException:  # a fault of ours too must leave the servers as they were
            aftermath(threads, crew)
            raise
        together(threads, crew, stop, lambda runner, plan: runner.attempt(plan.tidy))


def aftermath(threads: ThreadPoolExecutor, crew: Crew) -> tuple[list[DeployError], str]:
    """Take back what must not stay; return what could not be, and how the servers are now."""
    if any(plan.stays for _, plan in crew):
        return [], STAYS
    undone = [threads.submit(runner.take_back) for runner, _ in crew]
    left = [trouble for job in undone for trouble in job.result()]
    return left, LEFT if left else TAKEN_BACK


def together(threads: ThreadPoolExecutor, crew: Crew, stop: Event, act: Act) -> None:
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
    except KeyboardInterrupt:
        stop.set()
        crew[0][0].teller.say("Interrupted: once the steps under way have ended, it is taken back.")
        wait(jobs)
        raise
    errors = [error for job in jobs if (error := job.exception()) is not None]
    for error in errors:
        if not isinstance(error, DeployError):
            raise error
    if errors:
        raise FleetError(tuple(error for error in errors if isinstance(error, DeployError)))
