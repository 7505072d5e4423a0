"""A command of an app has the app's environment, and is not root's shell."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.dispatcher.jobs.test_running import CLUB, SITE


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "site.toml").write_text(SITE)
    (tmp_path / "club.py").write_text(CLUB)
    return tmp_path


def within(folder: Path, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    argv = (sys.executable, "-m", "dispatcher.jobs.within", *words)
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3]), **environ}
    return subprocess.run(argv, cwd=folder, env=env, capture_output=True, text=True, check=False)


def test_a_command_has_the_variables_of_its_app(folder: Path) -> None:
    done = within(folder, "club", "sh", "-c", 'echo "$DISPATCHER_APP $CLUB_HOME"')

    assert (done.stdout, done.stderr) == (f"club {folder}/instance/club\n", "")


def test_flask_finds_the_app_as_the_site_has_it(folder: Path) -> None:
    assert within(folder, "club", "flask", "colour").stdout == "red True\n"


def test_words_are_words_and_no_line_of_a_shell(folder: Path) -> None:
    done = within(folder, "club", "printf", "%s|", "a b", "$HOME", "; echo c", "")

    assert done.stdout == "a b|$HOME|; echo c||"


def test_it_exits_as_the_command_does(folder: Path) -> None:
    assert within(folder, "club", "sh", "-c", "exit 7").returncode == 7


def test_programs_of_the_release_come_first(folder: Path) -> None:
    done = within(folder, "club", "python", "-c", "import sys; print(sys.executable)")

    assert Path(done.stdout.strip()).parent == Path(sys.executable).parent


@pytest.mark.parametrize(
    ("words", "environ", "code", "said"),
    [
        (("nobody", "true"), {}, 1, "nobody"),
        (("club", "no-such-program"), {}, 127, "no-such-program: No such file or directory\n"),
        (("club", "./site.toml"), {}, 127, "./site.toml: Permission denied\n"),
        (("club", "true"), {"DISPATCHER_SITE": "none.toml"}, 1, "none.toml"),
        (("club", "true"), {"DISPATCHER_PROXIES": "x"}, 1, "DISPATCHER_PROXIES='x'"),
    ],
    ids=["app", "program", "not executable", "site", "variable"],
)
def test_what_is_wrong_is_told_without_a_traceback(
    folder: Path, words: tuple[str, ...], environ: dict[str, str], code: int, said: str
) -> None:
    done = within(folder, *words, **environ)

    assert done.returncode == code
    assert said in done.stderr
    assert "Traceback" not in done.stderr
