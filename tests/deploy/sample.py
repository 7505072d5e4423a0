"""What the tests of deploy share: a small site, a server, releases, and plain runs."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

from deploy.acting.steps import Put
from deploy.bundle import Agent, Built, Bundle, File
from deploy.layout import Layout
from deploy.release import PoolPart, Release, Stamp, parts
from deploy.server import connections, logs, render
from deploy.server.look import KeysFound, State
from deploy.server.web import DEBIANS_PAGE
from deploy.stages import ground
from dispatcher.registry.address import Address
from dispatcher.registry.headers import headers
from dispatcher.registry.site import App, Pool, Server, Site

AT = Layout("yard")
STAMP = Stamp(time="2026-11-21T12:00:00+00:00", by="ada@desk", run="0123456789abcdef")
RUNS = itertools.count(1)


def stamp_anew(stamp: Stamp = STAMP) -> Stamp:
    """Return it as that of another run."""
    return stamp.model_copy(update={"run": f"{next(RUNS):016x}"})


OTHER_SITE = Site(
    "yard",
    "example.org",
    (
        App("portal", "apps.portal:make", (Address("example.org"),)),
        App("files", "apps.files:make", (Address("example.org", "/files"),), "files"),
    ),
    (Pool(), Pool("files")),
)
SITE = Site(
    "yard",
    "example.org",
    (
        App(
            "portal",
            "apps.portal:make",
            (Address("example.org"),),
            headers=headers("apps.portal:make", {}, {}),
        ),
    ),
)

WORKING = replace(
    SITE,
    apps=(
        replace(
            SITE.apps[0],
            migrate="flask db upgrade",
            migrate_seconds=7,
            migrate_on="one",
            workers={"mail": "celery worker"},
            schedule="apps.portal:clock",
        ),
    ),
    servers=(Server("a", "a"), Server("b", "b")),
)
"""A site with each kind of job."""


def file(name: str, letter: str, size: int = 1000) -> File:
    return File(name=name, sha256=letter * 64, size=size)


AGENT = Agent(
    name="agent-111111111111",
    requirements=file("requirements.txt", "a"),
    code=file("agent-999999999999.zip", "9"),
    wheels=(file("wheels/uv-1-py3-none-any.whl", "b", 20_000_000),),
)
BUILT = Built(AGENT, {one.sha256: Path("dist", one.name) for one in AGENT.files})
BUNDLE = Bundle(
    id="20261121T100000-ccccccc",
    version="3",
    commit="c" * 40,
    sdist=file("flaskyard-3.tar.gz", "c", 300_000),
    site=file("site.toml", "d"),
    requirements=file("requirements.txt", "e"),
    wheels=(file("wheels/flask-3-py3-none-any.whl", "f", 90_000),),
)


def routes(site: Site = SITE) -> str:
    return render.nginx(site, AT)[1]


def release(
    id_: str,
    installed: str,
    *,
    after: str = "",
    routed: str = "",
    pool: str = "default",
    environment: str = "",
) -> Release:
    part = PoolPart(name=pool, workers=2, addresses=(("example.org", ""),), apps=("portal",))
    return Release(
        id=id_,
        version="1",
        commit="0" * 40,
        pools=(part,),
        routes=routed or routes(),
        environment=environment,
        after=after,
        installed=installed,
        by="ada@desk",
    )


A = release("20261119T100000-aaaaaaa", "2026-11-19T12:00:00+00:00")
B = release("20261120T100000-bbbbbbb", "2026-11-20T12:00:00+00:00", after=A.id)

KEYS = KeysFound(right="0 600", sha256="a" * 64, made=("2026-11-19T12:00:00+00:00",))

BARE = State(
    os={"ID": "debian", "VERSION_ID": "12", "PRETTY_NAME": "Debian GNU/Linux 12 (bookworm)"},
    python="3.11.2",
    machine="x86_64",
    glibc="2.36",
    free_bytes=4_000_000_000,
    free_inodes=1_000_000,
    users=("deploy",),
)


WIDE = "worker_rlimit_nofile 40000;\nevents {\n    worker_connections 16384;\n}\n"
"""Of nginx's own configuration, what matters."""


def ready(site: Site = SITE) -> State:
    """Return a server on which bootstrap has been."""
    active = {"ActiveState": "active"}
    steps = ground.lay(AT, site, BUILT, BARE, "deploy")
    asked = ground.asked(AT, site)
    puts = (step.do for step in steps if isinstance(step.do, Put))
    written = {put.path.removesuffix(".new"): put.content for put in puts}
    starts, listens = ground.wanted(AT)
    return BARE.model_copy(
        update={
            "packages": asked["packages"],
            "users": ("deploy", *asked["users"]),
            "let_in": tuple(AT.user(part.name) for part in parts(site)),
            "files": {path: written.get(path) for path in asked["files"]}
            | {connections.NGINX: WIDE},
            "links": {
                logs.STARTS: f"/etc/systemd/system/{logs.TIMER}",
                starts: f"/etc/systemd/system/{AT.boot_unit}",
                listens: "/etc/systemd/system/flaskyard-agent@.socket",
                DEBIANS_PAGE: None,
            },
            "folders": ground.wanted_folders(AT, site),
            "keys": dict.fromkeys(asked["keys"], KEYS),
            "agent": AGENT.name,
            "agents": (AGENT.name,),
            "units": {"nginx.service": active, AT.agent_socket: active},
        }
    )


def serving(
    live: Release,
    *others: Release,
    running: tuple[str, ...] = (),
    timers: tuple[str, ...] = (),
    incomplete: tuple[str, ...] = (),
    **more: object,
) -> State:
    """Return a server with a live release and others installed."""
    state = ready()
    active = {"ActiveState": "active"}
    units = {
        AT.unit(name, "default", kind): active
        for name in running or (live.id,)
        for kind in ("socket", "service")
    }
    units |= {f"{AT.retirement(name)}.timer": active for name in timers}
    return state.model_copy(
        update={
            "current": AT.folder(live.id),
            "releases": {**{r.id: r for r in (live, *others)}, **dict.fromkeys(incomplete)},
            "live_links": (live.routes,),
            "links": {**state.links, AT.nginx: f"{AT.current}/nginx.conf"},
            "units": {**state.units, **units},
            **more,
        }
    )
