"""What a server needs before its first release, and keeps between releases."""

from __future__ import annotations

import shlex

from deploy import render
from deploy.bundle import Toolbox
from deploy.errors import StepError
from deploy.layout import Layout
from deploy.look import State
from deploy.machine import Machine
from deploy.release import parts
from deploy.runner import perform
from deploy.stages import empty, offline, shell, ship, units, users, write
from deploy.steps import Put, Run, Step, Steps
from dispatcher.site import Site

PACKAGES = ("nginx", "procps", "python3")
APT = ("env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "--quiet", "--yes")
DEBIANS_PAGE = "/etc/nginx/sites-enabled/default"
DEFAULT, PROXY = "/etc/nginx/conf.d/00-flaskyard.conf", "/etc/nginx/flaskyard/proxy.conf"


def lay(at: Layout, site: Site, toolbox: Toolbox, found: State, user: str) -> Steps:
    """List only what is not as it should be."""
    return (
        *packages(found),
        *folders(at, user, found),
        *users(at, tuple(part.name for part in parts(site)), found),
        *tools(at, toolbox, found),
        *web(found),
        *boot(at, site, found),
    )


def asked(at: Layout, site: Site, user: str) -> dict[str, tuple[str, ...]]:
    """Return what to look at, as `deploy.look.look` wants it, before `lay`."""
    return {
        "packages": PACKAGES,
        "users": tuple(at.user(part.name) for part in parts(site)),
        "files": (DEFAULT, PROXY, at.boot, *boot_units(at), *templates(at, site)),
        "links": (DEBIANS_PAGE, wanted(at)),
        "folders": tuple(wanted_folders(at, user)),
    }


def need_python(machine: Machine) -> None:
    """Install the Python that looking at a server needs, where even that is missing.

    Raises `StepError`, also where the SSH user may not use sudo without a password.
    """
    if perform(Run("sh", "-c", "command -v python3"), machine).exit_code == 0:
        return
    step = Step(
        "install python3", shell(f"{shlex.join(APT)} update && {shlex.join(APT)} install python3")
    )
    outcome = perform(step.do, machine)
    if outcome.exit_code:
        raise StepError(machine.name, step, outcome.exit_code, outcome.out + outcome.err)


def packages(found: State) -> Steps:
    missing = [name for name in PACKAGES if name not in found.packages]
    if not missing:
        return ()
    return (
        Step("refresh Debian's package lists", Run(*APT, "update")),
        Step(
            f"install {', '.join(missing)}",
            Run(*APT, "install", "--no-install-recommends", *missing),
        ),
    )


def wanted_folders(at: Layout, user: str) -> dict[str, str]:
    """Return owner and mode of each folder."""
    roots = (at.home, at.store, at.cache, at.releases, at.live("").rstrip("/"))
    return {**dict.fromkeys(roots, "root 755"), at.incoming: f"{user} 700"}


def folders(at: Layout, user: str, found: State) -> Steps:
    steps = []
    for path, right in wanted_folders(at, user).items():
        owner, mode = right.split()
        if found.folders.get(path) != right:
            make = Run("install", "-d", "-o", owner, "-g", owner, "-m", mode, path)
            steps.append(Step(f"make {path}", make))
    return tuple(steps)


def tools(at: Layout, toolbox: Toolbox, found: State) -> Steps:
    """Install the toolbox, offline: its uv comes out of its wheel to make the environment."""
    if found.toolbox == toolbox.name:
        return ()
    folder = f"{at.home}/{toolbox.name}"
    unpack = 'python3 -m zipfile -e "$1" "$2/x" && install -m 755 "$2"/x/*/scripts/uv "$2/uv"'
    point = 'ln -sfn "$1" "$2.new" && mv -T "$2.new" "$2"'
    uv = (f"{folder}/uv", "--quiet", "--no-config", "--cache-dir", at.cache)
    python = f"{folder}/venv/bin/python"
    locked = ("--require-hashes", "--only-binary", ":all:", "--find-links", f"{folder}/wheels")
    return (
        Step("make the toolbox's folder", empty(folder)),
        *ship(at, toolbox.files, folder, found),
        Step("unpack uv", shell(unpack, f"{folder}/{toolbox.uv.name}", folder)),
        Step(
            "make the toolbox", Run(*uv, "venv", "--python", "/usr/bin/python3", f"{folder}/venv")
        ),
        Step(
            "install uv and setuptools",
            Run(*uv, *offline(python), *locked, "-r", f"{folder}/requirements.txt"),
        ),
        Step("use it", shell(point, toolbox.name, at.toolbox)),
    )


def web(found: State) -> Steps:
    """Let nginx refuse hosts that are nobody's, and pass the others on in one way."""
    files = {PROXY: render.shared("proxy.conf"), DEFAULT: render.shared("default.conf")}
    steps = list(write(files, found))
    if found.files.get(PROXY) is None:
        steps.insert(0, Step("make nginx's folder", Run("install", "-d", "/etc/nginx/flaskyard")))
    if found.links.get(DEBIANS_PAGE) is not None or "nginx" not in found.packages:
        steps.append(Step("take Debian's page away", Run("rm", "-f", DEBIANS_PAGE)))
    if steps:
        check = "nginx -t -q && systemctl reload-or-restart nginx"
        steps.append(Step("reload nginx", shell(check)))
    return tuple(steps)


def boot_units(at: Layout) -> dict[str, str]:
    return {f"/etc/systemd/system/{at.boot_unit}": render.fixed("boot.service", at)}


def templates(at: Layout, site: Site) -> dict[str, str]:
    """Return the template units of every pool in use, by path."""
    return {
        at.template(part.name, kind): render.unit(kind, part.name, site, at)
        for part in parts(site)
        for kind in ("socket", "service")
    }


def wanted(at: Layout) -> str:
    """Return the link by which systemd starts the site at boot."""
    return f"/etc/systemd/system/multi-user.target.wants/{at.boot_unit}"


def boot(at: Layout, site: Site, found: State) -> Steps:
    script = render.fixed("boot.sh", at)
    steps: Steps = ()
    if found.files.get(at.boot) != script:
        steps = (Step(f"write {at.boot}", Put(at.boot, script, 0o755)),)
    steps += units({**boot_units(at), **templates(at, site)}, found)
    if found.links.get(wanted(at)) is None:
        enable = Run("systemctl", "enable", "--quiet", at.boot_unit)
        steps += (Step("start the site at boot", enable),)
    return steps
