"""How is a worker that was forked a moment ago told to stop?

gunicorn's master tells each worker once. One that has not set up its own handlers yet would run
the master's, which only makes a note for a loop that no worker has: the signal was lost, and all
waited for ``graceful_timeout``. Here such a worker ends at once: it has answered nobody yet.
"""

import os
import signal

STOPS = {signal.SIGTERM, signal.SIGQUIT, signal.SIGINT}


def end_new_workers_at_once() -> None:
    """Let what this process forks from now on be ended by a signal until it has its own handlers.

    What forks in those children is left alone: an app may know what it does.
    """
    master = os.getpid()
    kept: list[set[signal.Signals | int]] = []

    def hold() -> None:
        if os.getpid() == master:
            kept.append(signal.pthread_sigmask(signal.SIG_BLOCK, STOPS))

    def parent() -> None:
        if os.getpid() == master:
            signal.pthread_sigmask(signal.SIG_SETMASK, kept.pop())

    def child() -> None:
        if kept:  # taken out here, so that what a worker forks is not meant
            for stop in STOPS:
                signal.signal(stop, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_SETMASK, kept.pop())

    # A signal that comes in between waits: until then the child still has the master's handlers.
    os.register_at_fork(before=hold, after_in_parent=parent, after_in_child=child)
