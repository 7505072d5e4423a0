"""Servers that could not run the site are refused with the reason."""

from __future__ import annotations

import pytest

from deploy.errors import PlanError
from deploy.layout import Layout
from deploy.server.look import State
from deploy.stages.fitness import refuse_unfit, refuse_unready
from tests.deploy.sample import AT, BARE, SITE, ready

THEIRS = "[Unit]\nDescription=yard-staging: pool web, release %i\n"


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        (
            {"pool_users": 200},
            "has 200 users for pools of yard, and would get 1 more; 200 are the most; "
            "remove those of pools that are no more, with their data",
        ),
        (
            {"os": {"ID": "alpine", "PRETTY_NAME": "Alpine Linux v3.20", "VERSION_ID": "3.20"}},
            "runs Alpine Linux v3.20; Flaskyard needs Debian 12 or newer",
        ),
        (
            {"os": {"ID": "debian", "PRETTY_NAME": "Debian 11", "VERSION_ID": "11"}},
            "runs Debian 11; Flaskyard needs Debian 12 or newer",
        ),
        (
            {"os": {"ID": "debian", "PRETTY_NAME": "Debian GNU/Linux sid"}},
            "runs Debian GNU/Linux sid; Flaskyard needs Debian 12 or newer",
        ),
        ({"os": {}}, "runs an unknown system; Flaskyard needs Debian 12 or newer"),
        ({"free_bytes": 12_345_678}, "has 12 MB of disk free; a release needs 300"),
        ({"free_inodes": 7}, "has 7 inodes free; a release needs 20000"),
        (
            {"files": {AT.template("default", "service"): THEIRS}},
            "has the user yard-default for pool web of the site yard-staging; "
            "give pool default of yard another name",
        ),
        (
            {"files": {AT.debians_unit: "[Unit]\n"}},
            "has a service yard.service of Debian's; give the site another name than yard",
        ),
        (
            {"strangers": (AT.user("default"),)},
            "has a user yard-default that is not Flaskyard's; "
            "give pool default of yard another name",
        ),
        (
            {"files": {AT.template("default", "service"): "[Unit]\nDescription=by hand\n"}},
            "has a unit yard-default@.service that is not Flaskyard's; "
            "give pool default of yard another name",
        ),
    ],
    ids=[
        *(
            "crowd",
            "alpine",
            "old",
            "sid",
            "unknown",
            "disk",
            "inodes",
            "another site's",
            "Debian's",
        ),
        *("somebody's user", "somebody's unit"),
    ],
)
def test_an_unfit_server_is_refused(facts: dict[str, object], message: str) -> None:
    with pytest.raises(PlanError) as raised:
        refuse_unfit(AT, SITE, BARE.model_copy(update=facts))

    assert str(raised.value) == message


@pytest.mark.parametrize("version", ["12", "13", "13.1"])
def test_debian_12_and_newer_are_fit(version: str) -> None:
    refuse_unfit(AT, SITE, BARE.model_copy(update={"os": {"ID": "debian", "VERSION_ID": version}}))


def test_a_bare_server_is_fit_and_a_ready_one_ready() -> None:
    refuse_unfit(AT, SITE, BARE)
    refuse_unfit(AT, SITE, ready())
    refuse_unready(AT, SITE, ready())


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({"files": {}}, "is not ready for this version of Flaskyard"),
        ({"keys": {}}, "is not ready for this version of Flaskyard"),
        ({"units": {}}, "nginx does not run"),
    ],
    ids=["other files", "no keys", "no nginx"],
)
def test_a_server_that_is_not_ready_is_sent_to_bootstrap(
    facts: dict[str, object], message: str
) -> None:
    with pytest.raises(PlanError, match=rf"{message}.*; run: fab bootstrap"):
        refuse_unready(AT, SITE, ready().model_copy(update=facts))


def test_names_of_like_sites_do_not_meet() -> None:
    state: State = ready()

    refuse_unfit(Layout("yard-staging"), SITE, state)
