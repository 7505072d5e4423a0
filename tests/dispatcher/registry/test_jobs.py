"""What an app runs besides answering is declared in site.toml, and all that is wrong is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from dispatcher.registry.faults import RegistryError
from dispatcher.registry.jobs import Job, fault_of_command, jobs
from dispatcher.registry.site_toml import load

BASE = 'name = "yard"\ndomain = "example.org"\n[apps.m]\napp = "m:app"\npath = "/"\n'
SERVERS = '[servers]\na.host = "a"\nb.host = "b"\n'


def site(folder: Path, text: str) -> Path:
    path = folder / "site.toml"
    path.write_text(BASE + text)
    return path


def faults(path: Path) -> list[str]:
    with pytest.raises(RegistryError) as raised:
        load(path)
    return [str(fault) for fault in raised.value.faults]


def test_an_app_has_the_jobs_that_it_declares(tmp_path: Path) -> None:
    path = site(
        tmp_path,
        'migrate = "flask db upgrade"\nschedule = "m:tick"\nworkers.mail = "celery -A m worker"\n',
    )

    (app,) = load(path)

    assert list(jobs(app)) == [
        Job("migrate", "m", "default", "flask db upgrade"),
        Job("worker", "m", "default", "celery -A m worker", "mail"),
        Job("schedule", "m", "default", "m:tick"),
    ]
    assert [job.name for job in jobs(app)] == ["migrate.m", "worker.m.mail", "schedule.m"]


def test_an_environment_may_have_other_workers(tmp_path: Path) -> None:
    path = site(
        tmp_path,
        'workers.mail = "one"\n'
        '[environments.test]\ndomain = "t.org"\napps.m.workers.mail = "two"\n',
    )

    assert load(path).app("m").workers == {"mail": "one"}
    assert load(path, "test").app("m").workers == {"mail": "two"}


@pytest.mark.parametrize("words", ["flask db upgrade", "celery -A 'a b' worker", "a.b:c.d", "x"])
def test_a_command_is_words_or_a_function(words: str) -> None:
    assert fault_of_command(words) is None


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        ("", "is empty"),
        ("  ", "is empty"),
        ("flask 'db", "has no closing quotation"),
        ("flask db upgrade && rm x", "has '&&', but no shell reads it"),
        ("celery | tee log", "has '|'"),
        ("echo $HOME", "has '$HOME'"),
        ("/bin/sh x", "begins with '/bin/sh'"),
        ("../x", "begins with '../x'"),
        ("-x", "begins with '-x'"),
    ],
)
def test_what_no_process_could_be_is_refused(words: str, fault: str) -> None:
    assert fault in str(fault_of_command(words))


def test_all_that_is_wrong_is_told_with_its_line(tmp_path: Path) -> None:
    path = site(
        tmp_path,
        'schedule = "a; b"\nmigrate_seconds = 9\nmigrate_on = "some"\nfinish_seconds = 1\n'
        'workers.Mail = "x"\n',
    )

    assert faults(path) == [
        "line 6: apps.m.schedule = 'a; b': begins with 'a;', which is not a program's name; "
        "write a command like 'flask db upgrade' or a function like 'apps.wiki.tasks:upgrade'",
        "line 7: apps.m.migrate_seconds = 9.0: is for nothing: the app has no migrate",
        "line 8: apps.m.migrate_on = 'some': must be 'one' or 'each'",
        "line 9: apps.m.finish_seconds = 1.0: is for nothing: the app has no workers",
        "line 10: apps.m.workers.Mail = 'Mail': is not a name; write up to 32 of a-z, 0-9 and "
        "inner hyphens, like 'yard'",
    ]


def test_who_has_two_servers_says_whether_they_share_the_database(tmp_path: Path) -> None:
    (fault,) = faults(site(tmp_path, 'migrate = "m:up"\n' + SERVERS))

    assert fault.startswith("line 3: apps.m.migrate_on: is missing, and there are 2 servers (a, b)")
    for where in ("one", "each"):
        load(site(tmp_path, f'migrate = "m:up"\nmigrate_on = "{where}"\n' + SERVERS))


@pytest.mark.parametrize("name", ["migrate", "schedule"])
def test_a_worker_is_not_called_like_another_job(tmp_path: Path, name: str) -> None:
    (fault,) = faults(site(tmp_path, f'workers.{name} = "x"\n'))

    assert "is the name of another job" in fault
