import errno
import os
from collections.abc import Iterator
from pathlib import Path
from queue import SimpleQueue

import pytest
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver
from watchdog.observers.polling import PollingObserver

from dispatcher.develop.watching import Changed, Watched

PATIENCE_SECONDS = 20


@pytest.fixture
def changed() -> Changed:
    return SimpleQueue()


def full() -> BaseObserver:
    """Return an observer that the kernel allows no further watch."""
    observer = Observer()

    def schedule(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "inotify watch limit reached")

    observer.schedule = schedule  # type: ignore[method-assign,assignment]
    return observer


@pytest.fixture
def watched(changed: Changed) -> Iterator[Watched]:
    watched = Watched(changed)
    yield watched
    watched.observer.stop()
    watched.observer.join()


def test_where_the_kernel_watches_no_more_files_are_looked_at(
    tmp_path: Path, changed: Changed
) -> None:
    watched = Watched(changed, full)
    watched.add(tmp_path, recursive=True)
    assert isinstance(watched.observer, PollingObserver)

    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "pages.py").write_text("")

    assert changed.get(timeout=PATIENCE_SECONDS) == tmp_path / "below" / "pages.py"
    watched.observer.stop()
    watched.observer.join()


def test_a_folder_below_one_that_is_watched_is_not_watched_twice(
    tmp_path: Path, watched: Watched
) -> None:
    (tmp_path / "below").mkdir()
    watched.add(tmp_path, recursive=True)
    watched.add(tmp_path / "below", recursive=False)
    assert list(watched.folders) == [tmp_path]


def test_what_was_written_before_anybody_watched_counts_too(
    tmp_path: Path, watched: Watched, changed: Changed
) -> None:
    for name, seconds in [("early.py", 100), ("late.py", 300), ("late.txt", 300)]:
        (tmp_path / name).write_text("")
        os.utime(tmp_path / name, (seconds, seconds))

    watched.add(tmp_path, recursive=False, since=200)

    assert changed.get(timeout=PATIENCE_SECONDS) == tmp_path / "late.py"
    assert changed.empty()


def test_a_folder_that_is_not_there_is_passed_over(tmp_path: Path, watched: Watched) -> None:
    watched.add(tmp_path / "nowhere", recursive=True)
    assert watched.folders == {}
