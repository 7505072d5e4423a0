"""One client's requests, each answered before the next is read; in lines of JSON."""

from __future__ import annotations

import json
import socket
from base64 import b64encode
from collections.abc import Callable
from contextlib import ExitStack, closing, suppress
from functools import partial
from threading import Event, Lock, Thread
from traceback import print_exc
from typing import Any, assert_never

from pydantic import ValidationError

from deploy.acting.machine import Machine
from deploy.agent import history, logs, packing, planning, running
from deploy.agent.process import Feeder, Process
from deploy.agent.receiving import Store
from deploy.agent.transaction import Transaction
from deploy.agent.transactions import Transactions
from deploy.checks import examining
from deploy.errors import DeployError, PlanError
from deploy.layout import Layout
from deploy.protocol import words
from deploy.protocol.commands import SAID, Exec
from deploy.protocol.data_words import Backup, Restore
from deploy.server.look import look
from dispatcher.registry.faults import RegistryError

SILENCE_SECONDS = 60
"""After how long without a word a client counts as gone; an empty line is one."""

BEAT_SECONDS = 10
"""How often a client hears an empty line, and so that somebody is there."""

LONGEST = 8_000_000
"""Bytes of a request; a registry of ten thousand apps has a tenth."""


class Conversation:
    """What is said on one connection."""

    def __init__(
        self,
        connection: socket.socket,
        at: Layout,
        machine: Machine,
        all_of: Transactions,
        beats: float = BEAT_SECONDS,
    ) -> None:
        connection.settimeout(SILENCE_SECONDS)
        self.beats, self.ended = beats, Event()
        self.connection, self.at, self.machine, self.transactions = connection, at, machine, all_of
        self.input = connection.makefile("rb")
        self.sending = Lock()
        self.store, self.sent = Store(at.store), Store(at.sent())
        self.followed: Transaction | None = None
        self.presence = ExitStack()
        self.listening: Thread | None = None
        """Who reads what the client says, once that is for a command which runs."""

    def hold(self, hello: dict[str, Any]) -> None:
        """Answer until the client has gone."""
        try:
            with suppress(OSError), self.connection, self.input, self.presence:
                self.tell(hello=hello | {"beats": str(self.beats)})
                Thread(target=self.beat, daemon=True).start()
                while line := self.input.readline(LONGEST):
                    if line.strip():
                        self.answer(line)
                    if self.listening:  # to what was said to a command that has ended
                        self.listening.join()
                        return
        finally:
            self.ended.set()

    def beat(self) -> None:
        """Say that somebody is there, whatever else goes on, until the client has gone."""
        with suppress(OSError):
            while not self.ended.wait(self.beats):
                self.send(b"\n")

    def answer(self, line: bytes) -> None:
        """Do what a line asks for, and say how it went; an order is answered by a record."""
        try:
            request = words.REQUEST.validate_json(line)
            if isinstance(request, words.Order):
                if self.followed:
                    self.followed.order(request.order, self)
                return
            answer = self.act(request)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"])) or "all of it"
            self.tell(error=f"the agent does not take that: {where}: {first['msg']}")
        except (DeployError, RegistryError) as error:
            self.tell(error=str(error))
        except OSError as error:  # as of a full disk; of a lost connection this fails as well
            self.tell(error=f"could not begin: {error.strerror or error}")
        except Exception:
            print_exc()  # into the agent's own log
            self.tell(error="the agent failed at that; its log on the server says how")
        else:
            self.tell(answer=answer)
            if self.followed and isinstance(answer, dict) and answer.get("follow"):
                Thread(target=self.follow, args=(self.followed,), daemon=True).start()

    def act(self, request: words.Question) -> Any:
        """Return the answer; raises `DeployError` or `RegistryError`."""
        match request:
            case words.Look():
                site = planning.registered(self.at, request) if request.registry else None
                state = (
                    planning.found(self.at, site, self.machine)
                    if site
                    else look(self.at, self.machine)
                )
                return state.model_dump(mode="json")
            case words.Examine():
                site = planning.registered(self.at, request)
                seen = examining.examine(self.at, self.machine, site)
                last = self.transactions.about_last()
                return seen.model_copy(update={"last": last}).model_dump(mode="json")
            case words.Take():
                return self.store_of(private=request.private).take(request.file, self.input)
            case words.Show():
                plan = planning.plan(self.at, request.intention, self.machine)
                store = self.store_of(private=isinstance(request.intention, Restore))
                return {
                    "title": plan.title,
                    "steps": [(step.note, str(step.do)) for step in plan],
                    "live": planning.live(self.at),
                    "lacking": store.lacking(planning.files(self.at, request.intention)),
                }
            case words.Begin():
                return self.begin(request.intention)
            case words.Last():
                return self.transactions.about_last()
            case words.Attach():
                return self.follows(self.transactions.last, "", conduct=request.conduct)
            case words.History():
                told = history.read(self.transactions.folder / "history")
                return {"records": told.records, "broken": told.broken, "head": told.head}
            case words.Logs():
                return self.logs(request)
            case Exec():
                return self.run(*running.begun(self.at, request, look(self.at, self.machine)))
            case Backup():
                return self.run(*packing.begun(self.at, request, look(self.at, self.machine)))
            case _:
                assert_never(request)

    def begin(self, intention: words.Intention) -> dict[str, Any]:
        title = ""

        def plan() -> Any:
            nonlocal title
            made = planning.plan(self.at, intention, self.machine)
            title = made.title
            return made

        return self.follows(self.transactions.begin(intention, plan), title)

    def follows(
        self, transaction: Transaction | None, title: str, *, conduct: bool = True
    ) -> dict[str, Any]:
        """Tell of a transaction; who is to ``conduct`` it is there for it while connected.

        One at a time: each who follows has a thread.
        """
        if self.followed and not self.followed.journal.ended:
            raise PlanError("this connection follows a transaction already, which has not ended")
        self.presence.close()
        self.followed = transaction
        if transaction and conduct:
            self.presence.enter_context(transaction.conducted(self))
        records = len(transaction.journal.records) if transaction else 0
        return {"follow": transaction is not None, "title": title, "records": records}

    def follow(self, transaction: Transaction) -> None:
        """Tell the client each record."""
        with suppress(OSError):
            transaction.journal.follow(0, lambda record: self.tell(record=record))

    def logs(self, request: words.Logs) -> None:
        """Tell lines of the journal until they end or the client goes."""
        with closing(logs.told(self.at, request, self.until_gone)) as lines:
            for line in lines:
                self.tell(line=line)

    def store_of(self, *, private: bool) -> Store:
        """Return where files of releases are kept, or those that only root may read."""
        return self.sent if private else self.store

    def run(self, unit: str, process: Process) -> dict[str, int]:
        """Let a command run until it ends or the client goes; nothing can be asked after it."""
        feeder = Feeder(process, lambda: self.tell(taken=1))
        end = partial(running.end, unit)
        self.listening = Thread(target=self.until_gone, args=(end, feeder), daemon=True)
        self.listening.start()
        try:
            code = process.hear(lambda kind, piece: self.tell(**{kind: b64encode(piece).decode()}))
        finally:
            process.kill()
            end()
        return {"exit": code}

    def until_gone(self, stop: Callable[[], object], feeder: Feeder | None = None) -> None:
        """Read what the client says until it goes, and stop then.

        That is nothing but that it is there, or what a ``feeder`` is to be told.
        """
        with suppress(OSError):
            while line := self.input.readline(LONGEST):
                if feeder and line.strip():
                    try:
                        feeder.hear(SAID.validate_json(line))
                    except (OSError, ValidationError):
                        stop()
                        feeder = None
        stop()

    def tell(self, **what: Any) -> None:
        self.send(json.dumps(what, separators=(",", ":")).encode() + b"\n")

    def send(self, line: bytes) -> None:
        with self.sending:
            self.connection.sendall(line)
