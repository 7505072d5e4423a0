"""Have the agents of a fleet do one thing: all of them, or none."""

from __future__ import annotations

import time
from collections.abc import Callable
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
Said = tuple[str, Record | ReachError | Link]


class Conductor:
    """Hears what every server does, and gives orders once all are ready for them."""

    def __init__(
        self, teller: Teller, again: Again, run: str, first: frozenset[str] = frozenset()
    ) -> None:
        """``again`` connects to a server anew; ``first`` are those that go live before others."""
        self.teller, self.again, self.run, self.first = teller, again, run, first
        self.said: SimpleQueue[Said] = SimpleQueue()
        self.links: dict[str, Link] = {}
        self.fleet: dict[str, Progress] = {}
        """How far each server is on which it was begun."""

        self.heard: dict[str, int] = {}
        """How many records of each server were told of."""

        self.away: set[str] = set()
        """Servers that are being connected to anew."""

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

    def attach(self, link: Link) -> None:
        """Take up what was begun on a server."""
        self.listen(link)
        link.attach()
        self.add(link)

    def listen(self, link: Link) -> None:
        link.tell = lambda said: self.said.put((link.name, said))

    def add(self, link: Link) -> None:
        self.heard.setdefault(link.name, 0)
        self.links[link.name], self.fleet[link.name] = link, Progress()

    def refuse(self, error: DeployError | KeyboardInterrupt) -> None:
        """Have all taken back, for what could not even begin somewhere."""
        several = error.errors if isinstance(error, FleetError) else ()
        one = (error,) if isinstance(error, DeployError) else (Interrupted(),)
        self.errors += several or one
        self.stop = True

    def conduct(self) -> None:
        """Return once all is done on every server; raises `FleetError` where it is not."""
        self.give_orders()
        while not all(self.fleet[name].ended or name in self.gone for name in self.fleet):
            try:
                name, said = self.said.get()
                self.hear(name, said)
            except KeyboardInterrupt:
                self.interrupt()
            self.give_orders()
        self.judge()

    def hear(self, name: str, said: Record | ReachError | Link) -> None:
        """Take in what one server says, and tell of it."""
        match said:
            case Link():
                self.away.discard(name)
                self.told.pop(name, None)
                self.add(said)
            case ReachError():
                self.lost(name, said)
            case _:
                progress = self.fleet[name]
                progress.note(said)
                progress.count += 1
                if progress.count > self.heard[name]:
                    self.heard[name] = progress.count
                    self.tell(name, said, progress)

    def lost(self, name: str, error: ReachError) -> None:
        """Try to reach the server again; what was begun there goes on meanwhile."""
        if self.fleet[name].ended:
            return
        if name in self.away:
            self.away.discard(name)
            self.gone.add(name)
            self.errors.append(error)
            return
        self.away.add(name)
        self.teller.warn(name, f"{error.reason}; trying to reach it again")
        Thread(target=self.reach, args=(name,), daemon=True).start()

    def reach(self, name: str) -> None:
        """Connect anew and take up what goes on there, if it is still that."""
        end = time.monotonic() + AGAIN_SECONDS
        while True:
            try:
                link = self.again(name)
                last = link.last()
                if not last or last["run"] != self.run:
                    raise ReachError(name, "does something else by now")
                # Before the first record: it begins anew, and so does what is known of it.
                self.said.put((name, link))
                self.listen(link)
                link.attach()
            except ReachError as error:
                if time.monotonic() > end or "something else" in error.reason:
                    self.said.put((name, error))
                    return
                time.sleep(PAUSE_SECONDS)
            else:
                return

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
        """Tell each server what to do next; nothing while one is being reached again."""
        if self.away:
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
