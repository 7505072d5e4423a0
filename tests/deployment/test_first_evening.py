"""From a bare server to a site with two releases."""

import http.client
import re

import pytest

from tests.deployment.conftest import booted
from tests.deployment.project import DOMAIN, Project
from tests.deployment.traffic import traffic
from tests.lab.host import Host
from tests.lab.lab import Lab

pytestmark = pytest.mark.lab


def get(address: str, host: str, path: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection(address, timeout=10)
    try:
        connection.request("GET", path, headers={"Host": host})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def everything(lab: Lab, host: Host) -> str:
    """Return name, mode, owner, time and content hash of all that a bootstrap could change."""
    script = (
        "find /etc /srv /usr/bin /var/lib/dpkg/info -xdev -printf '%p %M %u %g %T@ %l\\n' | sort;"
        "find /etc /srv -xdev -type f -exec sha256sum {} + | sort; getent passwd"
    )
    return lab.run(host, "sh", "-c", script).stdout


def test_a_bare_server_becomes_a_site(lab: Lab, bare: Host, project: Project) -> None:
    project.fab("bootstrap")
    project.fab("deploy")

    for name, path, word in (
        (DOMAIN, "/", "Harbour Yard"),
        (DOMAIN, "/watch/", "watch"),
        (f"watch.{DOMAIN}", "/", "watch"),
        (DOMAIN, "/marker/", "one 0"),
    ):
        status, text = get(bare.ip, name, path)
        assert (status, word in text) == (200, True), f"{name}{path}: {text[:300]}"
    assert get(bare.ip, DOMAIN, "/watch/api/targets")[0] == 200
    assert get(bare.ip, DOMAIN, "/nothing")[0] == 404
    assert get(bare.ip, f"nobody.{DOMAIN}", "/")[0] == 421
    assert get(bare.ip, bare.ip, "/")[0] == 421


def test_what_pages_refer_to_is_there(host: Host) -> None:
    for name, path in ((DOMAIN, "/"), (DOMAIN, "/watch/"), (f"watch.{DOMAIN}", "/")):
        links = re.findall(r'(?:href|src)="(/[^"#]*)"', get(host.ip, name, path)[1])

        assert links
        for link in links:
            assert get(host.ip, name, link)[0] == 200, f"{name}{link}"


def test_a_second_bootstrap_changes_nothing(lab: Lab, bare: Host, project: Project) -> None:
    project.fab("bootstrap")
    before = everything(lab, bare)

    done = project.fab("bootstrap")

    assert "nothing to do" in done.err
    assert everything(lab, bare) == before


def test_a_plan_changes_nothing_and_says_what_would_be_done(
    lab: Lab, bare: Host, project: Project
) -> None:
    before = everything(lab, bare)

    planned = project.fab("bootstrap", "--plan").err

    assert everything(lab, bare) == before
    steps = re.findall(r"^ *\d+\. (.+)$", planned, re.MULTILINE)
    done = project.fab("bootstrap").err
    assert steps == re.findall(r"^h1 +(?:\d+\.\d\d s)? +(.+)$", done, re.MULTILINE)


def test_nobody_notices_a_deployment_or_a_rollback(host: Host, project: Project) -> None:
    first = project.live()
    second = project.version("two")

    with traffic(host.ip) as seen:
        done = project.fab("deploy").out.split()
        assert project.live() == [second]
        seen.wait_for(100)
        (back,) = project.told("rollback")
        assert project.live() == first

    assert seen.failures == []
    assert seen.switches() == [["one", "two", "one"]] * 4
    assert done[:7] == ["server", "before", "after", "prepare", "go", "live", "tidy"]
    assert done[7:10] == ["h1", *first, second]
    assert (back["before"], back["after"]) == (second, *first)
    assert set(back["seconds"]) == {"prepare", "publish", "settle"}


def test_a_commit_that_is_live_is_not_deployed_again(host: Host, project: Project) -> None:
    project.version("two")
    project.fab("deploy")

    assert "nothing to do" in project.fab("deploy").err


def test_a_site_comes_back_when_its_server_boots(lab: Lab, host: Host, project: Project) -> None:
    second = project.version("two")
    project.fab("deploy")

    lab.stop(host)
    lab.start(host)
    booted(lab, host)

    with traffic(host.ip, clients=1) as seen:
        assert project.live() == [second]
    assert seen.failures == []
    assert set(seen.seen) == {"two"}


def test_an_app_s_data_outlives_its_release(lab: Lab, host: Host, project: Project) -> None:
    database = "/var/lib/yard/default/portal/portal.sqlite3"
    inode = lab.run(host, "stat", "-c", "%i %U %a", database).stdout
    project.version("two")

    project.fab("deploy")

    assert lab.run(host, "stat", "-c", "%i %U %a", database).stdout == inode
    assert "yard-default" in inode


def test_logs_of_one_app_are_its_own(host: Host, project: Project) -> None:
    get(host.ip, DOMAIN, "/watch/")
    get(host.ip, DOMAIN, "/")

    lines = project.fab("logs", "watch").out.splitlines()

    assert any("/watch/" in line for line in lines)
    assert all(" watch " in line for line in lines)


def test_releases_are_listed_newest_first(host: Host, project: Project) -> None:
    second = project.version("two")
    project.fab("deploy")

    rows = project.told("releases")

    assert [row["live"] for row in rows] == [True, False]
    assert rows[0]["release"] == second
    assert rows[0]["commit"].startswith(second[-7:])


def test_a_release_belongs_to_root_and_its_pool_may_only_read_it(lab: Lab, host: Host) -> None:
    owners = lab.run(host, "find", "/srv/yard/releases", "-not", "-user", "root").stdout
    writable = lab.run(
        host, "find", "/srv/yard/releases", "-perm", "/022", "-not", "-type", "l"
    ).stdout
    process = lab.run(host, "sh", "-c", "ps -o user= -C python | sort -u").stdout.split()

    assert owners == ""
    assert writable == ""
    assert process == ["yard-default"]


def test_nothing_listens_to_the_network_but_ssh_and_nginx(lab: Lab, host: Host) -> None:
    table = lab.run(host, "ss", "-Hltn").stdout.splitlines()

    assert {line.split()[3].rpartition(":")[2] for line in table} == {"22", "80"}
