"""What an app with tenants has beside its factory: who they are, and how one is closed."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dispatcher.loading.importing import (
    NOTHING,
    LoadError,
    attribute_of,
    blamed,
    fits,
    is_async,
    module_of,
)

if TYPE_CHECKING:
    from types import ModuleType

    from _typeshed.wsgi import WSGIApplication

    from dispatcher.registry.site import App


@dataclass(frozen=True, slots=True)
class Hooks:
    """Functions of the module that the app is imported from."""

    exists: Callable[[str], bool]
    """``tenant_exists``: asked before anything is made for a tenant."""

    close: Callable[[WSGIApplication], object] | None = None
    """``close_tenant``: given an instance that no request will reach again."""


def hooks_of(app: App, values: Mapping[str, Callable[[], str]] = NOTHING) -> Hooks:
    """Import the module of ``app`` and return its hooks.

    Raises `LoadError` where one cannot be used, or the factory takes no ``tenant``.
    """
    with blamed(app):
        module = module_of(app, values)
        refuse_without_tenant(app, attribute_of(app, module, app.target.partition(":")[2]))
        exists = hook(app, module, "tenant_exists")
        if exists is None:
            near = difflib.get_close_matches("tenant_exists", dir(module), 1)
            hint = f" (there is {near[0]!r})" if near else ""
            raise LoadError(app, f"{module.__name__} has no tenant_exists{hint}; {WRITE_EXISTS}")
        return Hooks(exists, hook(app, module, "close_tenant"))


WRITE_EXISTS = "write beside the factory: def tenant_exists(tenant: str) -> bool"


def refuse_without_tenant(app: App, factory: Any) -> None:
    parameters = inspect.signature(factory).parameters if callable(factory) else {}
    by_name = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    named = "tenant" in parameters and parameters["tenant"].kind in by_name
    if not named and not any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
        raise LoadError(app, "it is no factory with an argument 'tenant', and the app has tenants")


def hook(app: App, module: ModuleType, name: str) -> Any:
    """Return the hook of that name, None where there is none."""
    found = getattr(module, name, None)
    if found is None:
        return None
    if is_async(found):
        raise LoadError(app, f"{name} is asynchronous; it is called as a plain function")
    if not callable(found) or not fits(inspect.signature(found), 1):
        raise LoadError(app, f"{name} must be a function of one argument")
    return found
