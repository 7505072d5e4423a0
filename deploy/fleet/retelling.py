"""Tell a person what a record of a server's journal says."""

from __future__ import annotations

from deploy.acting.runner import Teller
from deploy.errors import DeployError, ReachError, StepError
from deploy.remote.link import Record


def retell(teller: Teller, server: str, said: Record) -> None:
    """Tell of a step that begins or ends."""
    match said["kind"]:
        case "step" | "undo":
            teller.begin(server, said["note"])
        case "done" | "undone":
            teller.end(server, said["note"], said["seconds"])


def failure(server: str, said: Record) -> DeployError | None:
    """Return what failed, if that is what a record says."""
    if said["kind"] != "failed":
        return None
    if "command" in said:
        return StepError(server, said["note"], said["command"], said["exit"], said["said"])
    return ReachError(server, f"could not {said['note']}: {said['text']}")
