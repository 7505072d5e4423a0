"""One instance of an app for each tenant, made on first request and bounded in number."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING

from dispatcher.loading.contained import Contained
from dispatcher.loading.importing import blamed
from dispatcher.registry.tenancy import for_tenant
from dispatcher.routing.router import UNKNOWN_PATH
from dispatcher.tenants.lease import Lease, lent
from dispatcher.tenants.resolution import TENANT

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from dispatcher.registry.site import App
    from dispatcher.tenants.hooks import Hooks

RECHECK_SECONDS = 60
"""A tenant that is no more is refused this long after at most."""

log = logging.getLogger(__name__)


class Tenants:
    """A WSGI application that hands each request to the instance of its tenant.

    The app's own ``tenant_exists`` is asked first, and nothing is kept of those that are not,
    so that a stranger who thinks of names makes nothing grow. Of more than ``limit``
    instances the one goes that was used longest ago, of those at rest before the others.
    One that fails to be made answers 503 and is tried again later, as any app. Nobody waits
    for another's tenant, and requests of one that is there take no lock.

    A request of no tenant, at another address of the app, goes to ``plain``.
    """

    def __init__(
        self,
        app: App,
        hooks: Hooks,
        contain: Callable[[App, Callable[[App], WSGIApplication]], Contained],
        make: Callable[[App, str], WSGIApplication],
        *,
        plain: WSGIApplication = UNKNOWN_PATH,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``make`` gets the app as it is for one tenant, and the tenant's name."""
        self.app, self.hooks, self.contain, self.make = app, hooks, contain, make
        self.plain, self.clock = plain, clock
        self.instances: dict[str, Instance] = {}
        self._changing = Lock()  # held for no longer than it takes to look at the table

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        tenant = environ.get(TENANT)
        if tenant is None:
            return self.plain(environ, start_response)
        while True:
            instance = self.instances.get(tenant)
            now = self.clock()
            if instance is None or now >= instance.asked + RECHECK_SECONDS:
                instance = self.looked_up(tenant, instance, now)
                if instance is None:
                    return UNKNOWN_PATH(environ, start_response)
            instance.used = now
            if instance.lease.take():  # else it went this very moment
                return lent(instance.contained, instance.lease, environ, start_response)

    def example(self, tenant: str) -> WSGIApplication | None:
        """Return the app without a tenant, or of any that has an instance, or else of this one.

        None where there is no such tenant. Raises `LoadError` where it cannot be told, or the
        instance not be made.
        """
        if self.plain is not UNKNOWN_PATH:
            return self.plain
        for instance in self.instances.copy().values():
            if instance.made is not None:
                return instance.made
        with blamed(self.app):
            there = self.exists(tenant)
        if not there:
            return None
        instance = self.opened(tenant, self.clock())
        if not instance.lease.take():  # it went this very moment
            return None
        try:
            instance.contained.load()
            if instance.made is None and instance.contained.error is not None:
                raise instance.contained.error
            return instance.made
        finally:
            instance.lease.give_back()

    def looked_up(self, tenant: str, instance: Instance | None, now: float) -> Instance | None:
        """Return the tenant's instance, new where there was none, or None for no tenant."""
        if instance is None:
            return self.opened(tenant, now) if self.exists(tenant) else None
        instance.asked = now  # others go on with it while this one asks
        try:
            there = self.exists(tenant)
        except Exception:
            log.exception("%s: cannot tell whether tenant %r is still there", self.app.name, tenant)
            return instance
        if not there:
            self.retire(tenant, instance)
        return instance if there else None

    def exists(self, tenant: str) -> bool:
        """Ask the app; raises TypeError for an answer that is neither True nor False."""
        there = self.hooks.exists(tenant)
        if there is not True and there is not False:  # a query's result is true even if empty
            raise TypeError(f"tenant_exists({tenant!r}) must be True or False, not {there!r}")
        return there

    def opened(self, tenant: str, now: float) -> Instance:
        """Return the tenant's instance, the same to all who ask at once, and make room for it."""
        with self._changing:
            instance = self.instances.get(tenant)
            if instance is not None:
                return instance
            spare = self.spare() if len(self.instances) >= self.app.tenant_limit else None
            instance = self.instances[tenant] = self.instance(tenant, now)
        if spare is not None:
            spare.lease.end()
        return instance

    def spare(self) -> Instance:
        """Take out the instance that makes room for another."""
        rest = ((one.lease.taken, one.used, tenant) for tenant, one in self.instances.items())
        return self.instances.pop(min(rest)[2])

    def retire(self, tenant: str, instance: Instance) -> None:
        """Keep it from further requests; it is closed when its last one has ended."""
        with self._changing:
            if self.instances.get(tenant) is instance:
                del self.instances[tenant]
        instance.lease.end()

    def instance(self, tenant: str, now: float) -> Instance:
        def load(app: App) -> WSGIApplication:
            made = self.make(app, tenant)
            with self._changing:
                instance.made = made
            if instance.gone:  # it took longer than its visitors waited
                close()
            return made

        def close() -> None:
            with self._changing:
                made, instance.made, instance.gone = instance.made, None, True
            try:
                if made is not None and self.hooks.close is not None:
                    self.hooks.close(made)
            except BaseException:  # SystemExit too: the request at hand is another tenant's
                log.exception("%s: tenant %r does not close", self.app.name, tenant)
            finally:
                instance.contained.forget()

        contained = self.contain(for_tenant(self.app, tenant), load)
        instance = Instance(contained, Lease(close), used=now, asked=now)
        return instance


@dataclass(slots=True)
class Instance:
    """The app of one tenant, loaded or not."""

    contained: Contained
    lease: Lease = field(repr=False)

    used: float
    """When it was last asked for."""

    asked: float
    """When the app was last asked whether there is such a tenant."""

    made: WSGIApplication | None = field(default=None, repr=False)

    gone: bool = False
    """Whether it has been closed."""
