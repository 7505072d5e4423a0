"""Have the agents of a fleet do one thing: all of them, or none."""

from __future__ import annotations

import sys
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any

from deploy.acting.runner import Teller
from deploy.errors import DeployError, FleetError, Interrupted, LostError, ReachError
from deploy.fleet import interrupts, outcome
from deploy.fleet.orders import orders
from deploy.fleet.retelling import failure, retell
from deploy.fleet.spent import Spent
from deploy.protocol.progress import Progress
from deploy.protocol.words import Intention
from deploy.remote.again import AGAIN_SECONDS, Again, insist
from deploy.remote.link import Link, Record

Said = tuple[Link, Record | ReachError | int | None]
"""Who says it, and what: a record, that it is lost, nothing but that it is there anew, or how
many records tell what was before that."""


class Conductor:
    """Hears what every server does, and gives orders once all are ready for them."""

    def __init__(
        self,
        teller: Teller,
        again: Again,
        run: str,
        first: frozenset[str] = frozenset(),
        patience: float = AGAIN_SECONDS,
    ) -> None:
        """``again`` connects to a server anew, which is tried for ``patience`` seconds.

        ``first`` are those that go live before others.
        """
        self.teller, self.again, self.run = teller, again, run
        self.first, self.patience = first, patience
        self.said: SimpleQueue[Said | None] = SimpleQueue()
        """None is an interrupt."""

        self.links: dict[str, Link] = {}
        self.fleet: dict[str, Progress] = {}
        """How far each server is on which it was begun."""

        self.heard: dict[str, int] = {}
        """How many records of each server were told of."""

        self.known: dict[str, int] = {}
        """How many records of each server tell what was before it was taken up: until they are
        heard, what it waits for is not known."""

        self.away: set[str] = set()
        """Servers that are being connected to anew."""

        self.down: set[Link] = set()
        """Connections that are known to be lost."""

        self.gone: set[str] = set()
        self.spent: dict[str, Spent] = {}
        self.told: dict[str, str] = {}
        self.errors: list[DeployError] = []
        self.stop = False

    def begin(self, link: Link, intention: Intention) -> None:
        """Begin on one server; raises `ReachError` where that is refused.

        Where the answer is lost it is asked again: it may have begun, and does so once.
        """

        def ask(link: Link) -> tuple[Link, dict[str, Any]]:
            self.listen(link)
            return link, link.begin(intention)

        try:
            try:
                link, said = ask(link)
            except LostError as error:
                self.warn(error)
                link, said = insist(self.again, link.name, ask, self.patience)
        except (LostError, KeyboardInterrupt):  # it may have begun
            self.add(link)
            self.gone.add(link.name)
            raise
        if not said["follow"]:
            raise ReachError(link.name, "was changed meanwhile by somebody else; try again")
        self.add(link)

    def attach(self, link: Link) -> None:
        """Take up what was begun on a server."""
        self.listen(link)
        self.add(link, self.ask(link))

    def ask(self, link: Link) -> int:
        """Ask to be told of it; return how many records there are already."""
        return link.attach()

    def listen(self, link: Link) -> None:
        link.tell = lambda said: self.said.put((link, said))

    def add(self, link: Link, known: int = 0) -> None:
        before = self.fleet.get(link.name, Progress())
        self.heard.setdefault(link.name, 0)
        self.known[link.name], self.links[link.name] = known, link
        self.fleet[link.name] = Progress(settled=before.settled)

    def refuse(self, error: DeployError | KeyboardInterrupt) -> None:
        """Have all taken back, for what could not even begin somewhere."""
        several = error.errors if isinstance(error, FleetError) else ()
        one = (error,) if isinstance(error, DeployError) else (Interrupted(),)
        self.errors += several or one
        self.stop = True

    def conduct(self) -> None:
        """Return once all is done on every server; raises `FleetError` where it is not."""
        with interrupts.told(lambda: self.said.put(None)):
            self.give_orders()
            while not all(self.fleet[name].ended or name in self.gone for name in self.fleet):
                said = self.next()
                if said is None:
                    self.interrupt()
                else:
                    self.hear(*said)
                self.give_orders()
        if self.errors or {progress.ended for progress in self.fleet.values()} != {"done"}:
            raise FleetError(tuple(self.errors), outcome.told(self.fleet, frozenset(self.gone)))

    def next(self) -> Said | None:
        """Return what is said next."""
        while True:
            with suppress(Empty):
                return self.said.get(timeout=interrupts.AWAKE_SECONDS)

    def hear(self, link: Link, said: Record | ReachError | int | None) -> None:
        """Take in what one server says, and tell of it."""
        name = link.name
        match said:
            case None:
                self.away.discard(name)
                self.told.pop(name, None)
                self.add(link, sys.maxsize)
            case _ if link is not self.links.get(name):  # of a connection there was before
                pass
            case int():
                self.known[name] = said
            case ReachError():
                if link not in self.down:
                    self.down.add(link)
                    self.lost(link, said)
            case _:
                progress = self.fleet[name]
                progress.note(said)
                progress.count += 1
                if progress.count > self.heard[name]:
                    self.heard[name] = progress.count
                    self.spent.setdefault(name, Spent()).note(said)
                    self.tell(name, said, progress)

    def lost(self, link: Link, error: ReachError) -> None:
        """Try to reach the server again; what was begun there goes on meanwhile."""
        if not self.fleet[link.name].ended and link.name not in self.gone:
            self.away.add(link.name)
            self.warn(error)
            Thread(target=self.reach, args=(link.name,), daemon=True).start()

    def reach(self, name: str) -> None:
        """Connect anew and take up what goes on there, if it is still that."""

        def ask(link: Link) -> tuple[Link, dict[str, Any]]:
            if last := link.last():
                return link, last
            raise LostError(name, "has yet to end what was interrupted")

        try:
            link, last = insist(self.again, name, ask, self.patience)
        except ReachError as error:
            self.give_up(name, error)
        else:
            if last["run"] == self.run:
                self.take_up(link)
            else:
                self.give_up(name, ReachError(name, "does something else by now"))

    def take_up(self, link: Link) -> None:
        """Hear the server again, from its first record on, and so learn all that is known anew."""
        self.said.put((link, None))
        self.listen(link)
        try:
            self.said.put((link, self.ask(link)))
        except ReachError as error:
            self.said.put((link, error))

    def give_up(self, name: str, error: ReachError) -> None:
        """Go on without a server."""
        self.errors.append(error)
        self.gone.add(name)
        self.away.discard(name)
        self.said.put((self.links[name], error))  # of a connection that is down: only to go on

    def tell(self, name: str, said: Record, progress: Progress) -> None:
        retell(self.teller, name, said)
        if error := failure(name, said):
            if progress.settled:
                self.teller.warn(name, str(error))
            else:
                self.errors.append(error)

    def warn(self, lost: ReachError) -> None:
        self.teller.warn(lost.server, f"{lost.reason}; trying to reach it again")

    def give_orders(self) -> None:
        """Tell each server what to do next; nothing while it is not known how one is."""
        there = self.fleet.keys() - self.gone
        if self.away or any(self.fleet[name].count < self.known[name] for name in there):
            return
        told = orders(self.fleet, frozenset(self.gone), self.first, stop=self.stop)
        for name, word in told.items():
            if self.told.get(name) != word:
                self.told[name] = word
                self.links[name].order(word)

    def interrupt(self) -> None:
        if not self.stop:
            self.teller.say("Interrupted: once the steps under way have ended, it is taken back.")
            self.errors.append(Interrupted())
        self.stop = True
