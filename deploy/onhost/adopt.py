"""Move uploaded files into the store, each only if its hash is right; give them to a folder.

The SSH user can write to ``incoming``, so a file is copied out of its reach first and
hashed there: what was checked is what is used.
"""

import hashlib
import json
import os
import shutil
import stat
import sys
from pathlib import Path
from typing import Any, BinaryIO


class Wrong(Exception):
    """An uploaded file that is not what it should be."""


def main(given: dict[str, Any]) -> None:
    """Adopt ``files``, a list of ``[sha256, path below folder]``."""
    incoming, store, folder = (Path(given[key]) for key in ("incoming", "store", "folder"))
    for sha256, name in given["files"]:
        kept = store / sha256 / Path(name).name
        if not kept.exists():
            keep(incoming / sha256, kept, sha256)
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
        target.unlink(missing_ok=True)
        os.link(kept, target)


def keep(source: Path, kept: Path, sha256: str) -> None:
    """Copy an upload into the store; raises `Wrong`, keeping nothing, if it is something else."""
    kept.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
    aside = kept.with_name(".new")
    with opened(source) as upload, aside.open("wb") as copy:
        shutil.copyfileobj(upload, copy, 1 << 20)
        copy.flush()
        os.fsync(copy.fileno())
    with aside.open("rb") as copy:
        found = hashlib.file_digest(copy, "sha256").hexdigest()
    if found != sha256:
        aside.unlink()
        raise Wrong(f"{kept.name} arrived with sha256 {found}, should be {sha256}")
    aside.chmod(0o644)
    aside.rename(kept)
    source.unlink()


def opened(source: Path) -> BinaryIO:
    """Open an upload for reading; raises `Wrong` for anything but a plain file.

    An SSH user's symbolic link must not make root read another file, nor a pipe make it wait.
    """
    try:
        uploaded = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        raise Wrong(f"{source}: {error.strerror}") from error
    if not stat.S_ISREG(os.fstat(uploaded).st_mode):
        os.close(uploaded)
        raise Wrong(f"{source} is no file")
    return os.fdopen(uploaded, "rb")


if __name__ == "__main__":
    os.umask(0o022)
    try:
        main(json.loads(sys.argv[1]))
    except (Wrong, OSError) as error:
        sys.exit(str(error))
