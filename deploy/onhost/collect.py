"""Give nginx the static files of a release, each under a name that is marked with its content.

The pools of the release say which folders their apps serve. Nothing they say is believed: a folder
must be the release's own, a name a plain one, and links are followed nowhere. Files of all releases
lie side by side, for pages of the release before may still refer to its own; what no release lists
any more is removed.
"""

import gzip
import hashlib
import json
import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import brotli

from deploy.onhost.ask import PROBE_HOST, get

LONGEST_BYTES = 32 * 1024 * 1024
"""As `dispatcher.loading.fingerprints` has it."""

MOST_FILES = 20_000
"""As many inodes as a release may take; a text is three: itself, as gzip and as brotli have it."""

LONGEST_NAME = 230
"""In bytes; with a mark and ``.gz`` a file system still takes it."""

PREFIX = re.compile(r"/(?:[A-Za-z0-9_~-][A-Za-z0-9._~-]*/)*")
"""Of others the dispatcher says nothing; see `dispatcher.loading.fingerprints.published`."""

NAME = re.compile(r"[^/\x00-\x1f\x7f]+")
SUFFIX = re.compile(r"(.+)(\.[A-Za-z0-9]+)")
TEXT = (
    *(".css", ".csv", ".geojson", ".htm", ".html", ".ico", ".js", ".json", ".map", ".md", ".mjs"),
    *(".otf", ".svg", ".ttf", ".txt", ".vtt", ".wasm", ".webmanifest", ".xml"),
)
"""What becomes smaller when it is compressed; pictures and fonts for the web are already."""

WORTH_BYTES = 256
SLOW_BYTES = 1024 * 1024
TIME = 1_000_000_000
"""The time that all files have, so that all servers give the same ETag."""


class Uncollected(Exception):
    """What a pool says of its static files, and cannot be so."""


def main(given: dict[str, Any]) -> None:
    """Collect what the pools have; without any, remove what only this release lists."""
    place, listed = Path(given["place"]), Path(given["list"])
    if "pools" in given:
        names = collected(place, Path(given["environment"]), given["pools"])
        write(listed, "".join(f"{name}\n" for name in sorted(names)).encode())
    else:
        listed.unlink(missing_ok=True)
    sweep(place, wanted(listed.parent.parent, listed.name))


def collected(place: Path, environment: Path, pools: list[dict[str, Any]]) -> set[str]:
    """Put the files of all pools in their place; return their names there."""
    own = environment.resolve(strict=True)
    place.mkdir(mode=0o755, exist_ok=True)
    names: set[str] = set()
    for pool in pools:
        for app, prefix, folder in told(pool, own):
            for source, name in files(folder):
                names.update(kept(place, f"{app}{prefix}", source, name))
                if len(names) > MOST_FILES:
                    raise Uncollected(
                        f"with those of {app} there are more than {MOST_FILES:,} static files, "
                        "compressed ones included: write static = false for an app with very many"
                    )
    return names


def told(pool: dict[str, Any], own: Path) -> Iterator[tuple[str, str, Path]]:
    """Yield app, prefix and folder of what a pool says that it serves."""
    status, _, body = get(pool["socket"], PROBE_HOST, "/static")
    if status == 404:  # an older dispatcher
        return
    try:
        folders = json.loads(body)["folders"]
        said = [
            (str(one["app"]), str(one["prefix"]), Path(str(one["folder"])).resolve())
            for one in folders
        ]
    except (ValueError, KeyError, TypeError):
        raise Uncollected(f"pool {pool['name']} does not say which static files it has") from None
    for app, prefix, place in said:
        if app not in pool["apps"] or not PREFIX.fullmatch(prefix):
            raise Uncollected(
                f"pool {pool['name']} has no static files {prefix!r} of an app {app!r}"
            )
        # Others are the app's own, as what its users put into its state directory.
        if place.is_relative_to(own):
            yield app, prefix, place


def files(folder: Path, below: str = "") -> Iterator[tuple[Path, str]]:
    """Yield every plain file of a folder and what is below it, with its name there."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        if not NAME.fullmatch(entry.name) or len(os.fsencode(entry.name)) > LONGEST_NAME:
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from files(folder / entry.name, f"{below}{entry.name}/")
        elif entry.is_file(follow_symlinks=False):
            yield folder / entry.name, f"{below}{entry.name}"


def kept(place: Path, prefix: str, source: Path, name: str) -> Iterator[str]:
    """Copy a file to where nginx finds it, if it is not there; yield the names it has then."""
    parts = SUFFIX.fullmatch(name)
    content = read(source)
    if parts is None or content is None:
        return
    mark = hashlib.sha256(content).hexdigest()[:16]
    marked = f"{prefix}{parts[1]}.{mark}{parts[2]}"
    yield marked
    if not (place / marked).exists():
        write(place / marked, content)
    if parts[2].lower() in TEXT and len(content) >= WORTH_BYTES:
        for suffix, compressed in SMALLER.items():
            small = f"{marked}{suffix}"
            if not (place / small).exists():
                write(place / small, compressed(content))
            yield small


def zipped(content: bytes) -> bytes:
    return gzip.compress(content, 9, mtime=0)


def brotlied(content: bytes) -> bytes:
    """Compress as far as brotli can what takes it about a second (of 500 kB), others nearly so."""
    return bytes(brotli.compress(content, quality=11 if len(content) < SLOW_BYTES else 9))


SMALLER: dict[str, Callable[[bytes], bytes]] = {".br": brotlied, ".gz": zipped}
"""By the suffixes that nginx knows them by; it sends the first that a browser takes."""


def read(path: Path) -> bytes | None:
    """Return the bytes of a plain file that all may read, None for what is none, or too long."""
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
            found = os.fstat(file.fileno())
            public = stat.S_ISREG(found.st_mode) and found.st_mode & stat.S_IROTH
            if not public or found.st_size > LONGEST_BYTES:
                return None
            return file.read(LONGEST_BYTES)
    except OSError:
        return None


def write(path: Path, content: bytes) -> None:
    """Write a file that all may read, whole or not at all."""
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    new = path.with_name(".new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644), "wb") as file:
        file.write(content)
        os.fchmod(file.fileno(), 0o644)
    os.utime(new, (TIME, TIME))
    new.replace(path)


def wanted(releases: Path, listed: str) -> set[str]:
    """Return the names that some release lists."""
    lists = releases.glob(f"*/{listed}")
    return {name for one in lists for name in one.read_text().split("\n") if name}


def sweep(place: Path, names: Iterable[str]) -> None:
    """Remove what is not among the names, and folders that are empty then."""
    keep = {str(place / name) for name in names}
    for folder, below, found in os.walk(place, topdown=False):
        for name in found:
            if (path := f"{folder}/{name}") not in keep:
                Path(path).unlink()
        for name in below:
            try:
                Path(folder, name).rmdir()
            except OSError:
                continue  # not empty
