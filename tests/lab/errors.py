"""What can go wrong in a lab that its user can mend: told in one line, without traceback."""

import shlex
from collections.abc import Sequence

TAIL = 2000


class LabError(Exception):
    """What is wrong, where, and what to do about it."""


class CommandFailed(LabError):
    """A program exited with an error. The end of its output is shown."""

    def __init__(self, words: Sequence[str], exit_code: int, output: str) -> None:
        super().__init__(words, exit_code, output)
        self.words = tuple(words)
        self.exit_code = exit_code
        self.output = output

    def __str__(self) -> str:
        tail = self.output.strip()[-TAIL:]
        return f"{shlex.join(self.words)}: exit {self.exit_code}\n{tail}".rstrip()
