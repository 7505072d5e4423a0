"""nginx gives out what brotli compressed where it is Debian's, whose module bootstrap installs."""

from __future__ import annotations

import pytest

from deploy.server import brotli
from deploy.stages import ground
from deploy.stages.plans import bootstrap
from tests.deploy.sample import AT, BARE, BUILT, SITE, ready


def test_a_new_server_gets_debians_nginx_and_its_module() -> None:
    notes = [step.note for step in bootstrap(AT, SITE, BUILT, BARE, "ada")]

    assert any(note.startswith("install ") and brotli.MODULE in note for note in notes)
    assert f"write {brotli.FILE}" in notes
    assert brotli.files(BARE) == {brotli.FILE: "brotli_static on;\n"}


def test_an_nginx_of_others_is_left_without() -> None:
    theirs = ready().model_copy(update={"packages": ground.PACKAGES})

    assert brotli.packages(theirs) == ()
    assert "brotli_static" not in brotli.files(theirs)[brotli.FILE]


@pytest.mark.parametrize(
    "lost",
    [
        {"packages": (*ground.PACKAGES, brotli.DEBIANS)},
        {"files": {**ready().files, brotli.FILE: None}},
    ],
    ids=["module", "file"],
)
def test_a_server_that_lost_it_is_not_ready(lost: dict[str, object]) -> None:
    assert not brotli.lacks(ready())
    assert brotli.lacks(ready().model_copy(update=lost))
