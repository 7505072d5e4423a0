"""Migrations, workers and schedules on a fleet of two: once, warm, and never two at a time."""

from __future__ import annotations

import pytest

from tests.deployment.celery_app import CLUB, locked
from tests.deployment.celery_app import TABLE as CLUB_TABLE
from tests.deployment.conftest import booted
from tests.deployment.members import MEMBERS, STATE, TABLE, lines, units, until, version
from tests.deployment.project import Project
from tests.deployment.test_looking import followed
from tests.deployment.test_looking import until as line_with
from tests.deployment.traffic import traffic
from tests.lab.host import Host
from tests.lab.lab import Lab

pytestmark = pytest.mark.lab


@pytest.fixture(scope="module")
def hosts(lab: Lab) -> list[Host]:
    return list(lab.up(2))


@pytest.fixture(scope="module")
def fleet(lab: Lab, hosts: list[Host], tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Give a project whose app with jobs is live on two servers."""
    folder = tmp_path_factory.mktemp("jobs") / "site"
    project = Project(folder, lab.ssh_config, tuple(host.name for host in hosts))
    site = folder / "site.toml"
    site.write_text(site.read_text() + TABLE)
    (folder / "apps" / "members.py").write_text(MEMBERS)
    project.commit("members")
    project.fab("bootstrap")
    project.fab("deploy")
    return project


def test_a_shared_database_is_migrated_once_as_the_pools_user(
    lab: Lab, hosts: list[Host], fleet: Project
) -> None:
    first, second = hosts
    before, elsewhere = (len(lines(lab, host, "migrated")) for host in hosts)
    version(fleet, "two")

    with traffic(first.ip) as seen:
        fleet.fab("deploy")

    uid = lab.run(first, "id", "-u", "yard-default").stdout.strip()
    assert [line[1:] for line in lines(lab, first, "migrated")[before:]] == [["two", uid, "keys"]]
    assert len(lines(lab, second, "migrated")) == elsewhere
    assert seen.failures == []
    copies = lab.run(first, "sh", "-c", f"ls {STATE}/before-migrations/members").stdout.split()
    assert copies[-1].endswith(fleet.live()[0])


@pytest.mark.parametrize(
    ("body", "said"),
    [("    raise RuntimeError('no such luck')\n", "no such luck"), ("    time.sleep(60)\n", "")],
    ids=["fails", "hangs"],
)
def test_a_migration_that_does_not_succeed_leaves_the_old_release_untouched(
    lab: Lab, hosts: list[Host], fleet: Project, body: str, said: str
) -> None:
    live = fleet.live()
    working = [units(lab, host, "worker") for host in hosts]
    version(fleet, "broken", f"\n\ndef migrate():\n{body}")

    with traffic(hosts[0].ip) as seen:
        done = fleet.try_fab("deploy")

    assert done.code == 1, done
    assert "could not migrate members" in done.err, done
    assert said in done.err
    assert "every server is as it was before" in done.err
    assert fleet.live() == live
    assert seen.failures == []
    assert "broken" not in seen.seen
    assert [units(lab, host, "worker") for host in hosts] == working
    assert units(lab, hosts[0], "schedule") == live[:1]


def test_a_task_under_way_at_the_cutover_is_finished_by_the_worker_that_began_it(
    lab: Lab, hosts: list[Host], fleet: Project
) -> None:
    (was,) = {line[1] for line in lines(lab, hosts[0], "ticks")[-1:]}
    had = len(lines(lab, hosts[0], "tasks"))
    release = version(fleet, "three")
    with fleet.start_fab("deploy") as running:
        assert running.stderr is not None
        for line in running.stderr:
            if line.startswith(f"{hosts[0].name} ") and "go live" in line:
                queue = "for n in 1 2; do : > $0/queue/$n; done; chown -R yard-default $0/queue"
                lab.run(hosts[0], "sh", "-c", queue, STATE)
        running.communicate(timeout=60)
    assert running.returncode == 0

    until(lambda: sum(line[3] == "ended" for line in lines(lab, hosts[0], "tasks")[had:]) == 2)
    tasks = lines(lab, hosts[0], "tasks")[had:]
    by = {line[4]: {one[1] for one in tasks if one[4] == line[4]} for line in tasks}
    assert sorted(by) == ["1", "2"]
    assert all(len(versions) == 1 for versions in by.values()), "who begins a task ends it"
    assert {was} in by.values(), "one was taken by the worker of before"
    until(lambda: all(units(lab, host, "worker") == [release] for host in hosts))

    back = fleet.fab("rollback")
    assert back.code == 0
    (now,) = set(fleet.live())
    until(lambda: all(units(lab, host, "worker") == [now] for host in hosts))


def test_a_restart_is_for_workers_and_the_schedule_too_and_cuts_no_task_off(
    lab: Lab, hosts: list[Host], fleet: Project
) -> None:
    first = hosts[0]
    ended, ticks = (len(lines(lab, first, file)) for file in ("tasks", "ticks"))
    live = fleet.live()[:1]
    queue = ": > $0/queue/long; chown -R yard-default $0/queue"
    lab.run(first, "sh", "-c", queue, STATE)
    until(lambda: len(lines(lab, first, "tasks")) > ended)

    with traffic(first.ip) as seen:
        fleet.fab("restart", "default", "--only", first.name)

    until(lambda: [line[3] for line in lines(lab, first, "tasks")[ended:]] == ["begins", "ended"])
    until(lambda: units(lab, first, "worker") == live)
    until(lambda: "begins" in [line[3] for line in lines(lab, first, "ticks")[ticks:]])
    assert seen.failures == []


def test_one_schedule_runs_in_the_fleet_and_never_two(
    lab: Lab, hosts: list[Host], fleet: Project
) -> None:
    first, second = hosts
    had, elsewhere = (len(lines(lab, host, "ticks")) for host in hosts)
    (was,) = {line[1] for line in lines(lab, first, "ticks")[-1:]}
    version(fleet, "four")
    fleet.fab("deploy")

    ticks = lines(lab, first, "ticks")[had:]
    runs = [(was, "begins"), *((line[1], line[3]) for line in ticks if line[3] != "runs")]
    assert len(runs) == 3
    for (began, _), (ended, word) in zip(runs[::2], runs[1::2], strict=False):
        assert (ended, word) == (began, "ended"), runs
    assert units(lab, first, "schedule") == fleet.live()[:1]
    assert len(lines(lab, second, "ticks")) == elsewhere

    site = fleet.folder / "site.toml"
    one, two = (f'[servers.{host.name}]\nhost = "deploy@{host.name}"\n' for host in hosts)
    before = site.read_text()
    site.write_text(before.replace(one, "").replace(two, f"{two}\n{one}"))
    release = fleet.commit("the other first")
    fleet.fab("deploy")

    assert units(lab, first, "schedule") == []
    assert units(lab, second, "schedule") == [release]
    last, begins = lines(lab, first, "ticks")[-1], lines(lab, second, "ticks")[elsewhere]
    assert last[3] == "ended"
    assert float(last[0]) < float(begins[0]), "the one ended before the other began"

    site.write_text(before)
    release = fleet.commit("as it was")
    fleet.fab("deploy")
    assert [units(lab, host, "schedule") for host in hosts] == [[release], []]


def test_what_jobs_say_is_followed_from_release_to_release(
    hosts: list[Host], fleet: Project
) -> None:
    version(fleet, "five")

    with followed(fleet, "members", "--jobs") as said:
        (was,) = set(fleet.live())
        fleet.fab("deploy")
        (now,) = set(fleet.live())
        heard = [line_with(said, "works as five") for _ in hosts]
        line_with(said, "Stopped", f"worker.members.mail@{was}")
    assert was != now
    assert {line.split()[0] for line in heard} == {host.name for host in hosts}


def test_a_schedule_that_does_not_go_on_takes_the_release_back(
    lab: Lab, hosts: list[Host], fleet: Project
) -> None:
    live = fleet.live()
    version(fleet, "brief", "\n\ndef tick():\n    raise RuntimeError('out of ticks')\n")

    done = fleet.try_fab("deploy")

    assert done.code == 1
    assert "out of ticks" in done.err
    assert fleet.live() == live
    assert units(lab, hosts[0], "schedule") == live[:1]
    assert [units(lab, host, "worker") for host in hosts] == [[one] for one in live]


def test_celery_ends_in_its_sandbox_what_it_has_begun_before_a_deployment(
    lab: Lab, hosts: list[Host], fleet: Project
) -> None:
    host, state = hosts[0], f"{STATE}/club"
    with (fleet.folder / "requirements" / "site.txt").open("a") as site:
        site.write(locked())
    with (fleet.folder / "site.toml").open("a") as site:
        site.write(CLUB_TABLE)
    (fleet.folder / "apps" / "club.py").write_text(CLUB)
    version(fleet, "club")
    fleet.fab("deploy")

    def said() -> list[str]:
        return lab.run(host, "cat", f"{state}/log", check=False).stdout.splitlines()

    def ask(name: str) -> None:
        code = f"from apps.club import send; send.delay('{name}')"
        fleet.fab("exec", "club", f'python -c "{code}"', "--only", host.name)

    ask("first")
    until(lambda: "ended first one" in said())
    ask("long")
    until(lambda: "begins long one" in said())
    fleet.edit("apps/club.py", 'VERSION = "one"', 'VERSION = "two"')
    fleet.commit("two")
    fleet.fab("deploy")
    assert "ended long one" not in said(), "no deployment waits for a task"
    lab.run(host, "touch", f"{state}/enough")

    until(lambda: "ended long one" in said())
    # Only once the old one is gone: Celery takes tasks for some seconds after it was told to end.
    one = fleet.live()[:1]
    until(lambda: units(lab, host, "worker", "club", "active,deactivating") == one)
    ask("next")
    unit = "yard-default.worker.club*"
    words = ("journalctl", "--unit", unit, "--lines", "40", "--output", "cat", "--no-pager")
    until(lambda: "ended next two" in said(), told=lambda: [said(), lab.run(host, *words).stdout])
    assert "warm shutdown" in fleet.fab("logs", "club", "--jobs", "--only", host.name).out.lower()


def test_workers_and_schedule_come_back_after_a_power_cut(
    lab: Lab, hosts: list[Host], fleet: Project
) -> None:
    (host,) = (host for host in hosts if units(lab, host, "schedule"))
    release = fleet.live()[hosts.index(host)]

    lab.kill(host, lose_unsynced=True)
    lab.start(host)
    booted(lab, host)

    until(lambda: units(lab, host, "worker") == [release])
    until(lambda: units(lab, host, "schedule") == [release])
    said = fleet.fab("logs", "members", "--jobs", "--only", host.name).out
    assert "schedule.members" in said or "python" in said
