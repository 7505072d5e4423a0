"""What a site is: its apps, where they answer, the pools they run in, the servers.

Values only. Nothing here loads an app or a web framework, so the deployment can
read a site without starting it. `site_toml` makes them from site.toml.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from dispatcher.registry.address import Address
from dispatcher.registry.headers import Headers
from dispatcher.registry.limits import USUAL, Limits
from dispatcher.registry.nginx import USUAL as USUAL_NGINX
from dispatcher.registry.nginx import Nginx, plain
from dispatcher.registry.servers import EDGE, WEB
from dispatcher.registry.tls import Tls


@dataclass(frozen=True, slots=True)
class App:
    """One WSGI app and every address it answers at."""

    name: str

    target: str
    """What to import, ``package.module:attribute``: a WSGI callable or a factory of one."""

    addresses: tuple[Address, ...]

    pool: str = "default"

    args: Mapping[str, Any] | None = field(default=None, hash=False)
    """Keyword arguments for the factory; strings in these three may have placeholders."""

    config: Mapping[str, Any] = field(default_factory=dict, hash=False)
    """Goes into a Flask app's ``config``."""

    env: Mapping[str, str] = field(default_factory=dict, hash=False)
    """Environment variables of the whole process, set before the import."""

    lazy: bool = False
    """Load it with its first request, not when its pool starts."""

    load_seconds: float = 30
    """How long it may take to load, where it can be interrupted."""

    each_mount: bool = False
    """Make it once for each of its addresses, since it keeps the one it was made for."""

    alone: bool = False
    """It shares its processes with no other app."""

    own_host: bool = False
    """It takes itself to be at the root of its host, wherever it is."""

    static: bool = True
    """nginx answers for its static files, under names that are marked with their content."""

    websockets: bool = False
    """Visitors may make websockets of their connections to it."""

    script_cookies: tuple[str, ...] = ()
    """Names of cookies that its pages' scripts make and its server side is to see."""

    ready: str = ""
    """A function to import that says whether the app is ready, once it is loaded."""

    migrate: str = ""
    """Brings its database to what this release needs: a command, or a function to import."""

    migrate_seconds: float = 60
    """How long that may take, the backup before it included."""

    migrate_on: str = ""
    """``one`` server, where all share a database, or ``each``; empty where there is one server."""

    workers: Mapping[str, str] = field(default_factory=dict, hash=False)
    """Commands or functions by name, each a process on each server."""

    schedule: str = ""
    """A command or function that runs on one server of all, for as long as the release is live."""

    finish_seconds: float = 600
    """How long a worker may take to finish what it has begun."""

    limits: Limits = USUAL

    headers: Headers = ()
    """What its answers say to browsers where it has not said so itself."""

    tenants: Address | None = None
    """The last of its addresses, where it has one instance for each tenant below that."""

    tenant_limit: int = 100
    """How many of them a process keeps."""


@dataclass(frozen=True, slots=True)
class Pool:
    """The processes a group of apps shares."""

    name: str = "default"
    workers: int = 2
    worker_class: str = "gevent"

    threads: int = 8
    """How many requests a gthread worker has at once."""

    timeout: int = 60
    """Seconds after which a worker that gives no sign of life is killed."""

    max_requests: int = 0
    """A worker is replaced after about so many; 0 is never."""

    preload: bool = True
    """Load the apps before the workers fork, who then share their memory."""

    memory: str = "80%"
    """What all its processes may have, as ``300M``, ``2G`` or a part of the server's."""

    cpu: float | None = None
    """How many processors it may keep busy; None is as many as there are."""

    tasks: int | None = None
    """How many processes and threads it may have; None is what systemd allows any service."""

    network: tuple[str, ...] = ()
    """Addresses and networks that its apps may reach from a server; none, not even its own."""


@dataclass(frozen=True, slots=True)
class Server:
    """A machine the site runs on, as SSH reaches it."""

    name: str
    host: str
    user: str = "deploy"
    port: int | None = None

    role: str = WEB
    """``web``: it runs the apps; ``edge``: it passes requests on to those that do."""

    address: str = ""
    """Where the other servers of the site reach it; empty where none of them does."""


