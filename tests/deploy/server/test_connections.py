"""nginx has room for all visitors where one app keeps its own waiting."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.acting.machine import Here
from deploy.acting.runner import perform
from deploy.acting.steps import Script
from deploy.onhost.widen import widened
from deploy.server import connections
from tests.deploy.sample import BARE, WIDE, ready


@pytest.mark.parametrize(
    ("was", "is_now"),
    [
        ("events {\n    worker_connections 768;\n}\n", WIDE),
        ("events {\n}\n", WIDE.replace("16384;\n}", "16384;\n}")),
        (WIDE, WIDE),
        (WIDE.replace("16384", "50000"), WIDE.replace("16384", "50000")),
        (WIDE.replace("40000", "1024"), WIDE),
        ("# events {\nuser a;\n", "worker_rlimit_nofile 40000;\n# events {\nuser a;\n"),
    ],
    ids=["Debian's", "without any", "ours", "more", "few files", "strange"],
)
def test_room_is_made_where_it_is_missing_and_nothing_else_is_touched(
    was: str, is_now: str
) -> None:
    assert widened(was) == is_now
    assert widened(is_now) == is_now


def test_the_file_is_written_whole(tmp_path: Path) -> None:
    file = tmp_path / "nginx.conf"
    file.write_text("events {\n    worker_connections 768;\n}\n")

    done = perform(Script.of("widen", {"path": str(file)}), Here())

    assert done.exit_code == 0, done.err
    assert file.read_text() == WIDE
    assert list(tmp_path.iterdir()) == [file]


def test_a_server_that_has_room_is_left_alone() -> None:
    assert connections.widen(ready()) == ()
    assert len(connections.widen(BARE)) == 2
