"""Make many servers ready at once, over SSH: what needs no agent, for it brings the agent."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from threading import Event

from deploy.errors import STAYS, DeployError, FleetError, Interrupted
from deploy.machine import Machine
from deploy.runner import Runner, Teller
from deploy.steps import Plan


def carry_out(plans: Sequence[tuple[Machine, Plan]], teller: Teller) -> None:
    """Do every plan, each on its server. What was done stays: another run goes on from there.

    Raises `FleetError` with what failed, once the steps under way have ended everywhere.
    """
    stop = Event()

    def one(machine: Machine, plan: Plan) -> None:
        try:
            Runner(machine, teller, stop).do(tuple(plan))
        except BaseException:
            stop.set()
            raise

    with ThreadPoolExecutor(max(1, len(plans))) as threads:
        jobs: list[Future[None]] = []
        try:
            jobs += (threads.submit(one, machine, plan) for machine, plan in plans)
            wait(jobs)
        except KeyboardInterrupt:
            stop.set()
            teller.say("Interrupted: the steps under way end first.")
            wait(jobs)
            raise FleetError((Interrupted(),), STAYS) from None
    errors = [error for job in jobs if (error := job.exception()) is not None]
    for error in errors:
        if not isinstance(error, DeployError):
            raise error
    if errors:
        raise FleetError(tuple(e for e in errors if isinstance(e, DeployError)), STAYS)
