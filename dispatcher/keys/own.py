"""Where the secrets are that people set for apps: passwords, keys of other services."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dispatcher.keys import private
from dispatcher.keys.private import PrivateError

CREDENTIAL = "secrets"
"""What the units call it: ``LoadCredentialEncrypted=secrets:...`` (systemd.exec(5))."""

LONGEST = 65_536
"""Bytes of one secret; systemd hands no more than a million to a unit."""

Secrets = dict[str, dict[str, str]]
"""By app and by name."""


@dataclass(frozen=True, slots=True)
class SecretFile:
    """A place for them: JSON, as in ``{"wiki": {"API_KEY": "..."}}``."""

    path: Path

    own: bool = True
    """Whether nobody else may read it; else it is systemd's, which sees to that."""

    def read(self) -> Secrets:
        """Return all; none where there is no file. Raises `PrivateError`."""
        try:
            found = json.loads(private.read(self.path, own=self.own))
        except FileNotFoundError:
            return {}
        except ValueError:
            found = None
        if not is_secrets(found):
            raise PrivateError(self.path, "is not JSON like {app: {name: secret}}")
        return found  # type: ignore[no-any-return]

    def of(self, app: str, name: str) -> str:
        """Return one; raises `LookupError` saying how to set it, and `PrivateError`."""
        try:
            return self.read()[app][name]
        except KeyError:
            how = "dispatcher secrets set" if self.own else "fab secrets-set"
            missing = f"the secret {name} is not set; run: {how} {name} --app {app}"
            raise LookupError(missing) from None

    def set(self, app: str, name: str, value: str) -> None:
        """Set one; raises `PrivateError`."""
        secrets = self.read()
        secrets.setdefault(app, {})[name] = value
        self.write(secrets)

    def remove(self, app: str, name: str) -> None:
        """Forget one; raises `LookupError` where it is not set, and `PrivateError`."""
        secrets = self.read()
        if name not in secrets.get(app, {}):
            there = ", ".join(sorted(secrets.get(app, {}))) or "none"
            raise LookupError(f"{app} has no secret {name}; those it has: {there}")
        del secrets[app][name]
        self.write({app: names for app, names in secrets.items() if names})

    def write(self, secrets: Secrets) -> None:
        private.write(self.path, json.dumps(secrets, indent=2, sort_keys=True) + "\n")


def is_secrets(found: object) -> bool:
    return isinstance(found, dict) and all(
        isinstance(names, dict) and all(isinstance(value, str) for value in names.values())
        for names in found.values()
    )


def fault_of_secret(value: str) -> str | None:
    """Say why a text cannot be a secret, without showing it."""
    if not value:
        return "is empty"
    if "\0" in value:
        return "has a NUL, which no environment variable may have"
    if len(value.encode("utf-8", "surrogateescape")) > LONGEST:
        return f"has more than {LONGEST} bytes"
    return None


def located(site: Path, environ: Mapping[str, str]) -> SecretFile:
    """Return where the secrets of the site described by the file ``site`` are.

    That is ``$DISPATCHER_SECRETS``, or systemd's credential ``secrets``, or else
    ``instance/secrets`` beside ``site``.
    """
    if named := environ.get("DISPATCHER_SECRETS"):
        return SecretFile(Path(named))
    if folder := environ.get("CREDENTIALS_DIRECTORY"):
        credential = Path(folder, CREDENTIAL)
        if credential.exists():
            return SecretFile(credential, own=False)
    return SecretFile(site.absolute().parent / "instance" / "secrets")
