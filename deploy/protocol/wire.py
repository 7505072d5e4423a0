"""What is shown on the way to a server alone, and what names look like on it."""

from __future__ import annotations

from typing import Annotated

from pydantic import PlainSerializer, SecretStr, SerializationInfo, StringConstraints

ON_THE_WIRE = "on the wire"

Label = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]


def shown(secret: SecretStr, info: SerializationInfo) -> str:
    return secret.get_secret_value() if info.context == ON_THE_WIRE else str(secret)


Hidden = Annotated[SecretStr, PlainSerializer(shown, when_used="json")]
"""In no log, journal or listing."""
