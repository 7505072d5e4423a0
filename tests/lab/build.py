"""How is an image made?

debootstrap, then apt for the bare packages, then the packages offered, then the
files and units of the recipe. It gets its name when all is done.
"""

import contextlib
import shutil
import time
from pathlib import Path

from tests.lab import chroot, debian, image, locks, recipe, repository, shell
from tests.lab.chroot import Chroot
from tests.lab.recipe import File
from tests.lab.settings import Settings
from tests.lab.telling import Tell

BUILD_SECONDS = 1800
"""How long to wait for somebody else's build."""


def build(settings: Settings, tell: Tell, *, force: bool = False) -> None:
    """Make the image, unless it is there."""
    target = image.place(settings, image.name(settings))
    with locks.held(settings.cache / "lock", wait_seconds=BUILD_SECONDS):
        if target.exists() and not force:
            tell(f"image {target.name} is ready")
            return
        image.remove(target)
        since = time.monotonic()
        new = target.with_suffix(".new")
        image.wipe(new)
        make(new, settings, tell)
        new.rename(target)
    tell(f"built image {target.name} in {time.monotonic() - since:.0f} s: {target}")


def make(root: Path, settings: Settings, tell: Tell) -> None:
    debs = settings.cache / "debs"
    debs.mkdir(parents=True, exist_ok=True)
    tell(f"fetching {settings.suite} from {debian.mirror(settings)}")
    cached = ("--variant=minbase", f"--cache-dir={debs}")
    shell.run("debootstrap", *cached, settings.suite, root, debian.mirror(settings))
    for deb in root.glob("var/cache/apt/archives/*.deb"):
        deb.unlink()
    with chroot.mounted(root, debs) as inside:
        tell("installing packages")
        install(inside, settings)
        tell("fetching the packages offered")
        repository.offer(inside, debs)
        finish(inside)
        repository.use(inside)


def install(inside: Chroot, settings: Settings) -> None:
    put(inside.root, recipe.NO_SERVICES)
    put(inside.root, recipe.SMALL)
    put(inside.root, File("etc/apt/sources.list", debian.sources(settings)))
    shutil.copy("/etc/resolv.conf", inside.root / "etc/resolv.conf")
    inside.apt("update")
    inside.apt("dist-upgrade")
    inside.apt("install", *recipe.BARE)


def finish(inside: Chroot) -> None:
    """Leave a server as an administrator hands it over, with nothing of the making."""
    forget(inside.root)
    inside.run("useradd", "-m", "-u", str(recipe.USER_ID), "-s", "/bin/bash", recipe.USER)
    inside.run("chpasswd", feed=f"{recipe.USER}:{recipe.USER}\nroot:root\n")
    for file in recipe.FILES:
        put(inside.root, file)
    for unit in recipe.DISABLED:
        inside.run("systemctl", "disable", unit, check=False)
    for unit in recipe.MASKED:
        inside.run("systemctl", "mask", unit)
    inside.run("systemctl", "set-default", "multi-user.target")


def forget(root: Path) -> None:
    for key in root.glob("etc/ssh/ssh_host_*"):
        key.unlink()
    for name in (recipe.NO_SERVICES.path, recipe.SMALL.path, "var/lib/dbus/machine-id"):
        (root / name).unlink(missing_ok=True)
    for name in ("etc/machine-id", "etc/resolv.conf"):
        with contextlib.suppress(FileNotFoundError):  # may be a symbolic link
            (root / name).unlink()


def put(root: Path, file: File) -> None:
    place = root / file.path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(file.text)
    place.chmod(file.mode)
