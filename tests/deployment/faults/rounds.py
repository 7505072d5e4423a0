"""One deployment or rollback, what befalls it by chance, and what must hold of it then."""

from __future__ import annotations

import random
import time
from collections import Counter
from dataclasses import dataclass, field

from tests.deployment.faults import state
from tests.deployment.faults.choice import SEED
from tests.deployment.faults.fleet import Fleet
from tests.deployment.faults.mischief import MISCHIEF, Running
from tests.deployment.faults.visitors import Visits
from tests.lab.host import Host

LAST_RECORD = 45
"""About as many are in the journal of a deployment, and fewer in that of a rollback."""

BY_ITSELF_SECONDS = 150
"""A minute until a client that says nothing is gone, one more until a server takes back."""

BROKEN = "\nimport no_such_module\n"
MOVED = ('path = "/marker"\n', 'path = "/marker"\ndomains = ["also.yard.test"]\n')
"""A change of site.toml for which nginx must be told anew."""

LEFT = "Not everything could be taken back"
AS_BEFORE = ("every server is as it was before", "Nothing was changed on any server")


@dataclass(frozen=True, slots=True)
class Round:
    """What happens; the same for the same seed."""

    number: int
    rollback: bool
    broken: bool
    moved: bool
    what: str
    victim: int
    record: int
    """At which record of the victim's journal it happens."""

    later: float
    """How many seconds after that, in the middle of whatever goes on then; or right there."""

    long: float
    """For how many seconds it lasts, where it ends while the task runs."""

    attaches: bool
    """Whether a killed `fab` is followed by `fab attach`, or by another `fab deploy`."""

    @classmethod
    def of(cls, number: int, hosts: int) -> Round:
        """Return a round by its number."""
        dice = random.Random(f"{SEED} round {number}")
        return cls(
            number=number,
            rollback=dice.random() < 0.25,
            broken=dice.random() < 0.08,
            moved=dice.random() < 0.25,
            what=dice.choice(list(MISCHIEF)),
            victim=dice.randrange(hosts),
            record=dice.randint(1, LAST_RECORD),
            later=dice.choice((0, 0, dice.random())),
            long=dice.choice((0, dice.random() * 5)),
            attaches=dice.random() < 0.5,
        )


@dataclass
class Chances:
    """Rounds on a fleet, one after the other."""

    fleet: Fleet
    versions: dict[str, str] = field(default_factory=dict)
    """Of each release, what its answers show."""

    seen: Counter[str] = field(default_factory=Counter)
    """How many answers each version gave."""

    sent: int = 0
    said: str = ""
    """What was read of the last task, and of those that followed it."""

    def play(self, what: Round) -> None:
        """Let a round happen, and see that all is as it must be."""
        fleet, mischief = self.fleet, MISCHIEF[what.what]
        victim = fleet.hosts[what.victim]
        for host in fleet.hosts:
            state.keep_warm(fleet.lab, host)
        old = fleet.live()
        before = self.states(processes=mischief.processes)
        new, words = self.target(what, old)
        with fleet.visited(*fleet.hosts) as visits:
            done = self.befall(what, victim, words)
            ended = self.bring_together(what, done, words)
        self.judge_visits(visits, victim, mischief.spares, {old, new})
        assert ended in (old, new)
        if done.returncode == 0:
            assert ended == new, self.said
        if done.returncode == 1 and any(words in self.said for words in AS_BEFORE):
            assert ended == old, self.said
            assert self.states(processes=mischief.processes) == before
        if what.broken and not what.rollback:
            assert ended == old
        assert fleet.quiet(ended) == self.versions[ended]

    def states(self, *, processes: bool) -> list[str]:
        """Return what each server has and runs."""
        look = state.all_of if processes else state.files
        return [look(self.fleet.lab, host) for host in self.fleet.hosts]

    def target(self, what: Round, old: str) -> tuple[str, tuple[str, ...]]:
        """Return the release that is to be live, and the task that makes it so."""
        project = self.fleet.project
        if what.rollback and (others := self.installed() & self.versions.keys() - {old}):
            goal = random.Random(f"{SEED} {what.number}").choice(sorted(others))
            return goal, ("rollback", "--to", goal)
        site = project.folder / "site.toml"
        plain = site.read_text().replace(MOVED[1], MOVED[0])
        site.write_text(plain.replace(*MOVED) if what.moved else plain)
        new = self.fleet.version()
        self.versions[new] = f"v{self.fleet.count}"
        if what.broken:
            marker = project.folder / "apps" / "marker.py"
            marker.write_text(marker.read_text() + BROKEN)
            new = project.commit("broken")
        return new, ("deploy",)

    def installed(self) -> set[str]:
        """Return the releases that all servers have."""
        names = (
            set(state.sh(self.fleet.lab, host, "ls /srv/yard/releases").split())
            for host in self.fleet.hosts
        )
        return set.intersection(*names)

    def befall(self, what: Round, victim: Host, words: tuple[str, ...]) -> Running:
        """Begin the task, let it happen, and return once the task has ended."""
        fleet, mischief, gate = self.fleet, MISCHIEF[what.what], self.fleet.gates[victim.name]
        gate.close_at(what.record)
        running = fleet.project.start_fab(*words)
        if gate.reached(running) and what.later:
            gate.let_go()
            time.sleep(what.later)
        mischief.do(fleet, victim, running)
        if mischief.at_once:
            time.sleep(what.long)
            mischief.undo(fleet, victim, running)
        gate.let_go()
        out, err = running.communicate(timeout=240)
        self.said = out + err
        if not mischief.at_once:
            mischief.undo(fleet, victim, running)
        assert "Traceback" not in self.said, self.said
        return running

    def bring_together(self, what: Round, done: Running, words: tuple[str, ...]) -> str:
        """Do what a person would who sees how it ended; return what is live in the end."""
        fleet, end = self.fleet, time.monotonic() + BY_ITSELF_SECONDS
        if done.returncode < 0:  # killed
            self.again(what, ("attach",) if what.attaches else words)
        while not fleet.idle():
            assert time.monotonic() < end, f"it never came to its end: {self.said}"
            time.sleep(0.2)
        if LEFT in self.said or len(set(fleet.project.live())) > 1:
            self.again(what, words)
        return fleet.live()

    def again(self, what: Round, words: tuple[str, ...]) -> None:
        """Run the task once more, or another, which must end well."""
        done = self.fleet.project.try_fab(*words)
        self.said += f"\n{words}: {done}"
        well = done.code == 0 or "it is live already" in done.err
        assert well or what.broken or words == ("attach",), self.said
        assert "Traceback" not in self.said, self.said

    def judge_visits(
        self, visits: dict[str, Visits], victim: Host, spares: str, live: set[str]
    ) -> None:
        """See that nobody lost anything, and that each answer was of a release that was live."""
        shown = {self.versions.get(release, "none") for release in live}
        for name, one in visits.items():
            spared = spares if name == victim.name else ""
            assert [lost for lost in one.lost if not spared or spared in lost] == [], name
            assert one.releases <= live, name
            assert one.seen.keys() <= shown, name
            self.seen += one.seen
            self.sent += one.sent
