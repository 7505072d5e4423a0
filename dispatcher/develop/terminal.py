"""How does the terminal become as it was, after a debugger that was killed at its prompt?"""

from __future__ import annotations

import sys
import termios
from contextlib import suppress


class Terminal:
    """The terminal of this process, if it has one, as it is now."""

    def __init__(self) -> None:
        self.modes = termios.tcgetattr(sys.stdin) if sys.stdin and sys.stdin.isatty() else None

    def restore(self) -> None:
        """Let it show again what is typed."""
        if self.modes is not None:
            with suppress(termios.error):  # it was closed meanwhile
                termios.tcsetattr(sys.stdin, termios.TCSANOW, self.modes)
