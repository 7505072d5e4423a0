import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.lab import image
from tests.lab.errors import LabError
from tests.lab.settings import Settings, read


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Give a cache with two images of its own."""
    for name in ("new", "old"):
        (tmp_path / "images" / name).mkdir(parents=True)
    return read({"LAB_CACHE": str(tmp_path)})


@contextmanager
def in_use(place: Path) -> Iterator[None]:
    """Hold an image's lock, as the supervisor of a host on it does."""
    with image.lock(place).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        yield


@pytest.mark.parametrize("used", ["new", "old"])
def test_nothing_is_purged_while_one_image_is_in_use(settings: Settings, used: str) -> None:
    with in_use(image.place(settings, used)), pytest.raises(LabError, match=f"on image {used}"):
        image.purge(settings)

    assert {path.name for path in settings.cache.glob("images/*/")} == {"new", "old"}


def test_images_nobody_uses_are_purged(settings: Settings) -> None:
    image.purge(settings)

    assert not list(settings.cache.glob("images/*/"))


def test_hosts_on_one_image_do_not_keep_each_other_out(settings: Settings) -> None:
    place = image.place(settings, "new")

    with in_use(place), in_use(place):
        pass


def test_another_suite_is_another_image(settings: Settings) -> None:
    assert image.name(settings) != image.name(read({"LAB_SUITE": "trixie"}))
