"""A host whose agent stands still where a test wants it to."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass

from tests.deployment.faults.gate import Gate
from tests.deployment.project import Project
from tests.lab.host import Host
from tests.lab.lab import Lab


@dataclass
class Stage:
    """A host with a gate, a project for it, and the steps of its deployments."""

    lab: Lab
    host: Host
    project: Project
    gate: Gate
    steps: dict[int, str]
    count: int = 0

    def deploy_until(self, step: int) -> tuple[str, subprocess.Popen[str]]:
        """Begin to deploy another version, and return once its agent stands still there."""
        self.count += 1
        self.gate.close_at(step)
        release = self.project.version(f"v{self.count}")
        running = self.project.start_fab("deploy")
        self.gate.wait()
        return release, running

    def settled(self) -> bool:
        orders = {
            record.get("order") for record in self.gate.journal() if record["kind"] == "order"
        }
        return "settle" in orders

    def number_of(self, note: str) -> int:
        """Return the record at which that is about to be done."""
        return next(number for number, said in self.steps.items() if said.startswith(note))
