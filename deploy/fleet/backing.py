"""Have a server's data packed, into a file here."""

from __future__ import annotations

from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path

from deploy.errors import ReachError
from deploy.fleet.console import Live
from deploy.fleet.session import Fleet
from deploy.protocol.archive import Incoming, Manifest, Writer
from deploy.remote.link import Link
from deploy.remote.written import Kept


class Shown:
    """Takes in what comes, and shows how much it was."""

    def __init__(self, live: Live, server: str, note: str, coming: Incoming) -> None:
        self.live, self.server, self.note, self.coming = live, server, note, coming

    def write(self, piece: bytes) -> None:
        self.coming.write(piece)
        self.live.amount(self.server, self.note, self.coming.size)

    def end(self) -> None:
        """Do nothing: whoever began it shows its end."""


def back_up(
    fleet: Fleet[Link], link: Link, pools: list[str], folder: Path, pool: str, live: Live
) -> Path:
    """Write the data of some pools of a server into a file; return its path.

    Raises `DeployError`, and leaves nothing then.
    """
    state = link.look()
    now = datetime.now(UTC)
    name = "-".join(filter(None, (fleet.site.name, link.name, pool, f"{now:%Y%m%dT%H%M%S}")))
    path = folder / f"{name}.tar"
    partial = folder / f".{name}.partial"
    try:
        writer = Writer(partial)
        with writer.file:
            for one in pools:
                pack(fleet, link.name, one, writer, live)
            made = now.isoformat(timespec="seconds")
            site, live_id = fleet.site.name, state.live or ""
            writer.end(path, Manifest(site=site, server=link.name, made=made, release=live_id))
    finally:
        with suppress(OSError):
            partial.unlink()
    return path


def pack(fleet: Fleet[Link], server: str, pool: str, writer: Writer, live: Live) -> None:
    """Write the data of one pool; a connection is for one alone."""
    note, said = f"back up {pool}", Kept()
    with (
        live.timed(server, note),
        closing(fleet.again(server)) as link,
        writer.part(pool) as coming,
    ):
        if code := link.backup(pool, Shown(live, server, note, coming), said):
            raise ReachError(server, f"cannot {note}: {said.text.strip() or f'exit {code}'}")
    for line in said.text.splitlines():
        live.warn(server, line)
