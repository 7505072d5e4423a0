"""What a check is given, and what it says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol

from deploy.checks.outside import Outside
from deploy.layout import Layout
from deploy.protocol.examined import Examined
from deploy.release import Release
from deploy.server.look import State
from dispatcher.registry.site import Site

Level = Literal["ok", "warn", "wrong"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check says of one server."""

    level: Level
    """``wrong`` is what should wake somebody; ``warn`` what is better known."""

    says: str
    todo: str = ""
    """What to do about it: a command, or a sentence that has one."""

    check: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """One server as it was found, and what it should be."""

    site: Site
    server: str
    examined: Examined
    agent: str = ""
    """The name of the agent that this version of Flaskyard would install."""

    hello: Mapping[str, str] = field(default_factory=dict)
    """What its agent said first; nothing where it was looked at as root."""

    refusal: str = ""
    """Why it was looked at as root: what is wrong with its agent."""

    skew_seconds: float = 0
    """How far its clock is before ours; as much as is certain."""

    outside: Outside | None = None

    @property
    def at(self) -> Layout:
        return Layout(self.site.name)

    @property
    def state(self) -> State:
        return self.examined.state

    @property
    def live(self) -> Release | None:
        """The release that is live, if its manifest can be read."""
        return self.state.installed.get(self.state.live or "")

    @property
    def bare(self) -> bool:
        """Whether bootstrap has not been there."""
        return self.state.agent is None


class Check(Protocol):
    """Yields what it finds; its name is the check's."""

    __name__: str

    def __call__(self, seen: Seen, /) -> Iterable[Finding]: ...


def findings(checks: Iterable[Check], seen: Seen) -> Iterator[Finding]:
    """Yield what all the checks say, in their order."""
    for check in checks:
        for finding in check(seen):
            yield replace(finding, check=check.__name__)


def ok(says: str) -> Finding:
    return Finding("ok", says)


def warn(says: str, todo: str = "") -> Finding:
    return Finding("warn", says, todo)


def wrong(says: str, todo: str = "") -> Finding:
    return Finding("wrong", says, todo)
