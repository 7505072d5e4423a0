"""Have the agents of a fleet do one thing: all of them, or none."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from threading import Thread

from deploy.agent.progress import Progress
from deploy.agent.words import Intention
from deploy.errors import (
    ALONE,
    HOLDS,
    LEFT,
    TAKEN_BACK,
    UNTOUCHED,
    DeployError,
    FleetError,
    Interrupted,
    ReachError,
    StepError,
)
from deploy.link import Link, Record
from deploy.orders import orders
from deploy.runner import Teller

AGAIN_SECONDS = 40
"""For how long a lost connection is tried again; its agent takes back after a minute or two."""

PAUSE_SECONDS = 1.0

Again = Callable[[str], Link]
Said = tuple[Link, Record | ReachError | int | None]
"""Who says it, and what: a record, that it is lost, nothing but that it is there anew, or how
many records tell what was before that."""


class Conductor:
    """Hears what every server does, and gives orders once all are ready for them."""

    def __init__(
        self, teller: Teller, again: Again, run: str, first: frozenset[str] = frozenset()
    ) -> None:
        """``again`` connects to a server anew; ``first`` are those that go live before others."""
        self.teller, self.again, self.run, self.first = teller, again, run, first
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
        self.told: dict[str, str] = {}
        self.errors: list[DeployError] = []
        self.stop = False

    def begin(self, link: Link, intention: Intention) -> None:
        """Begin on one server; raises `ReachError` where that is refused."""
        self.listen(link)
        if not link.begin(intention)["follow"]:
            raise ReachError(link.name, "was changed meanwhile by somebody else; try again")
        self.add(link)

    def attach(self, link: Link, *, conduct: bool = True) -> None:
        """Take up what was begun on a server."""
        self.listen(link)
        self.add(link, link.attach(conduct=conduct))

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
        with self.interruptible():
            self.give_orders()
            while not all(self.fleet[name].ended or name in self.gone for name in self.fleet):
                said = self.said.get()
                if said is None:
                    self.interrupt()
                else:
                    self.hear(*said)
                self.give_orders()
        self.judge()

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        """Let an interrupt be heard in its turn: raised anywhere, it could lose what was said."""

        def note(*_: object) -> None:
            self.said.put(None)

        before = {one: signal.signal(one, note) for one in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for one, handler in before.items():
                signal.signal(one, handler)

    def hear(self, link: Link, said: Record | ReachError | int | None) -> None:
        """Take in what one server says, and tell of it."""
        name = link.name
        match said:
            case None:
                self.away.discard(name)
                self.told.pop(name, None)
                self.add(link, sys.maxsize)
            case int():
                if link is self.links[name]:
                    self.known[name] = said
            case ReachError():
                if link is self.links[name] and link not in self.down:
                    self.down.add(link)
                    self.lost(link, said)
            case _ if link is self.links[name]:
                progress = self.fleet[name]
                progress.note(said)
                progress.count += 1
                if progress.count > self.heard[name]:
                    self.heard[name] = progress.count
                    self.tell(name, said, progress)

    def lost(self, link: Link, error: ReachError) -> None:
        """Try to reach the server again; what was begun there goes on meanwhile."""
        if not self.fleet[link.name].ended:
            self.away.add(link.name)
            self.teller.warn(link.name, f"{error.reason}; trying to reach it again")
            Thread(target=self.reach, args=(link.name,), daemon=True).start()

    def reach(self, name: str) -> None:
        """Connect anew and take up what goes on there, if it is still that."""
        end = time.monotonic() + AGAIN_SECONDS
        while True:
            try:
                link = self.again(name)
                last = link.last()
            except ReachError as error:
                if time.monotonic() < end:
                    time.sleep(PAUSE_SECONDS)
                    continue
                self.give_up(name, error)
            else:
                if last and last["run"] == self.run:
                    self.take_up(link)
                else:
                    self.give_up(name, ReachError(name, "does something else by now"))
            return

    def take_up(self, link: Link) -> None:
        """Hear the server again, from its first record on, and so learn all that is known anew."""
        self.said.put((link, None))
        self.listen(link)
        try:
            self.said.put((link, link.attach()))
        except ReachError as error:
            self.said.put((link, error))

    def give_up(self, name: str, error: ReachError) -> None:
        """Go on without a server."""
        self.errors.append(error)
        self.gone.add(name)
        self.away.discard(name)
        self.said.put((self.links[name], error))  # of a connection that is down: only to go on

    def tell(self, name: str, said: Record, progress: Progress) -> None:
        match said["kind"]:
            case "step" | "undo":
                self.teller.begin(name, said["note"])
            case "done" | "undone":
                self.teller.end(name, said["note"], said["seconds"])
            case "failed":
                self.failed(name, said, progress)

    def failed(self, server: str, said: Record, progress: Progress) -> None:
        error: DeployError
        if "command" in said:
            error = StepError(server, said["note"], said["command"], said["exit"], said["said"])
        else:
            error = ReachError(server, f"could not {said['note']}: {said['text']}")
        if progress.settled:
            self.teller.warn(server, str(error))
        else:
            self.errors.append(error)

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

    def judge(self) -> None:
        """Raise `FleetError` unless all is well, saying how the servers are now."""
        ends = {progress.ended for progress in self.fleet.values()}
        if ends == {"done"} and not self.errors:
            return
        alone = sorted(name for name in self.gone if not self.fleet[name].ended)
        if alone:
            state = ALONE.format(servers=", ".join(alone))
        elif ends == {"done"}:
            state = HOLDS
        else:
            state = LEFT if "left" in ends else TAKEN_BACK if ends else UNTOUCHED
        raise FleetError(tuple(self.errors), state)
