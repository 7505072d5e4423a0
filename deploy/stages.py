"""The parts of a deployment. Each function names one thing and lists its steps."""

from __future__ import annotations

import shlex

from deploy.bundle import Bundle, File
from deploy.layout import Layout
from deploy.look import State
from deploy.release import PoolPart, Release
from deploy.steps import Put, Run, Script, Step, Steps, Upload

GATE_SECONDS = 30
WARM_SECONDS = 300
"""How long a release that was live stays up: its last requests end, and a rollback is instant."""

KEEP = 5
"""How many releases stay installed, the live one included."""

SANDBOX = (
    "DynamicUser=yes",
    "PrivateNetwork=yes",
    "PrivateDevices=yes",
    "ProtectSystem=strict",
    "ProtectHome=yes",
    "ProtectKernelTunables=yes",
    "ProtectControlGroups=yes",
    "RestrictSUIDSGID=yes",
    "CapabilityBoundingSet=",
    "MemoryMax=1G",
    "RuntimeMaxSec=300",
)
"""Building an sdist runs its code: as nobody, reading only, without a network."""


def ship(at: Layout, files: tuple[File, ...], folder: str, found: State) -> Steps:
    """Bring files into ``folder`` through the store; those it has already don't travel."""
    missing = {file.sha256: file for file in files if file.sha256 not in found.store}
    upload = Upload(at.incoming, tuple((f.path, f.sha256, f.size) for f in missing.values()))
    adopt = Script.of(
        "adopt",
        {
            "incoming": at.incoming,
            "store": at.store,
            "folder": folder,
            "files": [[file.sha256, file.name] for file in files],
        },
    )
    size = (
        f"{upload.size / 1e6:.1f} MB" if upload.size >= 100_000 else f"{upload.size / 1e3:.0f} kB"
    )
    sent = (Step(f"upload {len(missing)} files, {size}", upload),) if missing else ()
    return (*sent, Step(f"check the hashes of {len(files)} files", adopt))


def install(at: Layout, bundle: Bundle, found: State) -> Steps:
    """Make the folder of the release with its own environment, offline."""
    folder = at.folder(bundle.id)
    python = f"{folder}/venv/bin/python"
    sdist = f"{folder}/{bundle.sdist.name}"
    wheel = f"{sdist.removesuffix('.tar.gz')}-py3-none-any.whl"
    return (
        Step("make the release's folder", empty(folder), undo=Run("rm", "-rf", folder)),
        *ship(at, bundle.files, folder, found),
        Step("make its environment", environment(at, f"{folder}/venv")),
        Step("install its dependencies", install_locked(at, python, folder)),
        Step("build the site in a sandbox", build(at, sdist, wheel)),
        Step("install the site", uv(at, *offline(python), "--no-deps", wheel)),
    )


def empty(folder: str) -> Run:
    """Make a folder, without what an interrupted deployment may have left in it."""
    return shell('rm -rf "$1" && mkdir -m 755 "$1"', folder)


def shell(script: str, *words: str) -> Run:
    """Run a fixed script; what varies comes as ``$1`` and so on, never as text of it."""
    return Run("sh", "-c", script, "sh", *words)


def uv(at: Layout, *words: str) -> Run:
    """Run the toolbox's uv, with its cache beside the releases so that files are shared."""
    return Run(f"{at.tools}/uv", "--quiet", "--no-config", "--cache-dir", at.cache, *words)


def environment(at: Layout, folder: str) -> Run:
    return uv(at, "venv", "--python", "/usr/bin/python3", folder)


def offline(python: str) -> tuple[str, ...]:
    return ("pip", "install", "--python", python, "--offline", "--no-index")


def install_locked(at: Layout, python: str, folder: str) -> Run:
    locked = ("--require-hashes", "--only-binary", ":all:", "--find-links", f"{folder}/wheels")
    return uv(at, *offline(python), *locked, "-r", f"{folder}/requirements.txt")


