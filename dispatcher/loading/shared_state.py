"""What all apps of a process share, and loading one of them may change for the others."""

from __future__ import annotations

import locale
import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from dispatcher.registry.site import App

Both = tuple[Any, Any]


def everything(app: App, old: Any, new: Any) -> Both:  # noqa: ARG001 - some ask whose change it is
    return old, new


class Aspect(NamedTuple):
    """One thing that is shared: how to look at it and, where that is safe, to put it back."""

    what: str
    look: Callable[[], Any]
    put_back: Callable[[Any], object] | None = None

    counts: Callable[[App, Any, Any], Both] = everything
    """What of how it was and is counts as a change by the app."""


def unless_wanted(app: App, old: Any, new: Any) -> Both:
    return (new, new) if "TZ" in app.env else (old, new)


def put_zone(zone: str | None) -> None:
    os.environ.pop("TZ", None)
    if zone is not None:
        os.environ["TZ"] = zone
    time.tzset()


def variables() -> Mapping[str, Hidden]:
    """Return all but the zone, and what the development server sets while apps load behind it."""
    all_of_them = os.environ.items()
    ours = ("TZ", "WERKZEUG_SERVER_FD")
    return {name: Hidden(value) for name, value in all_of_them if name not in ours}


def not_given(app: App, old: Mapping[str, Hidden], new: Mapping[str, Hidden]) -> Both:
    """Leave out what site.toml sets for the app."""
    was, now = ({n: one[n] for n in one if n not in app.env} for one in (old, new))
    return was, now


class Hidden(str):
    """A value that may be a secret."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "..."


def handlers() -> Mapping[str, Any]:
    """Return what is done at each signal to the main thread: no other can change it.

    SIGALRM is `dispatcher.loading.timeout`'s own.
    """
    signals = [one for one in signal.Signals if one != signal.SIGALRM and in_main_thread()]
    return {one.name: signal.getsignal(one) for one in signals}


def seen_twice(app: App, old: Mapping[str, Any], new: Mapping[str, Any]) -> Both:  # noqa: ARG001
    """Leave out what only one of two threads could see."""
    was, now = ({name: one[name] for name in old.keys() & new.keys()} for one in (old, new))
    return was, now


def put_handlers(before: Mapping[str, Any]) -> None:
    now = handlers()
    for name, handler in before.items():
        if now[name] is not handler and handler is not None:
            signal.signal(signal.Signals[name], handler)


def put_root_handlers(before: tuple[logging.Handler, ...]) -> None:
    logging.root.handlers[:] = before


Logger = tuple[bool, int, bool, tuple[logging.Handler, ...]]


def loggers() -> Mapping[str, Logger]:
    there = tuple(logging.root.manager.loggerDict.items())  # other threads may add to it
    return {
        name: (one.disabled, one.level, one.propagate, tuple(one.handlers))
        for name, one in there
        if isinstance(one, logging.Logger)
    }


def of_others(app: App, old: Mapping[str, Logger], new: Mapping[str, Logger]) -> Both:
    """Leave out new ones, and those of the app's module, what is in it and what it is in."""
    own = f"{app.target.partition(':')[0]}."
    both = {name: f"{name}." for name in old}
    others = [n for n, dotted in both.items() if not dotted.startswith(own)]
    others = [n for n in others if not own.startswith(both[n])]
    return {n: old[n] for n in others}, {n: new[n] for n in others}


def put_loggers(before: Mapping[str, Logger]) -> None:
    for name, (disabled, level, propagate, handlers) in before.items():
        one = logging.getLogger(name)
        one.disabled, one.propagate, one.handlers[:] = disabled, propagate, handlers
        one.setLevel(level)


def threads() -> tuple[str, ...]:
    """Return the threads, to the main one; in others apps are loaded while threads serve."""
    return tuple(one.name for one in threading.enumerate()) if in_main_thread() else ()


def in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


def started(app: App, old: tuple[str, ...], new: tuple[str, ...]) -> Both:  # noqa: ARG001
    """Leave out those that have ended, whenever that was."""
    return tuple(name for name in old if name in new), new


def patches() -> tuple[str, ...]:
    monkey = sys.modules.get("gevent.monkey")
    return tuple(monkey.saved) if monkey else ()


SHARED = (
    Aspect("time zone", lambda: os.environ.get("TZ"), put_zone, unless_wanted),
    Aspect(
        "locale",
        lambda: locale.setlocale(locale.LC_ALL),
        lambda before: locale.setlocale(locale.LC_ALL, before),
    ),
    Aspect("current folder", os.getcwd, os.chdir),
    Aspect("timeout of sockets", socket.getdefaulttimeout, socket.setdefaulttimeout),
    Aspect("root logger's level", lambda: logging.root.level, logging.root.setLevel),
    Aspect("root logger's handlers", lambda: tuple(logging.root.handlers), put_root_handlers),
    Aspect("logging.disable", lambda: logging.root.manager.disable, logging.disable),
    Aspect("loggers of others", loggers, put_loggers, of_others),
    Aspect("signal handlers", handlers, put_handlers, seen_twice),
    # Whoever made these changes may rely on them.
    Aspect("environment", variables, counts=not_given),
    Aspect("sys.path", lambda: tuple(sys.path)),
    Aspect("modules patched by gevent", patches),
    Aspect("threads", threads, counts=started),
)
