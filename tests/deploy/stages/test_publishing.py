"""The cutover, done for real below a folder of the test."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from deploy.acting.machine import Here
from deploy.acting.runner import Runner, perform
from deploy.acting.steps import Step
from deploy.layout import Layout
from deploy.stages.publishing import back, flip, mark, point_nginx, settle
from tests.deploy.sample import A, B, release
from tests.deploy.told import Told

C = release("20261121T090000-ddddddd", "2026-11-21T09:00:00+00:00", routed="0123456789ab")


@dataclass(frozen=True, slots=True)
class There(Layout):
    """A layout below a folder of the test."""

    root: str = ""

    @property
    def home(self) -> str:
        return self.root

    @property
    def nginx(self) -> str:
        return f"{self.root}/nginx.conf"


@pytest.fixture
def at(tmp_path: Path) -> There:
    (tmp_path / "live").mkdir()
    return There("yard", str(tmp_path))


def links(at: There) -> dict[str, str]:
    root = Path(at.home)
    return {
        str(path.relative_to(root)): str(path.readlink())
        for path in root.rglob("*")
        if path.is_symlink()
    }


def done(*steps: Step) -> None:
    Runner(Here(), Told()).do(steps)


def taken_back(*steps: Step) -> None:
    for step in reversed(steps):
        assert step.undo
        assert perform(step.undo, Here()).exit_code == 0


def test_going_live_points_both_links_and_leaves_nothing_beside_them(at: There) -> None:
    perform(flip(at, A), Here())
    perform(flip(at, B), Here())

    assert links(at) == {
        "current": at.folder(B.id),
        f"live/{B.routes}": f"/run/yard/{B.id}",
    }


def test_nginx_leads_to_the_new_release_before_it_reads_the_new_routes(at: There) -> None:
    perform(flip(at, A), Here())
    perform(flip(at, C, A), Here())

    assert links(at)[f"live/{A.routes}"] == f"/run/yard/{C.id}"
    assert links(at)[f"live/{C.routes}"] == f"/run/yard/{C.id}"


def test_routes_to_a_pool_that_an_app_has_left_stay_with_the_release_of_before(at: There) -> None:
    moved = release(C.id, C.installed, routed=C.routes, pool="aside")
    perform(flip(at, A), Here())
    perform(flip(at, moved, A), Here())

    assert links(at)[f"live/{A.routes}"] == f"/run/yard/{A.id}"
    assert links(at)[f"live/{C.routes}"] == f"/run/yard/{C.id}"


def test_a_flip_that_was_cut_off_does_not_stop_the_next(at: There) -> None:
    Path(f"{at.current}.new").symlink_to("half")
    Path(f"{at.live(A.routes)}.new").symlink_to("half")

    assert perform(flip(at, A), Here()).exit_code == 0

    assert set(links(at)) == {"current", f"live/{A.routes}"}


@pytest.mark.parametrize("done_before", [True, False], ids=["done", "not done"])
def test_going_live_is_taken_back(at: There, done_before: bool) -> None:
    perform(flip(at, A), Here())
    before = links(at)
    step = Step("go live", flip(at, B), undo=back(at, B, A))
    if done_before:
        done(step)

    taken_back(step)

    assert links(at) == before


@pytest.mark.parametrize("done_before", [True, False], ids=["done", "not done"])
def test_a_first_cutover_is_taken_back_to_nothing(at: There, done_before: bool) -> None:
    steps = (
        mark(at, A, undo=settle(at).do),
        Step("go live", flip(at, A), undo=back(at, A, None)),
        point_nginx(at),
    )
    if done_before:
        done(*steps)

    taken_back(*steps)

    assert links(at) == {}
    assert not Path(at.publishing).exists()


def test_the_mark_is_there_until_the_release_holds(at: There) -> None:
    done(mark(at, A, undo=settle(at).do))
    assert Path(at.publishing).read_text() == f"{A.id}\n"

    done(settle(at))
    assert not Path(at.publishing).exists()
