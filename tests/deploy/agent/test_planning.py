"""From what a client wants to what this server does: its own site, and nothing made up."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from pydantic import SecretStr

from deploy.acting.machine import Here
from deploy.agent import planning
from deploy.errors import PlanError
from deploy.fleet import keys
from deploy.protocol.words import Deploy, Look, Rollback, Rotate
from dispatcher.keys.derivation import Keys, Master
from dispatcher.registry.faults import RegistryError
from tests.deploy.agent.there import There
from tests.deploy.sample import BUNDLE, STAMP, A

SITE = """\
name = "yard"
domain = "example.org"
apps.portal = {app = "apps.portal:make", path = "/"}
environments.staging = {domain = "staging.example.org"}
"""


@pytest.fixture
def at(tmp_path: Path) -> There:
    at = There("yard", str(tmp_path))
    Path(at.secrets).mkdir()
    Path(at.keys).write_text(Keys((Master.new(),)).text())
    return at


def deploy(registry: str, sha256: str = "") -> Deploy:
    sha256 = sha256 or hashlib.sha256(registry.encode()).hexdigest()
    site = BUNDLE.site.model_copy(update={"sha256": sha256})
    return Deploy(registry=registry, bundle=BUNDLE.model_copy(update={"site": site}), stamp=STAMP)


def test_a_site_is_known_by_its_registry(at: There) -> None:
    staging = There("yard-staging", at.root)

    site = planning.registered(staging, Look(registry=SITE, environment="staging"))

    assert (site.name, site.domain) == ("yard-staging", "staging.example.org")
    with pytest.raises(PlanError, match="this is the agent of the site yard, not of yard-staging"):
        planning.registered(at, Look(registry=SITE, environment="staging"))


def test_an_agent_does_nothing_for_another_site(at: There) -> None:
    other = SITE.replace('"yard"', '"shop"')

    with pytest.raises(PlanError, match="this is the agent of the site yard, not of shop"):
        planning.plan(at, deploy(other), Here())


def test_a_registry_with_faults_is_refused(at: There) -> None:
    with pytest.raises(RegistryError, match=r"site\.toml"):
        planning.plan(at, deploy(SITE.replace('"/"', '"blog"')), Here())


def test_a_registry_that_is_not_the_releases_own_is_refused(at: There) -> None:
    with pytest.raises(PlanError, match=r"the registry is not the site\.toml of the release"):
        planning.plan(at, deploy(SITE, "0" * 64), Here())


def test_a_rollback_to_nowhere_is_refused(at: There) -> None:
    with pytest.raises(PlanError, match=f"has no release '{A.id}'"):
        planning.plan(at, Rollback(to=A.id, stamp=STAMP), Here())


def test_a_new_key_is_one_as_the_pools_read_it(at: There) -> None:
    plan = planning.plan(at, Rotate(key=SecretStr(keys.fresh()), stamp=STAMP), Here())

    assert [step.note for step in plan.publish] == ["let it be the first"]


@pytest.mark.parametrize(
    "key",
    [
        "",
        "no key",
        f"2026-11-21T12:00:00+00:00 {'a' * 63}",
        f"2026-11-21T12:00:00+00:00 {'a' * 64}\n2026-11-21T12:00:00+00:00 {'b' * 64}\n",
        f"today {'a' * 64}",
    ],
    ids=["none", "words", "short", "two", "no time"],
)
def test_what_is_no_key_is_refused_and_not_shown(at: There, key: str) -> None:
    with pytest.raises(PlanError) as raised:
        planning.plan(at, Rotate(key=SecretStr(key), stamp=STAMP), Here())

    assert str(raised.value) == "what came is no key; a pool could not read it"
