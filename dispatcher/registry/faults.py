"""What is wrong with a site.toml: all of it at once, each fault with its place."""

from dataclasses import dataclass
from pathlib import Path

from dispatcher.errors import DispatcherError

LONGEST = 120
"""Characters of a value that are shown: a certificate would hide what is said of it."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing to put right."""

    key: str
    """Dotted, as in ``apps.wiki.path``; empty where the whole file is meant."""

    message: str
    """What would be right."""

    value: object = None
    line: int | None = None

    def __str__(self) -> str:
        place = "" if self.line is None else f"line {self.line}: "
        given = "" if self.value is None else f" = {shown(self.value)}"
        return f"{place}{self.key}{given}{': ' if self.key else ''}{self.message}"


def shown(value: object) -> str:
    """Return a value as Python writes it, cut where it is long.

    >>> shown("a" * 1000)[-25:]
    'aaa... (1,000 characters)'
    """
    text = repr(value)
    if len(text) <= LONGEST:
        return text
    return f"{text[:LONGEST]}... ({len(str(value)):,} characters)"


class RegistryError(DispatcherError):
    """A site.toml that cannot be used. Nothing was started with it."""

    def __init__(self, path: Path, faults: tuple[Fault, ...]) -> None:
        super().__init__(path, faults)
        self.path, self.faults = path, faults

    def __str__(self) -> str:
        count = "1 fault" if len(self.faults) == 1 else f"{len(self.faults)} faults"
        return "\n".join((f"{self.path}: {count}", *(f"  {fault}" for fault in self.faults)))
