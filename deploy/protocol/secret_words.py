"""What may be asked about the secrets that people set for apps."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from deploy.protocol.wire import Hidden, Label
from deploy.release import Stamp, Value
from dispatcher.keys.own import LONGEST

SecretName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,63}$")]


class SetSecret(Value):
    """Keep a secret for an app."""

    do: Literal["secrets-set"] = "secrets-set"
    stamp: Stamp
    app: Label
    name: SecretName
    value: Annotated[Hidden, Field(min_length=1, max_length=LONGEST)]


class RemoveSecret(Value):
    """Forget a secret of an app."""

    do: Literal["secrets-remove"] = "secrets-remove"
    stamp: Stamp
    app: Label
    name: SecretName
