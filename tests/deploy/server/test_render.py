"""Templates: the same text where the same is meant, and units that systemd accepts."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from deploy.server import logs, render
from deploy.stages import ground
from dispatcher.registry.address import Address
from dispatcher.registry.site import App, Pool, Site
from tests.deploy.sample import AT, OTHER_SITE, SITE, WORKING
from tests.integration.served import ROOT

SCANS = ROOT / "dist" / "scans"
"""What tools of others said stays there."""

STATIC = '~ "\\.[0-9a-f]{16}\\.[A-Za-z0-9]+$" {'


def test_the_configuration_is_named_after_its_text() -> None:
    text, routes = render.nginx(SITE, AT)

    assert f"server unix:/srv/yard/live/{routes}/default.sock" in text
    assert render.nginx(SITE, AT) == (text, routes)


def test_other_routes_have_another_name_and_other_apps_at_the_same_routes_have_not() -> None:
    moved = replace(SITE, apps=(replace(SITE.apps[0], target="apps.new:make"),))

    assert render.nginx(moved, AT)[1] == render.nginx(SITE, AT)[1]
    assert render.nginx(OTHER_SITE, AT)[1] != render.nginx(SITE, AT)[1]


def test_an_app_in_the_pool_around_it_needs_no_location_of_its_own() -> None:
    apps = (
        App("portal", "a:b", (Address("example.org"),)),
        App("wiki", "a:b", (Address("example.org", "/wiki"),)),
        App("files", "a:b", (Address("example.org", "/files"),), "files"),
        App("deep", "a:b", (Address("example.org", "/files/deep"),), "files"),
    )
    site = Site("yard", "example.org", apps, (Pool(), Pool("files")))

    text, _ = render.nginx(site, AT)

    own = "^~ /.flaskyard/download/ {"
    locations = [line.split("location ")[1] for line in text.splitlines() if "location " in line]
    assert locations == [
        *("= /files {", "/files/ {", STATIC, "@app_1 {"),
        *("/ {", STATIC, "@app_2 {"),
        own,
    ]


def test_a_host_answers_also_where_no_app_has_its_root() -> None:
    app = App("a", "a:b", (Address("only.net", "/a"),), "files")
    site = Site("yard", "example.org", (app,), (Pool(), Pool("files")))

    assert site.hosts == ("example.org", "only.net")
    assert render.on_host(site, "only.net").locations[-1].pool == "files"
    assert render.on_host(site, "example.org").locations[-1].pool == "files"


def test_pools_of_no_app_are_not_rendered() -> None:
    site = replace(SITE, pools=(Pool(), Pool("empty")))

    assert "empty" not in render.nginx(site, AT)[0]
    assert not [path for path in ground.templates(AT, site) if "empty" in path]


def test_an_environment_reaches_the_pools() -> None:
    staging = replace(SITE, environment="staging")

    assert "Environment=DISPATCHER_ENV=staging\n" in render.unit("service", "default", staging, AT)


def test_a_pool_and_its_jobs_are_held_to_its_limits() -> None:
    limited = replace(WORKING, pools=(Pool(memory="300M", cpu=1.5, tasks=100),))
    units = [text for path, text in ground.templates(AT, limited).items() if "service" in path]

    assert len(units) == 4
    for text in units:
        assert "\nMemoryMax=300M\nMemorySwapMax=0\nCPUQuota=150%\n" in text
        assert "\nTasksMax=100\n" in text
    (free,) = [text for path, text in ground.templates(AT, SITE).items() if "service" in path]
    assert "\nMemoryMax=80%\n" in free
    assert "CPUQuota" not in free
    assert "TasksMax" not in free


NETWORKS = {
    (): 0.3,
    ("10.0.0.0/8", "fd00::1"): 1.0,
    ("0.0.0.0/0", "::/0"): 1.0,
}


def exposure(folder: Path, text: str) -> float:
    """Return how much of the server a unit is exposed to, from 0 to 10, in systemd's opinion."""
    path = folder / "some.service"
    path.write_text(text.replace("%i", "r1"))
    words = ["systemd-analyze", "security", "--offline=true", "--no-pager", str(path)]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    found = re.search(r"Overall exposure level for .*: ([0-9.]+)", done.stdout)
    assert found, done
    return float(found[1])


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd-analyze; systemd")
@pytest.mark.parametrize("network", NETWORKS, ids=str)
def test_a_pool_is_exposed_to_little(tmp_path: Path, network: tuple[str, ...]) -> None:
    pools = tuple(replace(pool, network=network) for pool in WORKING.pools)

    units = ground.templates(AT, replace(WORKING, pools=pools))

    services = [text for path, text in units.items() if path.endswith(".service")]
    assert len(services) > 1, "its jobs have the same sandbox"
    assert max(exposure(tmp_path, text) for text in services) <= NETWORKS[network]


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd-analyze; systemd")
def test_what_runs_as_root_is_exposed_to_no_more_than_its_work_needs(tmp_path: Path) -> None:
    written = ground.boot_units(AT) | logs.files()
    units = {path: text for path, text in written.items() if "service" in path}

    assert len(units) == 4, (
        "the agent, what starts the site, and what sees to certificates and logs"
    )
    for text in units.values():
        assert exposure(tmp_path, text) <= 3.0


def test_a_pool_has_the_network_that_it_is_given_and_no_other() -> None:
    def unit(*network: str) -> list[str]:
        site = replace(SITE, pools=tuple(replace(pool, network=network) for pool in SITE.pools))
        text = render.unit("service", "default", site, AT)
        words = ("RestrictAddress", "PrivateNetwork", "IPAddress")
        return [line for line in text.splitlines() if line.startswith(words)]

    assert unit() == [
        "RestrictAddressFamilies=AF_UNIX",
        "PrivateNetwork=yes",
        "IPAddressDeny=any",
    ]
    assert unit("10.0.0.0/8", "fd00::1") == [
        "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6",
        "IPAddressDeny=any",
        "IPAddressAllow=10.0.0.0/8 fd00::1",
    ]


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd-analyze; systemd")
def test_systemd_accepts_every_unit(tmp_path: Path) -> None:
    programs = {
        f"{AT.folder('r1')}/venv/bin/python": "/bin/true",
        "/srv/r1/agent/venv/bin/python": "/bin/true",
        f"={AT.boot}\n": "=/bin/true\n",
        "/usr/sbin/logrotate": "/bin/true",
    }
    names = []
    own = {**ground.boot_units(AT), **logs.files()}
    del own[logs.CONF]
    every = (ground.templates(AT, OTHER_SITE), ground.templates(AT, WORKING), own)
    for path, text in {path: text for files in every for path, text in files.items()}.items():
        content = text.replace("%i", "r1").replace("User=yard-", "User=root\n# ")
        for there, here in programs.items():
            content = content.replace(there, here)
        name = Path(path).name.replace("@.", "@r1.")
        (tmp_path / name).write_text(content)
        names.append(f"{tmp_path}/{name}")

    words = ["systemd-analyze", "verify", "--man=no", *names]
    done = subprocess.run(words, capture_output=True, text=True, check=False)

    SCANS.mkdir(parents=True, exist_ok=True)
    (SCANS / "systemd-verify.txt").write_text(done.stdout + done.stderr)
    said = [line for line in done.stderr.splitlines() if str(tmp_path) in line or "yard" in line]
    assert said == []


def test_the_boot_script_is_shell(tmp_path: Path) -> None:
    script = tmp_path / "boot"
    script.write_text(render.fixed("boot.sh", AT))

    done = subprocess.run(["sh", "-n", str(script)], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
