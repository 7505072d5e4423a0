"""Where the master keys are kept: a file that nobody else can read."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from dispatcher.keys import private
from dispatcher.keys.derivation import Keys, Master
from dispatcher.keys.private import PrivateError

CREDENTIAL = "keys"
"""What the units call it: ``LoadCredential=keys:...`` (systemd.exec(5))."""


@dataclass(frozen=True, slots=True)
class KeyFile:
    """A place for master keys."""

    path: Path

    own: bool = True
    """Whether it is made where there is none, and nobody else may read it; else it is
    systemd's, which sees to both."""

    def read(self) -> Keys:
        """Return the keys. Where there are none yet, makes them; raises `PrivateError`."""
        try:
            return Keys.of(private.read(self.path, own=self.own))
        except FileNotFoundError:
            return self.make()
        except ValueError as error:
            raise PrivateError(self.path, str(error)) from None

    def make(self) -> Keys:
        """Make the first key, or take what another process made at the same moment."""
        if not self.own:
            raise PrivateError(self.path, "is not there; `fab bootstrap` puts it on servers")
        with suppress(FileExistsError):
            private.write(self.path, Keys((Master.new(),)).text(), os.link)
        return self.read()

    def rotate(self) -> Keys:
        """Put a new master before those there are; raises `PrivateError`."""
        keys = self.read().rotated(Master.new())
        private.write(self.path, keys.text())
        return keys


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
