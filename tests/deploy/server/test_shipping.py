"""Of the files of an agent those travel that a server does not have."""

from __future__ import annotations

from deploy.stages import plans
from tests.deploy.sample import AGENT, AT, BARE, BUILT, SITE
from tests.deploy.stages.runbook import notes


def test_files_of_the_agent_that_the_server_has_do_not_travel() -> None:
    kept = tuple(file.kept for file in AGENT.files if file is not AGENT.code)

    assert "upload 1 files, 1 kB" in bootstrapped(store=kept)


def test_a_file_kept_under_another_name_travels() -> None:
    assert "upload 3 files, 20.0 MB" in bootstrapped(store=(f"{AGENT.code.sha256}/else.zip",))


def test_uploads_that_were_cut_off_are_removed_before_the_next() -> None:
    there = bootstrapped(incoming=("half",))

    upload = there.index("upload 3 files, 20.0 MB")
    assert there[upload - 1] == "remove uploads that were left over"


def bootstrapped(**found: object) -> list[str]:
    state = BARE.model_copy(update=found)
    return notes(tuple(plans.bootstrap(AT, SITE, BUILT, state, "ada")))
