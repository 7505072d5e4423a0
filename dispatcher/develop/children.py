"""How is a process forked that ends with its parent?"""

from __future__ import annotations

import atexit
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import NoReturn


@dataclass(frozen=True, slots=True)
class Child:
    """A forked process, and the line to it."""

    pid: int
    line: Connection

    def has_ended(self) -> bool:
        """Whether it has; once it has, this must not be asked again."""
        return os.waitpid(self.pid, os.WNOHANG) != (0, 0)


def fork(task: Callable[[Connection], None], others: Iterable[Child] = ()) -> Child:
    """Do ``task`` in a process of its own, which ends afterwards.

    The task gets its end of the line, which ends when the parent does: hence the child
    closes the parent's ends of this line and of those to ``others``. It keeps the
    terminal, as a `multiprocessing.Process` would not, so that a debugger can talk there.
    """
    here, there = Pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid == 0:
        here.close()
        for other in others:
            other.line.close()
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        finish(task, there)
    there.close()
    return Child(pid, here)


def finish(task: Callable[[Connection], None], line: Connection) -> NoReturn:
    """Do the task and end this process, never returning into what the parent does."""
    status = 1
    try:
        task(line)
        status = 0
    except KeyboardInterrupt:
        status = 0
    except BaseException:  # there is nobody above
        traceback.print_exc()
    finally:
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
