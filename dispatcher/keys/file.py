"""Where the master keys are kept: a file that nobody else can read."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from dispatcher.errors import DispatcherError
from dispatcher.keys.derivation import Keys, Master

CREDENTIAL = "keys"
"""What the units call it: ``LoadCredential=keys:...`` (systemd.exec(5))."""


class KeysError(DispatcherError):
    """A key file that cannot be used. Says nothing of what is in it."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(path, reason)
        self.path, self.reason = path, reason

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


@dataclass(frozen=True, slots=True)
class KeyFile:
    """A place for master keys."""

    path: Path

    own: bool = True
    """Whether it is made where there is none, and nobody else may read it; else it is
    systemd's, which sees to both."""

    def read(self) -> Keys:
        """Return the keys. Where there are none yet, makes them; raises `KeysError`."""
        try:
            with self.path.open(encoding="ascii") as file:
                mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
                if self.own and mode & 0o077:
                    raise KeysError(self.path, f"others may read it; run: chmod 600 {self.path}")
                return Keys.of(file.read())
        except FileNotFoundError:
            return self.make()
        except UnicodeDecodeError:
            raise KeysError(self.path, "is not text") from None
        except ValueError as error:
            raise KeysError(self.path, str(error)) from None
        except OSError as error:
            raise KeysError(self.path, f"cannot be read: {error.strerror}") from None

    def make(self) -> Keys:
        """Make the first key, or take what another process made at the same moment."""
        if not self.own:
            raise KeysError(self.path, "is not there; `fab bootstrap` puts it on servers")
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.write(Keys((Master.new(),)), os.link)
        except FileExistsError:
            pass
        except OSError as error:
            raise KeysError(self.path, f"cannot be made: {error.strerror}") from None
        return self.read()

    def rotate(self) -> Keys:
        """Put a new master before those there are; raises `KeysError`."""
        keys = self.read().rotated(Master.new())
        try:
            self.write(keys, os.replace)
        except OSError as error:
            raise KeysError(self.path, f"cannot be written: {error.strerror}") from None
        return keys

    def write(self, keys: Keys, put: Callable[[Path, Path], None]) -> None:
        """Write a file of mode 600 aside, and ``put`` it in its place once it is on the disk."""
        with tempfile.TemporaryDirectory(prefix=".keys-", dir=self.path.parent) as aside:
            new = Path(aside, "new")
            with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(keys.text())
                file.flush()
                os.fsync(file.fileno())
            put(new, self.path)


def located(site: Path, environ: Mapping[str, str]) -> KeyFile:
    """Return where the keys of the site described by the file ``site`` are.

    That is ``$DISPATCHER_KEYS``, or systemd's credential ``keys``, or else ``instance/keys``
    beside ``site``.
    """
    if named := environ.get("DISPATCHER_KEYS"):
        return KeyFile(Path(named))
    if folder := environ.get("CREDENTIALS_DIRECTORY"):
        credential = Path(folder, CREDENTIAL)
        if credential.exists():
            return KeyFile(credential, own=False)
    return KeyFile(site.absolute().parent / "instance" / "keys")
