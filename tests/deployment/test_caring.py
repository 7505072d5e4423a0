"""A site is cared for while visitors are there, and none of them notices."""

from __future__ import annotations

import pytest

from tests.deployment.conftest import booted
from tests.deployment.project import DOMAIN, MARKER_APP, Project
from tests.deployment.test_first_evening import get
from tests.deployment.test_refusals import as_it_is
from tests.deployment.traffic import traffic
from tests.lab.host import Host
from tests.lab.lab import Lab

pytestmark = pytest.mark.lab


def processes(lab: Lab, host: Host) -> set[str]:
    return set(lab.run(host, "pgrep", "-u", "yard-default").stdout.split())


def test_a_pool_restarts_without_losing_a_request(lab: Lab, host: Host, project: Project) -> None:
    before, old = as_it_is(lab, host), processes(lab, host)

    with traffic(host.ip) as seen:
        project.fab("restart", "default")

    assert seen.failures == []
    assert set(seen.seen) == {"one"}
    assert processes(lab, host) & old == set()
    assert as_it_is(lab, host) == before


def test_closing_an_app_costs_visitors_of_others_at_most_an_idle_connection(
    host: Host, project: Project
) -> None:
    (project.folder / "apps" / "aside.py").write_text(MARKER_APP.format(version="aside"))
    with (project.folder / "site.toml").open("a") as site:
        site.write('[apps.aside]\napp = "apps.aside:application"\npath = "/aside"\n')
    project.commit("aside")
    project.fab("deploy")

    with traffic(host.ip, keep_alive=False) as new, traffic(host.ip, again=True) as kept:
        project.fab("maintenance", "on", "--app", "aside")
        assert get(host.ip, DOMAIN, "/aside/")[0] == 503
        project.fab("maintenance", "off", "--app", "aside")
        assert get(host.ip, DOMAIN, "/aside/")[0] == 200

    assert new.failures == kept.failures == []
    assert kept.again <= 2 * len(kept.versions), "each reload ends a connection once"


def test_a_closed_app_stays_closed_through_a_deployment_and_a_boot(
    lab: Lab, host: Host, project: Project
) -> None:
    before = as_it_is(lab, host)
    project.fab("maintenance", "on", "--app", "marker", "--for", "7")
    assert get(host.ip, DOMAIN, "/marker/")[0] == 503
    assert get(host.ip, DOMAIN, "/")[0] == 200
    (closed,) = project.told("maintenance", "status")
    assert (closed["server"], closed["app"], closed["minutes"]) == ("h1", "marker", 7)
    project.fab("maintenance", "off", "--app", "marker")
    assert project.told("maintenance", "status") == []
    assert as_it_is(lab, host) == before

    project.fab("maintenance", "on", "--app", "marker")
    project.version("two")
    project.fab("deploy")
    assert get(host.ip, DOMAIN, "/marker/")[0] == 503
    lab.kill(host)
    lab.start(host)
    booted(lab, host)
    assert get(host.ip, DOMAIN, "/marker/")[0] == 503
    assert get(host.ip, DOMAIN, "/")[0] == 200
    project.fab("maintenance", "off", "--app", "marker")
    assert get(host.ip, DOMAIN, "/marker/") == (200, "two 0")
