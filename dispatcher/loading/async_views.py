"""How a Flask app's ``async def`` views run where gevent is."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine
from contextvars import Context, copy_context
from functools import cache, wraps
from typing import TYPE_CHECKING, Any

from dispatcher.loading.flask_module import flask_module

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication
    from gevent.threadpool import ThreadPool

THREADS = 64
"""How many async views of one worker run at once; more wait. Threads are made when needed."""

Async = Callable[..., Coroutine[Any, Any, Any]]


def accommodate(app: WSGIApplication) -> WSGIApplication:
    """Let the async views of a Flask app run side by side in a gevent worker; return the app.

    What Flask takes for it, asgiref, refuses a second event loop in one thread, and all
    greenlets share one. Elsewhere, and where the app has a way of its own, nothing is done.
    """
    flask, monkey = flask_module(), sys.modules.get("gevent.monkey")
    if flask is None or monkey is None or not monkey.is_module_patched("threading"):
        return app
    if isinstance(app, flask.Flask) and type(app).async_to_sync is flask.Flask.async_to_sync:
        app.async_to_sync = in_thread
    return app


def in_thread(function: Async) -> Callable[..., Any]:
    """Return a function that runs ``function`` in a thread with an event loop of its own.

    The other greenlets go on meanwhile. The thread sees the caller's context (the request,
    the session, ``g``), and what it sets there is seen after it. It cannot start a process
    with asyncio: gevent watches those in its main thread alone.
    """

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        context = copy_context()
        value, error = threads().apply(finish, (context, function, args, kwargs))
        for variable, now in context.items():
            if variable.get(None) is not now:
                variable.set(now)
        if error is not None:
            raise error
        return value

    return call


def finish(
    context: Context, function: Async, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[Any, BaseException | None]:
    """Return the value or the error: gevent would print the errors of its threads."""
    try:
        with asyncio.Runner() as runner:
            return runner.run(function(*args, **kwargs), context=context), None
    except BaseException as error:
        return None, error


@cache
def threads() -> ThreadPool:
    """Make the pool with the first call, after the fork: gevent's own also resolves names."""
    from gevent.threadpool import ThreadPool

    return ThreadPool(THREADS)
