"""Servers whose agents stand still where a test wants them to, with visitors, and their project."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from tests.deployment.faults import state
from tests.deployment.faults.gate import Gate
from tests.deployment.faults.visitors import Visits, visitors
from tests.deployment.project import Project
from tests.lab.host import Host
from tests.lab.lab import Lab

A_SECOND = 8
"""Visitors of each server."""


@dataclass
class Fleet:
    """Servers with gates, and a project for them."""

    lab: Lab
    hosts: tuple[Host, ...]
    project: Project
    gates: dict[str, Gate]
    count: int = 0

    def live(self) -> str:
        """Return the release that is live on all."""
        (release,) = set(self.project.live())
        return release

    def idle(self) -> bool:
        """Say whether nothing goes on anywhere."""
        lasts = [gate.journal()[-1:] for gate in self.gates.values()]
        return all(last and last[0]["kind"] == "end" for last in lasts)

    def version(self) -> str:
        """Commit another version; return its release."""
        self.count += 1
        return self.project.version(f"v{self.count}")

    def deploy_until(self, record: str, of: Host) -> tuple[str, subprocess.Popen[str]]:
        """Begin to deploy another version, and return once a server stands still there."""
        gate = self.gates[of.name]
        gate.close_at(record)
        release = self.version()
        running = self.project.start_fab("deploy")
        gate.wait()
        return release, running

    @contextmanager
    def visited(self, *hosts: Host) -> Iterator[dict[str, Visits]]:
        """Let visitors come to these."""
        with ExitStack() as stack:
            yield {host.name: stack.enter_context(visitors(host.ip, A_SECOND)) for host in hosts}

    def quiet(self, release: str) -> str:
        """See that all serve one release, and nothing is left over; return its version."""
        with self.visited(*self.hosts) as visits:
            assert self.project.live() == [release] * len(self.hosts)
        assert {name: one.lost for name, one in visits.items() if one.lost} == {}
        ((version,),) = {tuple(one.seen) for one in visits.values()}
        left = {host.name: state.orphans(self.lab, host) for host in self.hosts}
        assert left == dict.fromkeys(left, "")
        return version
