"""Data of apps are backed up while they are written, and restored without losing a request."""

from __future__ import annotations

import http.client
from contextlib import closing
from pathlib import Path

import pytest

from tests.deployment.conftest import booted
from tests.deployment.project import DOMAIN, Project
from tests.deployment.test_first_evening import get
from tests.deployment.test_refusals import as_it_is
from tests.deployment.traffic import traffic
from tests.lab.host import Host
from tests.lab.lab import Lab

pytestmark = pytest.mark.lab

STATE = "/var/lib/yard/default"

SHOP = '''\
"""Takes orders: each POST is a row and an upload; GET says how many there are of both."""

import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path

STATE = Path(os.environ["STATE_DIRECTORY"], "shop")


def migrate():
    STATE.mkdir(exist_ok=True)
    with closing(sqlite3.connect(STATE / "shop.db")) as shop, shop:
        shop.execute("CREATE TABLE IF NOT EXISTS item (n INTEGER PRIMARY KEY)")
        shop.execute("CREATE TABLE IF NOT EXISTS newer (n INTEGER PRIMARY KEY)")


def make():
    if (STATE / "poison").exists():
        raise RuntimeError("these data are poison")
    if (STATE / "slow").exists():
        time.sleep(5)
    return application


def application(environ, start_response):
    with closing(sqlite3.connect(STATE / "shop.db")) as shop, shop:
        if environ["REQUEST_METHOD"] == "POST":
            n = shop.execute("INSERT INTO item DEFAULT VALUES").lastrowid
            (STATE / f"upload-{n}").write_text("x" * 1000)
        (rows,) = shop.execute("SELECT count(*) FROM item").fetchone()
        shop.execute("SELECT count(*) FROM newer")
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"{rows} {len(list(STATE.glob('upload-*')))}".encode()]
'''

TABLE = """
[apps.shop]
app = "apps.shop:make"
path = "/shop"
migrate = "apps.shop:migrate"
migrate_on = "each"
"""


@pytest.fixture(scope="module")
def hosts(lab: Lab, snapshots: str) -> list[Host]:
    hosts = list(lab.up(2, source=snapshots))
    for host in hosts:
        booted(lab, host)
    return hosts


@pytest.fixture(scope="module")
def shop(lab: Lab, hosts: list[Host], tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Give a project whose shop is live on two servers, the first with some orders."""
    names = tuple(host.name for host in hosts)
    project = Project(tmp_path_factory.mktemp("data") / "site", lab.ssh_config, names)
    (project.folder / "apps" / "shop.py").write_text(SHOP)
    with (project.folder / "site.toml").open("a") as site:
        site.write(TABLE)
    project.commit("shop")
    project.fab("deploy")
    for _ in range(5):
        order(hosts[0])
    return project


def order(host: Host) -> None:
    with closing(http.client.HTTPConnection(host.ip, timeout=10)) as connection:
        connection.request("POST", "/shop/", headers={"Host": DOMAIN})
        assert connection.getresponse().status == 200


def orders(host: Host) -> tuple[int, str]:
    return get(host.ip, DOMAIN, "/shop/")


def test_each_server_migrates_a_database_of_its_own_after_a_copy_of_it(
    lab: Lab, hosts: list[Host], shop: Project
) -> None:
    shop.version("migrated")
    shop.fab("deploy")

    for host in hosts:
        copies = lab.run(host, "sh", "-c", f"ls {STATE}/before-migrations/shop/*/shop").stdout
        assert copies == "shop.db\n"


def test_what_one_server_had_another_gets_and_gives_back(
    lab: Lab, hosts: list[Host], shop: Project
) -> None:
    first, second = hosts
    with traffic(first.ip) as seen:
        (made, other) = shop.fab("backup").out.split()
    before = orders(second)
    shop_only = lab.run(first, "sh", "-c", f"ls {STATE}/shop").stdout

    shown = shop.fab("restore", made, "--only", second.name, "--plan")
    assert "unpack and check the data of default" in shown.err
    assert orders(second) == before == (200, "0 0")
    with traffic(second.ip) as served:
        shop.fab("restore", Path(made).name, "--only", second.name)
    assert orders(second) == orders(first) == (200, "5 5")
    assert lab.run(second, "sh", "-c", f"ls {STATE}/shop").stdout == shop_only

    shop.fab("restore", "before", "--only", second.name)
    assert orders(second) == before
    assert seen.failures == served.failures == []
    assert second.name in other
    assert (shop.folder / made).stat().st_mode & 0o777 == 0o600
    told = shop.fab("history", "--only", second.name).out.splitlines()
    assert ["restore" in line and "done" in line for line in told[-2:]] == [True, True]


def test_data_with_which_an_app_is_not_well_are_taken_back(
    lab: Lab, hosts: list[Host], shop: Project
) -> None:
    (first, _), clean = hosts, as_it_is(lab, hosts[0])
    lab.run(first, "touch", f"{STATE}/shop/poison")
    made = shop.fab("backup", "--app", "shop", "--only", first.name).out.strip()
    lab.run(first, "rm", f"{STATE}/shop/poison")
    order(first)
    before = orders(first)

    with traffic(first.ip) as seen:
        done = shop.try_fab("restore", made)

    assert done.code == 1
    assert "these data are poison" in done.err, done
    assert "every server is as it was before" in done.err, done
    assert orders(first) == before
    assert seen.failures == []
    assert as_it_is(lab, first) == clean
    assert lab.run(first, "sh", "-c", "ls /var/lib/yard/_restored/*").stdout == ""


def test_a_power_cut_between_the_one_data_and_the_other_leaves_what_was_there(
    lab: Lab, hosts: list[Host], shop: Project
) -> None:
    host = hosts[1]
    lab.run(host, "touch", f"{STATE}/shop/slow")
    made = shop.fab("backup", "--only", host.name).out.strip()
    lab.run(host, "rm", f"{STATE}/shop/slow")
    order(host)
    before = orders(host)

    with shop.start_fab("restore", made) as running:
        there = "until test -e /var/lib/yard/_restored/default/old; do sleep 0.05; done"
        lab.run(host, "timeout", "60", "sh", "-c", there)
        lab.kill(host, lose_unsynced=True)
        lab.start(host)
        booted(lab, host)
        running.communicate(timeout=120)

    assert running.returncode == 1
    assert orders(host) == before
    assert lab.run(host, "sh", "-c", "ls /var/lib/yard/_restored/*").stdout.split() in (
        [],
        ["data"],
    )


def test_an_archive_that_somebody_changed_is_refused(
    hosts: list[Host], shop: Project, tmp_path: Path
) -> None:
    made = shop.fab("backup", "--only", hosts[0].name).out.strip()
    content = bytearray((shop.folder / made).read_bytes())
    content[2000] ^= 1
    (tmp_path / "changed.tar").write_bytes(content)

    done = shop.try_fab("restore", str(tmp_path / "changed.tar"))

    assert done.code == 1
    assert "is damaged" in done.err