def build(at: Layout, sdist: str, wheel: str) -> Run:
    """Turn the sdist into a wheel in a sandbox, which hands it out as a stream of bytes."""
    tools = at.tools
    inside = (
        "export HOME=/tmp UV_NO_CACHE=1 && cd /tmp && "
        f"{tools}/uv --quiet --no-config build --offline --no-build-isolation --wheel "
        f'--python {tools}/python --out-dir /tmp/out "$1" >&2 && cat /tmp/out/*.whl'
    )
    words = ["systemd-run", "--quiet", "--wait", "--pipe", "--collect"]
    words += [f"--property={limit}" for limit in SANDBOX]
    words += ["sh", "-c", inside, "sh", sdist]
    return shell(f'{shlex.join(words)} > "$1.new" && mv "$1.new" "$1"', wheel)


def describe(at: Layout, release: Release, nginx: str) -> Steps:
    """Write down what the release is; the manifest, last, says that it is complete."""
    folder = at.folder(release.id)
    pools = "".join(f"{pool.name}\n" for pool in release.pools)
    return (
        Step("write its nginx configuration", Put(f"{folder}/nginx.conf", nginx)),
        Step("name its pools", Put(f"{folder}/pools", pools)),
        Step("name its routes", Put(f"{folder}/routes", release.routes)),
        Step(
            "write its manifest", Put(f"{folder}/release.json", release.model_dump_json(indent=1))
        ),
    )


def users(at: Layout, pools: tuple[str, ...], found: State) -> Steps:
    """Make a user for each pool that has none; it owns nothing but the pool's state."""
    missing = [at.user(pool) for pool in pools if at.user(pool) not in found.users]
    options = ("--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent")
    return tuple(
        Step(
            f"make the user {user}",
            Run("useradd", *options, "--shell", "/usr/sbin/nologin", user),
            undo=shell('! getent passwd "$1" > /dev/null || userdel "$1"', user),
        )
        for user in missing
    )


def units(files: dict[str, str], found: State) -> Steps:
    """Write the unit files that are not as they should be; systemd reads them anew, if any."""
    steps = write(files, found)
    reload = Run("systemctl", "daemon-reload")
    return (*steps, Step("let systemd read them", reload, undo=reload)) if steps else ()


def write(files: dict[str, str], found: State) -> Steps:
    """Write the files that are not as they should be."""
    return tuple(
        Step(f"write {path}", Put(path, text), undo=as_before(path, found.files.get(path)))
        for path, text in files.items()
        if found.files.get(path) != text
    )


def as_before(path: str, text: str | None) -> Put | Run:
    return Run("rm", "-f", path) if text is None else Put(path, text)


def start(at: Layout, release: Release) -> Steps:
    """Start every pool of the release beside the live one, and ask until it is well."""
    sockets = all_units(at, release, "socket")
    services = all_units(at, release, "service")
    stop = Run("systemctl", "stop", *services, *sockets)
    return (
        Step("open its sockets", Run("systemctl", "start", *sockets), undo=stop),
        Step("start its pools", started(services)),
        Step("ask every worker and every app", ask(at, release, through_nginx=False)),
    )


def all_units(at: Layout, release: Release, kind: str) -> tuple[str, ...]:
    return tuple(at.unit(release.id, pool.name, kind) for pool in release.pools)


def started(services: tuple[str, ...]) -> Run:
    """Start units; where that fails, show what they said rather than systemd's summary."""
    said = 'journalctl --unit "$unit" --lines 20 --output cat --no-pager'
    script = f'systemctl start "$@" && exit; code=$?; for unit; do {said}; done; exit $code'
    return shell(script, *services)


def ask(at: Layout, release: Release, *, through_nginx: bool) -> Script:
    pools = [asked(at, release, pool, through_nginx) for pool in release.pools]
    return Script.of("ask", {"release": release.id, "seconds": GATE_SECONDS, "pools": pools})


def asked(at: Layout, release: Release, pool: PoolPart, through_nginx: bool) -> dict[str, object]:
    return {
        "name": pool.name,
        "workers": pool.workers,
        "socket": "" if through_nginx else at.socket(release.id, pool.name),
        "addresses": pool.addresses,
    }


