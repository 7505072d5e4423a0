"""A small file that nobody else may read, written whole or not at all."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path

from dispatcher.errors import DispatcherError


class PrivateError(DispatcherError):
    """A file that cannot be used. Says nothing of what is in it."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(path, reason)
        self.path, self.reason = path, reason

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


def read(path: Path, *, own: bool = True) -> str:
    """Return the text; raises `PrivateError`, and `FileNotFoundError` where there is none.

    Unless ``own``, others may have more of a right to it: systemd sees to its credentials.
    """
    try:
        with path.open(encoding="utf-8") as file:
            if own and stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
                raise PrivateError(path, f"others may read it; run: chmod 600 {path}")
            return file.read()
    except FileNotFoundError:
        raise
    except UnicodeDecodeError:
        raise PrivateError(path, "is not text") from None
    except OSError as error:
        raise PrivateError(path, f"cannot be read: {error.strerror}") from None


def write(path: Path, text: str, put: Callable[[Path, Path], None] = os.replace) -> None:
    """Write a file of mode 600 aside, and ``put`` it in its place once it is on the disk.

    Raises `PrivateError`, and `FileExistsError` where ``put`` does.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{path.name}-", dir=path.parent) as aside:
            new = Path(aside, "new")
            made = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(made, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            put(new, path)
    except FileExistsError:
        raise
    except OSError as error:
        raise PrivateError(path, f"cannot be written: {error.strerror}") from None