@dataclass(frozen=True, slots=True)
class Site:
    """Everything that site.toml says, for one environment."""

    name: str
    """Names the site on its servers: ``yard``, and ``yard-staging`` in an environment."""

    domain: str
    apps: tuple[App, ...]
    pools: tuple[Pool, ...] = (Pool(),)
    servers: tuple[Server, ...] = ()
    environment: str = ""

    scheme: str = "https"
    port: int | None = None
    """How the site is reached from outside; None is the scheme's own port."""

    watch_seconds: float = 5
    """How long a release that has gone live is watched before it stays."""

    limits: Limits = USUAL
    """Those of apps that say nothing else."""

    tls: Tls | None = None
    """How it is served over https; None where nginx has http alone."""

    nginx: Nginx = USUAL_NGINX
    """What stands in front of nginx."""

    here: str = ""
    """The server that it is looked at from; empty where that is none of its servers."""

    file: Path = field(default=Path("site.toml"), compare=False)
    """Where all this is written."""

    def on(self, server: str) -> "Site":
        """Return the site as one of its servers has it; raises LookupError naming those."""
        if server and server not in (names := [one.name for one in self.servers]):
            raise LookupError(f"there is no server {server!r}; there are {', '.join(names)}")
        there = replace(self, here=server)
        if not server or not there.behind:
            return there
        # Its edges are all that is in front: https ends there, and they say what apps are told.
        told = tuple(variable.passed_on for variable in self.nginx.variables)
        front = Nginx(plain([edge.address for edge in there.behind]), variables=told)
        return replace(there, nginx=front, tls=self.tls and Tls(elsewhere=True, hsts_seconds=0))

    @property
    def webs(self) -> tuple[Server, ...]:
        """The servers that run the apps."""
        return tuple(server for server in self.servers if server.role == WEB)

    @property
    def edges(self) -> tuple[Server, ...]:
        """The servers that visitors reach, where those that run the apps are behind them."""
        return tuple(server for server in self.servers if server.role == EDGE)

    @property
    def entrances(self) -> tuple[Server, ...]:
        """The servers that the names of the site lead to."""
        return self.edges or self.webs

    @property
    def peers(self) -> tuple[Server, ...]:
        """The others that the names lead to, where they lead to the one it is looked at from."""
        others = tuple(server for server in self.entrances if server.name != self.here)
        return others if len(others) < len(self.entrances) else ()

    @property
    def is_edge(self) -> bool:
        """Whether it is looked at from an edge, which runs no app."""
        return any(server.name == self.here for server in self.edges)

    @property
    def behind(self) -> tuple[Server, ...]:
        """The edges that alone are to pass requests on to here."""
        return () if self.is_edge else self.edges

    @property
    def hosts(self) -> tuple[str, ...]:
        """Every host name of the site, the site's own first."""
        return tuple(dict.fromkeys((self.domain, *(a.host for _, a in claims(self.apps)))))

    def url(self, address: Address) -> str:
        """Return where ``address`` is from outside, without a slash at the end."""
        port = "" if self.port is None else f":{self.port}"
        return f"{self.scheme}://{address.host}{port}{address.path}"

    def app(self, name: str) -> App:
        """Return the app called ``name``; raises LookupError naming those there are."""
        for app in self.apps:
            if app.name == name:
                return app
        raise LookupError(f"there is no app {name!r}; there are {', '.join(a.name for a in self)}")

    def __iter__(self) -> Iterator[App]:
        return iter(self.apps)

    def mounts(self, host: str) -> dict[str, App]:
        """Return which app answers at which path prefix of ``host``."""
        return {a.path: app for app, a in claims(self.apps) if a.host == host}

    def pool(self, name: str) -> Pool:
        """Return the pool called ``name``, which some app is in or site.toml names."""
        return next((pool for pool in self.pools if pool.name == name), Pool(name))

    def of_pool(self, name: str) -> tuple[App, ...]:
        """Return the apps that run in the pool called ``name``."""
        return tuple(app for app in self.apps if app.pool == name)


def claims(apps: Iterable[App]) -> Iterator[tuple[App, Address]]:
    """Yield each app with each of its addresses, in the order written."""
    return ((app, address) for app in apps for address in app.addresses)


def conflicts(apps: Iterable[App]) -> list[tuple[Address, App, App]]:
    """Return every address claimed twice, with the app that had it and the one that wants it."""
    taken: dict[Address, App] = {}
    return [
        (address, first, app)
        for app, address in claims(apps)
        if (first := taken.setdefault(address, app)) is not app
    ]
