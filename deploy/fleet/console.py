"""What a person sees while servers change: what each does now, and what it has done."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from types import TracebackType

from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

SHOWN_SECONDS = 0.005
"""A step quicker than this is shown without its time."""


class Live:
    """Tells how it goes: a line for each finished step and, on a terminal, what each does now."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(stderr=True, highlight=False, soft_wrap=True)
        columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
        self.progress = Progress(
            *columns, console=self.console, transient=True, disable=not self.console.is_terminal
        )
        self.tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Live:
        self.progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.progress.stop()

    def begin(self, server: str, note: str) -> None:
        """Show what a server does now."""
        if server in self.tasks:
            self.progress.remove_task(self.tasks[server])
        self.tasks[server] = self.progress.add_task(
            f"[bold]{server}[/]  {escape(note)}", total=None
        )

    def end(self, server: str, note: str, seconds: float) -> None:
        """Write down what it has done."""
        time = f"{seconds:6.2f} s" if seconds >= SHOWN_SECONDS else " " * 8
        self.write(f"[bold]{server}[/]  [dim]{time}[/]  {escape(note)}")
        if server in self.tasks:
            self.progress.remove_task(self.tasks.pop(server))

    @contextlib.contextmanager
    def upload(self, server: str, note: str, total: int) -> Iterator[Callable[[int], None]]:
        """Show how far an upload of ``total`` bytes is; give what is to be told of bytes sent."""
        self.begin(server, note)
        began, gone = time.monotonic(), 0

        def sent(size: int) -> None:
            nonlocal gone
            gone += size
            share = 100 * gone // max(1, total)
            text = f"[bold]{server}[/]  {escape(note)}  {share} %"
            self.progress.update(self.tasks[server], description=text)

        yield sent
        self.end(server, note, time.monotonic() - began)

    @contextlib.contextmanager
    def timed(self, server: str, note: str) -> Iterator[None]:
        """Show that a server does something."""
        self.begin(server, note)
        began = time.monotonic()
        yield
        self.end(server, note, time.monotonic() - began)

    def amount(self, server: str, note: str, size: int) -> None:
        """Show how many bytes have come of what a server does now."""
        text = f"[bold]{server}[/]  {escape(note)}  {size / 1e6:.1f} MB"
        self.progress.update(self.tasks[server], description=text)

    def warn(self, server: str, text: str) -> None:
        """Write down what went wrong without stopping anything."""
        self.write(f"[bold]{server}[/]  [yellow]warning[/]  {escape(text)}")

    def say(self, text: str) -> None:
        """Write a line."""
        self.write(text, markup=False)

    def write(self, text: str, *, markup: bool = True) -> None:
        """Print, if anybody still reads: a pipe that was closed must not stop half-way."""
        with contextlib.suppress(OSError, SystemExit):  # rich makes one of the other
            self.progress.console.print(text, markup=markup)
