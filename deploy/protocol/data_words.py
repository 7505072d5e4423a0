"""What may be asked about the data of apps: to have a copy of it, and to put one in its place."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from deploy.bundle import File
from deploy.protocol.wire import Label
from deploy.release import Stamp, Value


class Backup(Value):
    """Tell the data of a pool, packed, and how that ended."""

    ask: Literal["backup"] = "backup"
    pool: Label


class Packed(Value):
    """The data of one pool, as `Backup` told it."""

    pool: Label
    file: File | None = None
    """None for what was there before the last restore."""


class Restore(Value):
    """Put other data in the place of that of some pools."""

    do: Literal["restore"] = "restore"
    stamp: Stamp
    pools: Annotated[tuple[Packed, ...], Field(min_length=1, max_length=100)]

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if len({one.pool for one in self.pools}) < len(self.pools):
            raise ValueError("a pool has one place for its data")
        return self

    @property
    def files(self) -> tuple[File, ...]:
        return tuple(one.file for one in self.pools if one.file)
