"""The apt repository inside an image: hosts have no way out, and install all the same.

Packages and an index, no signature: apt is told to trust what is on the disk.
"""

import hashlib
import re
import shutil
from collections.abc import Iterable
from pathlib import Path

from tests.lab import recipe
from tests.lab.chroot import Chroot

PLACE = "var/lib/lab/apt"
SOURCE = f"deb [trusted=yes] file:/{PLACE} ./\n"
FETCHED = re.compile(r"^'[^']+' (\S+) ", re.MULTILINE)
NO_ARCHIVES = ("-o", "Dir::Cache::archives=/var/cache/apt/none")


def offer(chroot: Chroot, debs: Path) -> None:
    """Put what is offered into the image, with all it needs that the image has not."""
    place = chroot.root / PLACE
    place.mkdir(parents=True)
    # apt prints only what it has not fetched before, so let it think that this is nothing
    (chroot.root / "var/cache/apt/none/partial").mkdir(parents=True)
    needed = chroot.apt(*NO_ARCHIVES, "--print-uris", "install", *recipe.OFFERED).stdout
    shutil.rmtree(chroot.root / "var/cache/apt/none")
    chroot.apt("--download-only", "install", *recipe.OFFERED)
    files = [copied(debs / name, place) for name in fetched(needed)]
    (place / "Packages").write_text(index(files, chroot))


def use(chroot: Chroot) -> None:
    """Make it the only place from which hosts install."""
    (chroot.root / "etc/apt/sources.list").write_text(SOURCE)
    shutil.rmtree(chroot.root / "var/lib/apt/lists")
    (chroot.root / "var/lib/apt/lists/partial").mkdir(parents=True)
    chroot.apt("update")


def fetched(text: str) -> list[str]:
    """Return the files that ``apt-get --print-uris`` would fetch, as apt names them.

    >>> fetched("'http://a.test/f/file_5.44-3_amd64.deb' file_1%3a5.44-3_amd64.deb 424 MD5Sum:0")
    ['file_1%3a5.44-3_amd64.deb']
    """
    return FETCHED.findall(text)


def copied(deb: Path, place: Path) -> Path:
    return Path(shutil.copy(deb, place / plain(deb.name)))


def plain(name: str) -> str:
    """Drop a version's epoch from a file's name: ``file:`` addresses are unquoted.

    >>> plain("file_1%3a5.44-3_amd64.deb")
    'file_5.44-3_amd64.deb'
    """
    return re.sub(r"_\d+%3a", "_", name, count=1)


def index(files: Iterable[Path], chroot: Chroot) -> str:
    """Write the ``Packages`` file."""
    return "\n".join(
        entry(file, chroot.run("dpkg-deb", "-f", f"/{file.relative_to(chroot.root)}").stdout)
        for file in sorted(files)
    )


def entry(file: Path, control: str) -> str:
    """Return a package's paragraph: what it says of itself, and where its file is."""
    content = file.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    where = f"Filename: ./{file.name}\nSize: {len(content)}\nSHA256: {digest}\n"
    return control.rstrip("\n") + "\n" + where
