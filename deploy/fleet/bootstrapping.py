"""Make many servers ready at once, over SSH: what needs no agent, for it brings the agent."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from threading import Event

from deploy.acting.machine import Machine
from deploy.acting.runner import Runner, Teller
from deploy.acting.steps import Plan
from deploy.errors import STAYS, DeployError, FleetError, Interrupted
from deploy.fleet import interrupts


def carry_out(plans: Sequence[tuple[Machine, Plan]], teller: Teller) -> None:
    """Do every plan, each on its server. What was done stays: another run goes on from there.

    Raises `FleetError` with what failed, once the steps under way have ended everywhere.
    """
    stop, interrupted = Event(), Event()

    def interrupt() -> None:
        if not interrupted.is_set():
            teller.say("Interrupted: the steps under way end first.")
        interrupted.set()
        stop.set()

    def one(machine: Machine, plan: Plan) -> None:
        try:
            Runner(machine, teller, stop).do(tuple(plan))
        except BaseException:
            stop.set()
            raise

    with interrupts.told(interrupt), ThreadPoolExecutor(max(1, len(plans))) as threads:
        jobs = [threads.submit(one, machine, plan) for machine, plan in plans]
        while wait(jobs, interrupts.AWAKE_SECONDS).not_done:
            pass
    if interrupted.is_set():
        raise FleetError((Interrupted(),), STAYS)
    errors = [error for job in jobs if (error := job.exception()) is not None]
    for error in errors:
        if not isinstance(error, DeployError):
            raise error
    if errors:
        raise FleetError(tuple(e for e in errors if isinstance(e, DeployError)), STAYS)
