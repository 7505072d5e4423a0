"""What a server needs before its first release, and keeps between releases."""

from __future__ import annotations

from collections.abc import Iterable

from deploy.acting.machine import Machine
from deploy.acting.runner import TAIL_LINES, perform
from deploy.acting.steps import Put, Run, Step, Steps, shell
from deploy.bundle import Agent, Built
from deploy.errors import PlanError, StepError
from deploy.layout import Layout
from deploy.release import parts
from deploy.server import brotli, confined, connections, https, kernel, logs, render
from deploy.server.files import write
from deploy.server.look import State
from deploy.server.secrets import secrets
from deploy.server.tools import install_agent
from deploy.server.web import DEBIANS_PAGE, WHOLE, web, web_files
from deploy.stages import jobs
from dispatcher.registry.site import Site

PACKAGES = ("logrotate", "nginx", "procps", "python3", "sudo")
APT = ("env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "--quiet", "--yes")
REFRESH = Step("refresh Debian's package lists", Run(*APT, "update"))


def lay(
    at: Layout,
    site: Site,
    agent: Built[Agent],
    found: State,
    user: str,
    keys: str | None = None,
) -> Steps:
    """List only what is not as it should be. ``keys`` are those to have, None for those it has."""
    return (
        *confined.prove(found),
        *units(confined.files(), found),  # before nginx is there, so that it begins under it
        *packages(site, found),
        *make_users(dict.fromkeys(https.users(site), https.ASKED), found),
        *folders(at, site, found),
        *users(at, tuple(part.name for part in parts(site)), found),
        *secrets(at, site, keys, found),
        *install_agent(at, agent, found),
        *deployer(user, found),
        *may_ask(at, user, found),
        *kernel.protect(found),
        *(kernel.notice(found) if site.is_edge else ()),
        *connections.widen(found),
        *web(site, found),
        *units(logs.files(), found),
        *logs.rotate(found),
        *boot(at, site, found),
        *https.lay(at, site, found),
    )


def asked(at: Layout, site: Site, user: str = "") -> dict[str, tuple[str, ...]]:
    """Return what to look at, as `deploy.server.look.look` wants it, before `lay`."""
    return {
        "packages": (*PACKAGES, *brotli.ASKED, *https.packages(site)),
        "users": (
            *filter(None, (user,)),
            at.builder,
            *https.users(site),
            *(at.user(part.name) for part in parts(site)),
        ),
        "files": (
            *web_files(),
            *(brotli.FILE, https.HTTPS, https.DEFAULT, at.wanted, WHOLE),
            *(at.boot, at.sudoers, at.debians_unit),
            *(connections.NGINX, kernel.FILE, confined.FILE, confined.OWN, *logs.files()),
            *((kernel.EDGE, at.webs) if site.is_edge else ()),
            *boot_units(at),
            *templates(at, site),
        ),
        "links": (DEBIANS_PAGE, *wanted(at), https.timer_link(at), logs.STARTS, at.nginx),
        "folders": tuple(wanted_folders(at, site)),
        "keys": (at.keys, *(at.pool_keys(part.name) for part in parts(site))),
    }


def need_python(machine: Machine, *, install: bool) -> None:
    """Install the Python that looking at a server needs, where even that is missing.

    Raises `PlanError` where it is missing and not to be installed, `StepError` where it
    cannot be.
    """
    if perform(shell("command -v python3"), machine).exit_code == 0:
        return
    if not install:
        raise PlanError(
            "has no python3; `fab bootstrap` installs it before anything else, "
            "and only then can it be looked at"
        )
    for step in (REFRESH, Step("install python3", Run(*APT, "install", "python3"))):
        outcome = perform(step.do, machine)
        if outcome.exit_code:
            said = (outcome.out + outcome.err).splitlines()[-TAIL_LINES:]
            raise StepError(machine.name, step.note, str(step.do), outcome.exit_code, said)


def packages(site: Site, found: State) -> Steps:
    wanted = (*PACKAGES, *brotli.packages(found), *https.packages(site))
    missing = [name for name in wanted if name not in found.packages]
    if not missing:
        return ()
    return (
        REFRESH,
        Step(
            f"install {', '.join(missing)}",
            Run(*APT, "install", "--no-install-recommends", *missing),
        ),
    )


def wanted_folders(at: Layout, site: Site) -> dict[str, str]:
    """Return owner and mode of each folder."""
    roots = (
        at.home,
        at.store,
        at.environments,
        at.releases,
        at.live("").rstrip("/"),
        at.maintenance,
    )
    return {
        **dict.fromkeys(roots, "root 755"),
        at.incoming: "root 700",
        at.records: "root 700",
        at.secrets: "root 700",
        at.handed("").rstrip("/"): "root 700",
        **https.folders(at, site),
    }


def folders(at: Layout, site: Site, found: State) -> Steps:
    steps = []
    for path, right in wanted_folders(at, site).items():
        owner, mode = right.split()
        if found.folders.get(path) != right:
            make = Run("install", "-d", "-o", owner, "-m", mode, path)
            steps.append(Step(f"make {path}", make))
    return tuple(steps)


def boot_files(at: Layout) -> dict[str, str]:
    """Return what starts the current release at boot, by path."""
    return {at.boot: render.fixed("boot.sh", at), **boot_units(at)}


def boot_units(at: Layout) -> dict[str, str]:
    """Return the units that every site has: for its boot, its agent and its certificates."""
    folder = "/etc/systemd/system"
    return {
        f"{folder}/{at.boot_unit}": render.fixed("boot.service", at),
        f"{folder}/flaskyard-agent@.socket": render.shared("agent.socket"),
        f"{folder}/flaskyard-agent@.service": render.shared("agent.service"),
        f"{folder}/flaskyard-tls@.service": render.shared("tls.service"),
        f"{folder}/flaskyard-tls@.timer": render.shared("tls.timer"),
    }


def templates(at: Layout, site: Site) -> dict[str, str]:
    """Return the template units of every pool in use and of every job, by path."""
    pools = {
        at.template(part.name, kind): render.unit(kind, part.name, site, at)
        for part in parts(site)
        for kind in ("socket", "service")
    }
    return {**pools, **jobs.templates(at, site)}


def wanted(at: Layout) -> tuple[str, str]:
    """Return the links by which systemd starts the site at boot, and its agent when asked."""
    folder = "/etc/systemd/system"
    return (
        f"{folder}/multi-user.target.wants/{at.boot_unit}",
        f"{folder}/sockets.target.wants/{at.agent_socket}",
    )


def boot(at: Layout, site: Site, found: State) -> Steps:
    script = render.fixed("boot.sh", at)
    steps: Steps = ()
    if found.files.get(at.boot) != script:
        steps = (Step(f"write {at.boot}", Put(at.boot, script, 0o755)),)
    steps += units({**boot_units(at), **templates(at, site)}, found)
    starts, listens = wanted(at)
    if found.links.get(starts) is None:
        enable = Run("systemctl", "enable", "--quiet", at.boot_unit)
        steps += (Step("start the site at boot", enable),)
    if found.links.get(listens) is None or at.agent_socket not in found.active():
        enable = Run("systemctl", "enable", "--quiet", "--now", at.agent_socket)
        steps += (Step("let the agent listen", enable),)
    return steps


def deployer(user: str, found: State) -> Steps:
    """Make the user who deploys, whom the keys let in that let in whoever makes it."""
    if user in found.users:
        return ()
    script = (
        'useradd --create-home --shell /bin/sh "$1" && home=$(getent passwd "$1" | cut -d: -f6) && '
        'from=$(getent passwd "${SUDO_USER:-root}" | cut -d: -f6) && '
        'install -d -o "$1" -g "$1" -m 700 "$home/.ssh" && '
        'install -o "$1" -g "$1" -m 600 "$from/.ssh/authorized_keys" "$home/.ssh/authorized_keys"'
    )
    return (Step(f"make the user {user}, with your SSH keys", shell(script, user)),)


def may_ask(at: Layout, user: str, found: State) -> Steps:
    """Let the SSH user run the relay as root, without any argument, and so ask the agent."""
    text = render.sudoers(user, at)
    if found.files.get(at.sudoers) == text:
        return ()
    check = 'visudo -cqf "$1.new" && mv -T "$1.new" "$1"'
    new = Put(f"{at.sudoers}.new", text, 0o440)  # sudo reads no file with a dot in its name
    return (
        Step("write what the SSH user may do", new),
        Step("let it", shell(check, at.sudoers)),
    )


UNMADE = '! getent passwd "$1" > /dev/null || test -e "$2" || userdel "$1"'
"""Take a user back, unless it has data already: whoever got its number next would have them."""


def users(at: Layout, pools: tuple[str, ...], found: State) -> Steps:
    """Make a user for each pool that has none; it owns nothing but the pool's state.

    And the one who installs releases, who owns nothing at all.
    """
    wanted = {at.user(pool): at.state(pool) for pool in pools}
    return make_users({at.builder: "", **wanted}, found) + let_nginx_in(wanted, found)


def let_nginx_in(groups: Iterable[str], found: State) -> Steps:
    """Let nginx read what apps of a pool give to its group: files that it is to send for them.

    Its processes are in the groups that there were when they began, so it gets new ones.
    """
    enter = 'usermod --append --groups "$1" www-data'
    anew = "{ ! systemctl --quiet is-active nginx || nginx -s reload; }"
    return tuple(
        Step(
            f"let nginx into the group of {group}",
            shell(f"{enter} && {anew}", group),
            undo=shell('gpasswd --delete www-data "$1" > /dev/null', group),
        )
        for group in groups
        if group not in found.let_in
    )


def make_users(wanted: dict[str, str], found: State) -> Steps:
    """Make users of the system where they are missing, who cannot log in; by name, their data."""
    options = ("--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent")
    return tuple(
        Step(
            f"make the user {user}",
            Run("useradd", *options, "--shell", "/usr/sbin/nologin", user),
            undo=shell(UNMADE, user, state),
        )
        for user, state in wanted.items()
        if user not in found.users
    )


def units(files: dict[str, str], found: State) -> Steps:
    """Write the unit files that are not as they should be; systemd reads them anew, if any."""
    steps = write(files, found)
    if not steps:
        return ()
    reload = Run("systemctl", "daemon-reload")
    # Undone last: once the files are back, systemd reads them.
    return (
        Step("see that systemd can read units", reload, undo=reload),
        *steps,
        Step("let systemd read them", reload),
    )
