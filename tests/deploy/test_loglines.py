import re

import pytest

from deploy.loglines import OF_APP, jobs_to_come, of_app, of_jobs, readable, since, until
from tests.deploy.sample import AT

START = "2026-11-21T07:04:31+0000 web1 python[9]: "


def test_the_lines_of_an_app_are_those_that_begin_with_its_name_in_any_release() -> None:
    assert " ".join(of_app(AT, "a-b", "portal")) == (
        r"_SYSTEMD_SLICE=system-yard\x2da\x2db.slice "
        r"_SYSTEMD_SLICE=system-yard\x2da\x2db_again.slice "
        '--grep ^(portal |\\{"app": "portal"[,}]) --case-sensitive=yes'
    )


def test_all_lines_of_an_apps_jobs_are_its_own_whatever_writes_them() -> None:
    assert " ".join(of_jobs(AT, "default", "portal")) == (
        "--unit yard-default.worker.portal.*@*.service "
        "--unit yard-default.schedule.portal@*.service "
        "--unit yard-default.migrate.portal@*.service"
    )


def test_what_jobs_of_releases_to_come_say_is_known_before_they_have_units() -> None:
    said, of_them = jobs_to_come(AT, "a-b", "portal", 997)
    pattern = re.compile(of_them[of_them.index("--grep") + 1])

    assert said == ("FLASKYARD_JOBS=yard/a-b/portal", "_UID=997")
    assert of_them[0] == "_PID=1"
    for job in ("worker.portal.mail", "schedule.portal", "migrate.portal"):
        assert pattern.search(f"Started {AT.job_unit('r', 'a-b', job)} - yard: {job}")
    for job in ("worker.portal2.mail", "schedule.portal2", "mail.portal"):
        assert not pattern.search(f"Started {AT.job_unit('r', 'a-b', job)}")
    assert not pattern.search(AT.job_unit("r", "a", "schedule.portal"))


def test_what_is_to_come_begins_where_what_was_ended() -> None:
    assert " ".join(until(("--unit", "a"), "s=1", 5)).endswith(
        "--reverse --cursor s=1 --lines 5 --unit a"
    )
    assert " ".join(since(("--unit", "a"), "s=1")).endswith(
        "--follow --after-cursor s=1 --no-tail --unit a"
    )
    assert " ".join(since(("--unit", "a"), "")).endswith("--follow --lines 0 --unit a")


def test_a_request_is_told_in_a_line() -> None:
    line = (
        '{"app": "wiki", "level": "info", "event": "request", "request_id": "a1", "mount": '
        '"example.org/wiki", "host": "example.org", "method": "GET", '
        '"path": "/wiki/caf\\u00e9\\n", "status": 200, "ms": 3.6, "bytes": 12}'
    )
    assert list(readable(START + line)) == [
        f"{START}wiki INFO 200 GET example.org/wiki/café\\x0a 12 bytes 4 ms"
    ]


def test_a_traceback_is_told_whole_and_each_line_says_whose_it_is() -> None:
    said = '{"app": "wiki", "level": "error", "event": "failed", "exception": "Traceback:'
    line = said + '\\n  \\u001bx"}'
    assert list(readable(START + line)) == [
        f"{START}wiki ERROR failed",
        f"{START}wiki ERROR Traceback:",
        f"{START}wiki ERROR   \\x1bx",
    ]


@pytest.mark.parametrize(
    "text", ["wiki INFO what older releases wrote", "{", "{}", '{"app": 1, "level": 2}', "a {b} c"]
)
def test_what_is_not_of_this_form_is_shown_as_it_is(text: str) -> None:
    assert list(readable(START + text)) == [START + text]


def test_the_lines_of_an_app_are_found_in_either_form_and_no_others() -> None:
    of_wiki = re.compile(OF_APP.format(app="wiki"))
    assert of_wiki.search("wiki INFO old")
    assert of_wiki.search('{"app": "wiki", "level": "info"}')
    assert not of_wiki.search('{"app": "wiki-two", "level": "info"}')
    assert not of_wiki.search('{"app": "portal", "event": "wiki "}')
