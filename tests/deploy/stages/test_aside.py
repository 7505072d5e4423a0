"""What a step writes aside before it renames it is named in the plan, so that no kill leaves it."""

from __future__ import annotations

import pytest

from deploy.acting.steps import Script, Steps
from deploy.server import https, secrets
from deploy.stages import plans, vault
from tests.deploy.sample import AT, KEYS, SITE, A, B, ready, release, serving
from tests.deploy.stages.test_vault import kept, naming

ETC = "/etc/flaskyard/yard"
OTHER_ROUTES = release("20261121T090000-ddddddd", B.installed, routed="new")
UNMADE = ready().model_copy(update={"keys": {AT.keys: KEYS}})


def test_so_is_what_a_file_is_before_it_is_whole() -> None:
    begins, ends = plans.cutover(AT, A, None, serving(A), 0, None), secrets.rotated(AT, "key")

    assert "/srv/yard/publishing.new" in left(begins)
    assert left(ends[0]) == [f"{ETC}/keys.next.new"]


@pytest.mark.parametrize(
    ("steps", "program", "paths"),
    [
        (secrets.pools(AT, SITE, UNMADE), "derive", [f"{ETC}/pools/.default.new"]),
        (secrets.rotated(AT, "key")[1], "rotate", [f"{ETC}/.keys.new"]),
        (
            https.placeholders(AT, ["a.org"], ready()),
            "placeholder",
            [f"{ETC}/tls/.a.org.pem.new"],
        ),
        (
            vault.hand(AT, naming(SITE, "portal", "API_KEY"), "r", kept(ready())),
            "vault",
            [f"{ETC}/releases/r.new"],
        ),
        (
            vault.anew(AT, "r", "default", kept(ready(), handed={"r": "0" * 16}))[0],
            "vault",
            [f"{ETC}/releases/r/.default.new"],
        ),
    ],
    ids=["keys", "rotation", "certificate", "secrets of a release", "secrets of a pool"],
)
def test_so_is_what_a_program_writes_first(steps: Steps, program: str, paths: list[str]) -> None:
    (step,) = steps

    assert isinstance(step.do, Script)
    assert step.do.name == program
    assert list(step.left) == paths


def test_so_is_each_link_before_it_takes_the_place_of_another() -> None:
    steps = plans.cutover(AT, OTHER_ROUTES, A, serving(A), 0, None)

    assert "/srv/yard/live/new.new" in left(steps)
    assert "/srv/yard/current.new" in left(steps)


def left(steps: Steps) -> list[str]:
    return [path for step in steps for path in step.left]
