"""Which commit is deployed; every reason why there is none is told with what to do."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from deploy.building.commit import Commit, git, head, uncommitted
from deploy.errors import BuildError


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    root.mkdir()
    run(root, "init", "--quiet")
    return root


def run(root: Path, *words: str) -> None:
    names = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "commit.gpgsign=no")
    subprocess.run(["git", "-C", str(root), *names, *words], check=True, capture_output=True)


def commit(root: Path, name: str = "site.toml") -> None:
    (root / name).write_text("name")
    run(root, "add", name)
    run(root, "commit", "--quiet", "--message", "Begin")


def test_a_release_is_named_by_the_time_and_hash_of_its_commit() -> None:
    assert Commit("1a2b3c4d5e6f", 1_795_225_200).id == "20261121T014000-1a2b3c4"


def test_the_head_is_the_last_commit(repository: Path) -> None:
    commit(repository)

    assert head(repository).sha == git(repository, "rev-parse", "HEAD")


def test_what_differs_from_the_commit_is_listed(repository: Path) -> None:
    commit(repository)
    (repository / "site.toml").write_text("changed")
    (repository / "new.txt").touch()

    assert uncommitted(repository) == ["site.toml", "new.txt"]


def test_a_folder_without_git_is_told_how_to_begin(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="this is no git repository; run: git init"):
        head(tmp_path)


def test_a_repository_without_a_commit_is_told_so(repository: Path) -> None:
    with pytest.raises(BuildError, match="there is none yet; run: git commit"):
        head(repository)


def test_a_project_inside_another_repository_is_refused(repository: Path) -> None:
    commit(repository)
    (repository / "inner").mkdir()

    with pytest.raises(BuildError, match="must be a git repository of its own, not part of"):
        head(repository / "inner")


def test_a_machine_without_git_is_told_so(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")

    with pytest.raises(BuildError, match="git is not installed here"):
        head(repository)
