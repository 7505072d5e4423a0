"""Someone who is told how it goes, and remembers."""

from __future__ import annotations

from threading import Event


class Told:
    """A `deploy.acting.runner.Teller` that keeps what it was told."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.ended: list[str] = []
        self.warnings: list[str] = []
        self.said: list[str] = []
        self.interrupted = Event()

    def begin(self, server: str, note: str) -> None:
        self.begun.append(f"{server}: {note}")

    def end(self, server: str, note: str, seconds: float) -> None:
        assert seconds >= 0
        self.ended.append(f"{server}: {note}")

    def warn(self, server: str, text: str) -> None:
        self.warnings.append(f"{server}: {text}")

    def say(self, text: str) -> None:
        self.said.append(text)
        self.interrupted.set()
