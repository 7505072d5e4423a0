"""What can go wrong on purpose."""

from collections.abc import Sequence


class DeployError(Exception):
    """Base of every error this package raises; its text is for the person who deploys."""


class PlanError(DeployError):
    """There is no plan for what was asked; nothing was done."""


class BuildError(DeployError):
    """The release could not be built; no server was touched."""


class ReachError(DeployError):
    """A server cannot be reached, or is not the one it should be."""

    def __init__(self, server: str, reason: str) -> None:
        super().__init__(server, reason)
        self.server, self.reason = server, reason

    def __str__(self) -> str:
        return f"{self.server}: {self.reason}"


class LostError(ReachError):
    """A connection broke: whether what was asked last was done is not known."""


class Interrupted(DeployError):
    """Somebody pressed Ctrl-C."""

    def __str__(self) -> str:
        return "Interrupted."


class StepError(DeployError):
    """A step failed on a server."""

    def __init__(
        self, server: str, note: str, command: str, exit_code: int, said: Sequence[str]
    ) -> None:
        super().__init__(server, note, command, exit_code, said)
        self.server, self.note, self.command = server, note, command
        self.exit_code, self.said = exit_code, said

    def __str__(self) -> str:
        output = "".join(f"\n  | {line}" for line in self.said)
        return (
            f"{self.server}: could not {self.note} (exit status {self.exit_code})\n"
            f"  $ {shortened(self.command)}{output}"
        )


class FleetError(DeployError):
    """Some servers failed, each with an error of its own; ``state`` says how all are now."""

    def __init__(self, errors: tuple[DeployError, ...], state: str = "") -> None:
        super().__init__(errors, state)
        self.errors, self.state = errors, state

    def __str__(self) -> str:
        return "\n".join((*map(str, self.errors), *filter(None, (self.state,))))


UNTOUCHED = "Nothing was changed on any server."
WITHOUT = f"{UNTOUCHED} To go on without a server: fab deploy --without NAME"
TAKEN_BACK = "Nothing was changed: every server is as it was before."
LEFT = (
    "Not everything could be taken back. `fab status` shows what is there now; "
    "the next `fab deploy` or `fab rollback` puts it right."
)
STAYS = "What was done stays; run it again, and it goes on from there."


def shortened(text: str, limit: int = 400) -> str:
    return text if len(text) <= limit else f"{text[:limit]} ... ({len(text):,} characters)"