def publish(at: Layout, release: Release, live: Release | None) -> Steps:
    """Make ``release`` the one that nginx talks to.

    Where the routes stay the same, that is one rename of the link nginx follows at each
    new connection. Otherwise the new configuration has a link of its own, and reloading
    nginx is what moves the visitors.
    """
    reroutes = live is None or live.routes != release.routes
    # Undone last: once the links are back, nginx reads the configuration of before.
    ready = Step("check nginx", Run("nginx", "-t", "-q"), undo=reload_nginx())
    back = flip(at, live) if live else Run("rm", "-f", at.live(release.routes), at.current)
    let = shell('ln -sfn "$1" "$2"', f"{at.current}/nginx.conf", at.nginx)
    return (
        *((ready,) if reroutes else ()),
        Step("go live", flip(at, release), undo=back),
        *((Step("let nginx read it", let, undo=Run("rm", "-f", at.nginx)),) if not live else ()),
        *((Step("reload nginx", reload_nginx()),) if reroutes else ()),
        Step("ask every app through nginx", ask(at, release, through_nginx=True)),
    )


def flip(at: Layout, release: Release) -> Run:
    """Point both links at the release, each by one rename, so that neither is ever missing."""
    script = (
        'ln -sfn "$1" "$2.new" && mv -T "$2.new" "$2" && '
        'ln -sfn "$3" "$4.new" && mv -T "$4.new" "$4" && sync "$(dirname "$4")"'
    )
    live, current = at.live(release.routes), at.current
    return shell(script, at.sockets(release.id), live, at.folder(release.id), current)


def reload_nginx() -> Run:
    """Reload nginx if its configuration holds, and wait until its old workers are gone.

    Until then they still pass requests to the release before, which must not stop.
    """
    script = (
        "nginx -t -q && old=$(pgrep -P $(cat /run/nginx.pid) || true) && nginx -s reload && "
        "for pid in $old; do timeout 10 tail -s 0.02 --pid=$pid -f /dev/null || true; done"
    )
    return shell(script)


def retire(at: Layout, live: Release | None, release: Release, found: State) -> Steps:
    """Let the release that was live stop in a while, and stop those before it now."""
    warm = {release.id, live.id if live else ""}
    steps = [
        Step(f"stop {old}", Run("systemctl", "stop", "--no-block", *found.units_of(old)))
        for old in sorted(found.running() - warm)
    ]
    if live is not None and live.id != release.id:
        later = ("systemd-run", "--quiet", "--collect", f"--on-active={WARM_SECONDS}")
        unit = f"--unit={at.retirement(live.id)}"
        stop = (
            "systemctl",
            "stop",
            *all_units(at, live, "service"),
            *all_units(at, live, "socket"),
        )
        note = f"stop {live.id} in {WARM_SECONDS // 60} minutes"
        steps.append(Step(note, Run(*later, unit, *stop)))
    return tuple(steps)


def clear(release: str, found: State) -> Steps:
    """Stop what a deployment of the same release left running when it was interrupted."""
    left = found.units_of(release)
    return (Step("stop what was left of it", Run("systemctl", "stop", *left)),) if left else ()


def keep_warm(at: Layout, release: Release) -> Step:
    """Cancel a stop that was to come."""
    timer = f"{at.retirement(release.id)}.timer"
    return Step(
        "keep it from being stopped", shell('systemctl stop "$1" 2>/dev/null || true', timer)
    )


def prune(at: Layout, keep: set[str], found: State) -> Steps:
    """Remove the oldest releases, and files of the store that no release has any more."""
    idle = [name for name in found.releases if name not in keep]
    age = {name: release.installed for name, release in found.installed.items()}
    idle.sort(key=lambda name: age.get(name, ""), reverse=True)
    gone = idle[max(0, KEEP - len(keep)) :]
    remove = tuple(
        Step(f"remove {name}", Run("rm", "-rf", at.folder(name))) for name in sorted(gone)
    )
    if not remove:
        return ()
    find = 'find "$1" -type f -links 1 -delete && find "$1" -mindepth 1 -type d -empty -delete'
    return (*remove, Step("remove files that no release has", shell(find, at.store)))
