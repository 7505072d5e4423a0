"""What a client may ask an agent: whatever does not fit is refused, and nothing is done."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    Field,
    SerializerFunctionWrapHandler,
    StringConstraints,
    TypeAdapter,
    model_serializer,
)

from deploy.bundle import Bundle, File
from deploy.protocol.commands import Exec
from deploy.protocol.data_words import Backup, Restore
from deploy.protocol.secret_words import RemoveSecret, SetSecret
from deploy.protocol.wire import Hidden, Label
from deploy.release import Id, Stamp, Value

Environment = Annotated[str, StringConstraints(pattern=r"^([a-z0-9][a-z0-9-]{0,62})?$")]


Host = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+(\.[a-z0-9-]+)*$", max_length=253)]

Seconds = Annotated[float, Field(ge=0, le=3600)]


class Registered(Value):
    """A request about the site as a registry describes it."""

    registry: Annotated[str, StringConstraints(max_length=1_000_000)]
    """The text of site.toml."""

    environment: Environment = ""
    server: Literal[""] | Label = ""
    """Which of its servers this one is; empty where that makes no difference."""

    @model_serializer(mode="wrap")
    def said(self, others: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Say nothing of what agents of before do not know, unless it is needed."""
        whole: dict[str, Any] = others(self)
        return {k: v for k, v in whole.items() if k != "server" or v}


class Stamped(Value):
    """A request to change something, with who asks and when."""

    stamp: Stamp


class Placed(Value):
    """What one server of a fleet does for all."""

    migrates: bool = False
    """Whether it migrates the databases that the servers share."""

    schedules: bool | None = None
    """Whether it is the one where schedules run; None for what it was."""


class Deploy(Registered, Stamped, Placed):
    """Make a release live, whose files the server has."""

    do: Literal["deploy"] = "deploy"
    bundle: Bundle
    watch: Seconds = 0
    """How long to watch it once it is live, before it is let stay."""

    out: Annotated[tuple[Label, ...], Field(max_length=1000)] = ()
    """The servers that an edge is to lead nobody to."""


class Rollback(Stamped, Placed):
    """Make an installed release live again."""

    do: Literal["rollback"] = "rollback"
    to: Id
    watch: Seconds = 0


class Rotate(Stamped):
    """Put a new master key before those there are."""

    do: Literal["rotate"] = "rotate"
    key: Hidden
    """A line of a file of keys."""


class Restart(Stamped):
    """Give a pool of the live release new processes."""

    do: Literal["restart"] = "restart"
    pool: Label


def network(written: str) -> str:
    """Return an address or a network as nginx takes it; raises ValueError for what is none.

    Python keeps whatever follows the ``%`` of a zone (RFC 4007), semicolons and newlines too.
    """
    if "%" in written:
        raise ValueError(
            "no zone of an address means anything to nginx; leave out '%' and the rest"
        )
    return str(ip_network(written, strict=False))


class Maintenance(Stamped):
    """Close an app to visitors, or all, or open what was closed."""

    do: Literal["maintenance"] = "maintenance"
    on: bool
    app: Literal[""] | Label = ""
    """All apps where it is empty."""

    allow: Annotated[
        tuple[Annotated[str, AfterValidator(network)], ...], Field(max_length=100)
    ] = ()
    """Addresses and networks that are let through."""

    minutes: Annotated[int, Field(ge=1, le=10_080)] = 10
    """After how long visitors are told to come back."""


class Prune(Stamped):
    """Remove the oldest releases, and what only they used."""

    do: Literal["prune"] = "prune"
    keep: Annotated[int, Field(ge=1, le=1000)]
    """How many stay, the live one included."""


class Renew(Stamped):
    """Ask for certificates that are due, at once."""

    do: Literal["renew"] = "renew"
    host: Literal[""] | Host = ""
    """Whose is asked for though it is not due."""


Change = Deploy | Rollback | Rotate | Restart | Prune | Maintenance | Renew
Intention = Annotated[
    Change | SetSecret | RemoveSecret | Restore,
    Field(discriminator="do"),
]


class Look(Registered):
    """Tell how the server is; changes nothing."""

    ask: Literal["look"] = "look"


class Examine(Registered):
    """Tell all that a person wants to know of it; changes nothing."""

    ask: Literal["examine"] = "examine"


class Take(Value):
    """Keep a file: as many bytes as its size follow the line."""

    ask: Literal["take"] = "take"
    file: File
    private: bool = False
    """Whether it has data of apps: it is kept apart from the files of releases."""


class Show(Value):
    """Tell the steps that an intention would take, and what files it lacks; changes nothing."""

    ask: Literal["show"] = "show"
    intention: Intention


class Begin(Value):
    """Carry an intention out, telling each record of its journal."""

    ask: Literal["begin"] = "begin"
    intention: Intention


class Last(Value):
    """Tell of the transaction that runs, or of the last one: whose it is, how it is."""

    ask: Literal["last"] = "last"


class Attach(Value):
    """Tell its journal."""

    ask: Literal["attach"] = "attach"
    conduct: bool
    """Whether to be there for it, and listened to before anybody else; or only to hear of it."""


class Order(Value):
    """Let the transaction that is followed go on, or take it back."""

    ask: Literal["order"] = "order"
    order: Literal["migrate", "start", "publish", "settle", "back"]


class History(Value):
    """Tell what was done here, oldest first."""

    ask: Literal["history"] = "history"


class Logs(Value):
    """Tell the last lines of an app's log; and, if told to follow, those to come."""

    ask: Literal["logs"] = "logs"
    jobs: bool = False
    """Those of its workers, schedule and migrations, not those of its pool."""

    pool: Label
    app: Label
    lines: Annotated[int, Field(ge=0, le=100_000)] = 50
    follow: bool = False


Question = Look | Examine | Take | Show | Begin | Last | Attach | History | Logs | Exec | Backup
Request = Annotated[Question | Order, Field(discriminator="ask")]


def files_of(intention: Intention) -> tuple[File, ...]:
    """Return the files that a server must have for it."""
    match intention:
        case Deploy(bundle=bundle):
            return bundle.files
        case Restore():
            return intention.files
        case _:
            return ()


REQUEST: TypeAdapter[Request] = TypeAdapter(Request)
INTENTION: TypeAdapter[Intention] = TypeAdapter(Intention)
