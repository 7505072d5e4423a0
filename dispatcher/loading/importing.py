"""From "package.module:attribute" to a WSGI callable, and why there is none."""

from __future__ import annotations

import difflib
import importlib
import inspect
import os
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from dispatcher.loading.blame import of_app, told
from dispatcher.loading.flask_module import flask_module
from dispatcher.loading.timeout import TooSlow
from dispatcher.registry.placeholders import filled

if TYPE_CHECKING:
    from types import ModuleType

    from _typeshed.wsgi import WSGIApplication

    from dispatcher.registry.site import App

NOTHING: Mapping[str, Callable[[], str]] = MappingProxyType({})


class LoadError(Exception):
    """An app that cannot be loaded; ``__cause__`` is what its own code raised, if it did."""

    def __init__(self, app: App, reason: str) -> None:
        super().__init__(app, reason)
        self.app, self.reason = app, reason

    def __str__(self) -> str:
        return f"{self.app.name}: {self.app.target} cannot be loaded: {self.reason}"

    @property
    def traceback(self) -> str:
        """What the app's own code raised, as Python prints it; empty where it did not."""
        return "".join(traceback.format_exception(self.__cause__)) if self.__cause__ else ""


def load(
    app: App, values: Mapping[str, Callable[[], str]] = NOTHING, **more: object
) -> WSGIApplication:
    """Import what ``app`` names and call it where it is a factory, with its args and ``more``.

    ``values`` gives what placeholders stand for. Sets the app's environment variables in
    this process. Raises `LoadError`, also where the app's code calls ``sys.exit``.
    """
    with blamed(app):
        found = attribute_of(app, module_of(app, values), app.target.partition(":")[2])
        args = None if app.args is None and not more else {**(app.args or {}), **more}
        made = made_by(app, found, filled(args, values))
        configure(app, made, filled(app.config, values))
    return made


def module_of(app: App, values: Mapping[str, Callable[[], str]] = NOTHING) -> ModuleType:
    """Set the app's environment variables and import its module."""
    importlib.invalidate_caches()  # the file may be a moment old
    os.environ.update(filled(app.env, values))
    if "TZ" in app.env:
        time.tzset()
    return importlib.import_module(app.target.partition(":")[0])


@contextmanager
def blamed(app: App) -> Iterator[None]:
    """Raise as `LoadError` whatever the app's code raises."""
    try:
        yield
    except LoadError:
        raise
    except ModuleNotFoundError as error:
        if error.name and f"{app.target.partition(':')[0]}.".startswith(f"{error.name}."):
            raise LoadError(app, f"there is no module {error.name!r}") from None
        raise LoadError(app, told(error)) from of_app(error)
    except (Exception, SystemExit, TooSlow) as error:
        raise LoadError(app, told(error)) from of_app(error)


def made_by(app: App, found: Any, args: Mapping[str, Any] | None) -> WSGIApplication:
    """Return the app that ``found`` is or makes; what is given arguments is a factory."""
    if args is not None:
        refuse_unfit(app, found, args)
    elif not is_factory(app, found):
        if app.each_mount and len(app.addresses) > 1:
            raise LoadError(app, "each_mount needs a factory, and this is one app already")
        return found  # type: ignore[no-any-return]
    return checked(app, found(**(args or {})))


def refuse_unfit(app: App, found: Any, args: Mapping[str, Any]) -> None:
    if not callable(found):
        raise LoadError(app, f"it is {found!r}, which takes no args")
    if is_async(found):
        raise LoadError(app, ASGI)
    signature = inspect.signature(found)
    try:
        signature.bind(**args)
    except TypeError as error:
        raise LoadError(app, f"it takes {signature}, which args does not fit: {error}") from None


def configure(app: App, made: Any, config: Mapping[str, Any]) -> None:
    """Put ``config`` into a Flask app."""
    if not config:
        return
    flask = flask_module()
    if flask is None or not isinstance(made, flask.Flask):
        kind = f"{type(made).__module__}.{type(made).__qualname__}"
        raise LoadError(app, f"config is for Flask apps, this is a {kind}; write args or env")
    made.config.update(config)


def attribute_of(app: App, module: ModuleType, path: str) -> Any:
    found: Any = module
    for name in path.split("."):
        if not hasattr(found, name):
            near = difflib.get_close_matches(name, dir(found), 1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise LoadError(app, f"{module.__name__} has no {name!r}{hint}")
        found = getattr(found, name)
    return found


def is_factory(app: App, found: Any) -> bool:
    """Whether ``found`` is to be called for the app, rather than being the app.

    A WSGI callable takes two arguments (PEP 3333), a factory can do without any.
    Something that takes any number is an app, unless it wraps a factory.
    """
    if not callable(found):
        raise LoadError(app, f"it is {found!r}, neither a WSGI callable nor a factory")
    if is_async(found):
        raise LoadError(app, ASGI)
    outer, inner = inspect.signature(found, follow_wrapped=False), inspect.signature(found)
    if fits(inner, 0) and not takes_any(inner):
        return True
    if fits(outer, 2) or fits(inner, 2):
        return False
    right = "write args for a factory; a WSGI app takes two arguments"
    raise LoadError(app, f"it takes {inner}; {right}")


ASGI = (
    "it is asynchronous; wrap an ASGI application with a2wsgi.ASGIMiddleware "
    "and give it a pool of its own, gthread with preload = false"
)


def is_async(found: Any) -> bool:
    call = getattr(found, "__call__", None)  # noqa: B004 - an instance's method may be async
    return inspect.iscoroutinefunction(found) or inspect.iscoroutinefunction(call)


def fits(signature: inspect.Signature, count: int) -> bool:
    try:
        signature.bind(*range(count))
    except TypeError:
        return False
    return True


def takes_any(signature: inspect.Signature) -> bool:
    return any(p.kind is p.VAR_POSITIONAL for p in signature.parameters.values())


def checked(app: App, made: Any) -> WSGIApplication:
    if made is None:
        raise LoadError(app, "the factory returned None; did it forget to return the app?")
    if not callable(made):
        raise LoadError(app, f"the factory returned {made!r}, which is no WSGI callable")
    if is_async(made):
        raise LoadError(app, ASGI)
    return made  # type: ignore[no-any-return]
