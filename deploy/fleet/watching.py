"""Hear what somebody else has servers do, and order nothing."""

from __future__ import annotations

from collections.abc import Iterable
from threading import Event, Thread

from deploy.errors import ReachError
from deploy.fleet.conduct import Conductor
from deploy.remote.link import Link

PAUSE_SECONDS = 1.0
"""How often it is asked whether somebody is still there for it."""


class Abandoned(Exception):
    """Nobody is there for it any more."""


class Watcher(Conductor):
    """A conductor who only listens: an interrupt ends that, and nothing else."""

    abandoned = False

    def ask(self, link: Link) -> int:
        return link.attach(conduct=False)

    def give_orders(self) -> None:
        """Order nothing."""

    def interrupt(self) -> None:
        raise Abandoned if self.abandoned else KeyboardInterrupt

    def watch(self, links: Iterable[Link]) -> None:
        """Listen to the end; raises `Abandoned` where nobody conducts it any more.

        ``links`` are for asking that, and the servers are connected to anew for listening.
        Raises what `conduct` does.
        """
        asking, ended = tuple(links), Event()
        for link in asking:
            self.attach(self.again(link.name))
        Thread(target=self.look_after, args=(asking, ended), daemon=True).start()
        try:
            self.conduct()
        finally:
            ended.set()

    def look_after(self, links: tuple[Link, ...], ended: Event) -> None:
        """Interrupt once it goes on and nobody is there for it."""
        while not ended.wait(PAUSE_SECONDS):
            try:
                lasts = [link.last() for link in links]
            except ReachError:
                return  # what is lost is heard of, too
            if abandoned(lasts):
                self.abandoned = True
                self.said.put(None)
                return


def abandoned(lasts: Iterable[dict[str, object] | None]) -> bool:
    """Say whether servers tell of something that goes on and that nobody conducts."""
    there = [last for last in lasts if last]
    return not any(last["conducted"] for last in there) and any(not last["ended"] for last in there)
