"""One look at all certificates of a site, and what has to be done about them."""

from __future__ import annotations

import json
import subprocess
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from math import inf
from pathlib import Path
from typing import Any

from deploy.certify import acme, due, kept
from deploy.certify.certificate import Certificate, Unfit, given, joined, looked_at, read
from deploy.certify.kept import Kept
from deploy.layout import Layout
from deploy.onhost import placeholder, whole

RELOAD_SECONDS = 30
"""While many are asked for, nginx is reloaded no more often than this."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a release, or bootstrap, says of certificates."""

    email: str
    directory: str
    hosts: dict[str, list[str] | None]
    """The paths of chain and key; None for one that an authority is asked for."""


def wanted(at: Layout) -> Wanted | None:
    """Return what the live release wants; else what bootstrap was told, if anything."""
    for path in (Path(at.current, "tls.json"), Path(at.wanted)):
        try:
            told: dict[str, Any] = json.loads(path.read_text("utf-8"))
        except FileNotFoundError:
            continue
        return Wanted(told["email"], told["directory"], told["hosts"])
    return None


def certify(at: Layout) -> None:
    """See to all certificates until nothing more is wanted at once."""
    urgent = Path(at.tls, "now")
    while (want := wanted(at)) is not None:
        named = urgent.read_text("utf-8").split() if urgent.exists() else None
        urgent.unlink(missing_ok=True)
        # Who deploys again and again does not use up what the authority takes.
        passed_over = 0 if named is None else inf if named else due.AT_ONCE
        Round(at, want, passed_over, frozenset(named or ())).run()
        if not urgent.exists() and wanted(at) == want:
            return


class Round:
    """Sees to each host once."""

    def __init__(
        self, at: Layout, want: Wanted, passed_over: float, anew: frozenset[str] = frozenset()
    ) -> None:
        """Wait for no pause after as many failures as are ``passed_over``.

        ``anew`` are hosts to ask for though not due.
        """
        self.at, self.want, self.passed_over, self.anew = at, want, passed_over, anew
        self.path = Path(at.tls, "state.json")
        self.book = kept.load(self.path)
        self.book = replace(
            self.book, hosts={host: self.book.hosts.get(host, Kept()) for host in want.hosts}
        )
        self.reloaded = time.monotonic()

    def run(self) -> None:
        """See to each host; what is wrong with one says nothing of the others."""
        for host, own in self.want.hosts.items():
            state = self.own(host, own) if own else self.asked(host)
            self.book = replace(self.book, hosts={**self.book.hosts, host: state})
            if self.book.stale and time.monotonic() - self.reloaded > RELOAD_SECONDS:
                self.reload()
            self.note()
        if self.book.stale:
            self.reload()
        self.note()

    def own(self, host: str, paths: list[str]) -> Kept:
        """Take what somebody put where site.toml says, if it is another."""
        there, fault = self.there(host), ""
        try:
            there = self.put(host, given(Path(paths[0]), Path(paths[1]), host))
        except Unfit as error:
            fault = str(error)
        return described(there, Kept(fault=fault))

    def asked(self, host: str) -> Kept:
        """Ask the authority, if it is time; take what it gave."""
        state, directory = self.book.hosts[host], self.want.directory
        there = self.taken(host) or self.there(host)
        now = datetime.now(UTC)
        if host not in self.anew and not due.is_due(there, state, directory, now):
            return described(there, Kept(directory=directory))
        if due.pauses(state, now, self.passed_over):
            return described(there, state)
        try:
            acme.ask(self.at.site, host, self.want.email, directory)
            chain, key = acme.obtained(self.at.site, host)
            there = self.put(host, joined(read(chain), read(key), host)[0])
        except (acme.Refused, Unfit) as error:
            failures = state.failures + 1
            again = (datetime.now(UTC) + due.pause(failures)).isoformat(timespec="seconds")
            failed = replace(state, fault=str(error), failures=failures, again=again)
            return described(there, failed)
        return described(there, Kept(directory=directory))

    def taken(self, host: str) -> Certificate | None:
        """Take what the authority gave in a round that did not end, if that is better."""
        there = self.there(host)
        try:
            chain, key = acme.obtained(self.at.site, host)
            content, found = joined(read(chain), read(key), host)
            return self.put(host, content) if there.placeholder or found.ends > there.ends else None
        except Unfit:
            return None

    def there(self, host: str) -> Certificate:
        """Return the certificate that nginx has; a placeholder is made where there is none."""
        path = Path(self.at.certificate(host))
        placeholder.main({"paths": [] if path.exists() else [str(path)], "aside": "round"})
        try:
            return looked_at(read(path))
        except Unfit:
            path.unlink()
            placeholder.main({"paths": [str(path)], "aside": "round"})
            return looked_at(read(path))

    def put(self, host: str, content: bytes) -> Certificate:
        """Give nginx another certificate, if it takes it; raises `Unfit` where it does not."""
        path = Path(self.at.certificate(host))
        before = read(path)
        if content != before:
            whole.write(path, content)
            if said := checked():
                whole.write(path, before)
                raise Unfit(f"nginx does not take it: {said}")
            self.book = replace(self.book, stale=True)
        return looked_at(content)

    def reload(self) -> None:
        """Let nginx read what was changed, if it runs; else it reads it when it starts."""
        self.reloaded = time.monotonic()
        said = checked() or reloaded()
        self.book = replace(self.book, stale=bool(said), fault=said)

    def note(self) -> None:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        kept.save(self.path, replace(self.book, looked=now))


def described(there: Certificate, state: Kept) -> Kept:
    return replace(
        state,
        begins=there.begins.isoformat(),
        ends=there.ends.isoformat(),
        issuer=there.issuer,
        placeholder=there.placeholder,
    )


def checked() -> str:
    """Return what nginx says against its configuration, if anything."""
    done = subprocess.run(("nginx", "-t", "-q"), capture_output=True, text=True, check=False)
    return done.stderr.strip()[-400:] if done.returncode else ""


def reloaded() -> str:
    """Return why nginx was not reloaded, if it runs and was not."""
    runs = ("systemctl", "is-active", "--quiet", "nginx.service")
    if subprocess.run(runs, check=False).returncode:
        return ""
    done = subprocess.run(("nginx", "-s", "reload"), capture_output=True, text=True, check=False)
    return done.stderr.strip()[-400:] if done.returncode else ""
