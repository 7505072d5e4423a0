from __future__ import annotations

import stat
from pathlib import Path
from threading import Event

import pytest

from deploy.acting.machine import Here, Outcome
from deploy.acting.runner import Runner, perform
from deploy.acting.steps import Put, Run, Script, Step, Upload, shell
from deploy.bundle import File
from deploy.errors import StepError
from tests.deploy.told import Told


def write(path: Path, word: str) -> Run:
    return shell('echo "$1" >> "$2"', word, str(path))


def test_steps_are_done_in_order_and_told_once_finished(tmp_path: Path) -> None:
    told, log = Told(), tmp_path / "log"

    Runner(Here(), told).do((Step("one", write(log, "1")), Step("two", write(log, "2"))))

    assert log.read_text() == "1\n2\n"
    assert told.ended == ["here: one", "here: two"]


def test_a_step_that_fails_says_what_why_and_with_which_command(tmp_path: Path) -> None:
    fails = Step("do three", shell("echo out; echo why >&2; exit 7"))

    with pytest.raises(StepError) as raised:
        Runner(Here(), Told()).do((fails, Step("four", Run("touch", f"{tmp_path}/never"))))

    assert str(raised.value) == (
        "here: could not do three (exit status 7)\n"
        "  $ sh -c 'echo out; echo why >&2; exit 7' sh\n"
        "  | out\n"
        "  | why"
    )
    assert not (tmp_path / "never").exists()


def test_only_the_end_of_a_long_output_is_told() -> None:
    with pytest.raises(StepError) as raised:
        Runner(Here(), Told()).do((Step("count", shell("seq 1000; exit 1")),))

    assert str(raised.value).splitlines()[2] == "  | 976"


def test_no_step_begins_once_told_to_stop(tmp_path: Path) -> None:
    stop = Event()
    stop.set()

    Runner(Here(), Told(), stop).do((Step("go", Run("touch", f"{tmp_path}/never")),))

    assert not (tmp_path / "never").exists()


def test_a_file_is_written_whole_with_its_mode_and_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "a file"
    path.write_text("old")

    perform(Put(str(path), "new ü\n", 0o640), Here())

    assert path.read_text() == "new ü\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert list(tmp_path.iterdir()) == [path]


def test_writing_replaces_a_symbolic_link_and_not_its_target(tmp_path: Path) -> None:
    target, path = tmp_path / "target", tmp_path / "link"
    target.write_text("untouched")
    path.symlink_to(target)

    perform(Put(str(path), "new"), Here())

    assert target.read_text() == "untouched"
    assert not path.is_symlink()


def test_a_file_that_cannot_be_written_is_a_failure(tmp_path: Path) -> None:
    assert perform(Put(f"{tmp_path}/none/file", "x"), Here()).exit_code != 0


def test_nothing_stays_of_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file" / "in its place").mkdir(parents=True)

    assert perform(Put(f"{tmp_path}/file", "x"), Here()).exit_code == 1

    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_program_that_finds_something_wrong_says_that_alone(tmp_path: Path) -> None:
    """Also where its error is that of another program, as of those who ask."""
    pool = {"name": "default", "unit": "none", "socket": f"{tmp_path}/none", "before": ""}
    watch = Script.of("watch", {"release": "r", "seconds": 5, "pools": [pool]})

    outcome = perform(watch, Here())

    assert outcome.exit_code == 1
    assert "seen twice" in outcome.err or "did not go on" in outcome.err
    assert "Traceback" not in outcome.err


def test_uploads_are_named_by_their_hash(tmp_path: Path) -> None:
    source = tmp_path / "site.toml"
    source.write_text("name")
    file = File.of(source)

    perform(Upload(str(tmp_path), ((source, file.sha256, file.size),)), Here())

    assert (tmp_path / file.sha256).read_text() == "name"


def test_a_program_for_the_server_gets_its_input_as_one_word() -> None:
    given = {"incoming": "/nowhere", "store": "/no", "folder": "/no", "files": []}

    assert perform(Script.of("adopt", given), Here()) == Outcome(0, "", "")
