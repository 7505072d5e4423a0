"""A command that is to run on a server: what begins it, and what it may be told meanwhile."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Base64Bytes, Field, StringConstraints, TypeAdapter

from deploy.protocol.wire import Label
from deploy.release import Value

LARGEST = 1 << 15
"""Bytes of one piece."""

AHEAD = 16
"""How many pieces may be on their way before the command has read the first of them."""

Word = Annotated[str, StringConstraints(pattern=r"^[^\x00]*$", max_length=100_000)]
Cells = Annotated[int, Field(ge=1, le=10_000)]


class Size(Value):
    """How large the terminal is now, as somebody has resized a window."""

    say: Literal["size"] = "size"
    rows: Cells
    columns: Cells


class Input(Value):
    """Something for the command to read; where it is empty, that was all."""

    say: Literal["input"] = "input"
    data: Annotated[Base64Bytes, Field(max_length=LARGEST)]


class Terminal(Value):
    """A terminal that a command is to have."""

    kind: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$")] = "dumb"
    """As in the variable TERM."""

    size: Size


class Exec(Value):
    """Run a command as an app's pool would; tell what it writes, and how it ended.

    Meanwhile it may be told what `Said` has.
    """

    ask: Literal["exec"] = "exec"
    app: Label
    argv: Annotated[tuple[Word, ...], Field(min_length=1, max_length=1000)]
    terminal: Terminal | None = None
    """The terminal it is to have; without one, pipes."""


Said = Annotated[Input | Size, Field(discriminator="say")]
SAID: TypeAdapter[Said] = TypeAdapter(Said)
