"""Apps move, come and go, and visitors of the others never notice."""

import pytest

from tests.deployment.project import DOMAIN, Project
from tests.deployment.test_first_evening import get
from tests.deployment.traffic import traffic
from tests.lab.host import Host
from tests.lab.lab import Lab

pytestmark = pytest.mark.lab


def test_an_app_can_come_and_go(host: Host, project: Project) -> None:
    with (project.folder / "site.toml").open("a") as site:
        site.write('\n[apps.more]\napp = "apps.marker:application"\nsubdomain = "more"\n')
    project.version("two")

    with traffic(host.ip, keep_alive=False) as seen:
        assert get(host.ip, f"more.{DOMAIN}", "/")[0] == 421
        project.fab("deploy")
        assert get(host.ip, f"more.{DOMAIN}", "/") == (200, "two 0")
        project.fab("rollback")
        assert get(host.ip, f"more.{DOMAIN}", "/")[0] == 421

    assert seen.failures == []
    assert seen.switches() == [["one", "two", "one"]] * 4


def test_an_app_can_move_to_a_pool_of_its_own(lab: Lab, host: Host, project: Project) -> None:
    project.edit("site.toml", 'path = "/marker"\n', 'path = "/marker"\npool = "aside"\n')
    project.edit("site.toml", "[servers.h1]", "[pools.aside]\nworkers = 1\n\n[servers.h1]")
    project.version("two")

    with traffic(host.ip, keep_alive=False) as seen:
        project.fab("deploy")
        users = lab.run(
            host, "sh", "-c", "ps -o user:20= -C python | sort -u | grep ^yard"
        ).stdout.split()
        project.fab("rollback")

    assert users == ["yard-aside", "yard-default"]
    assert seen.failures == []
    # While nginx reloads, its old workers still lead to the old release, the new to the new.
    assert {versions[0] for versions in seen.switches()} == {"one"}
    assert {versions[-1] for versions in seen.switches()} == {"one"}
    assert set(seen.seen) == {"one", "two"}
