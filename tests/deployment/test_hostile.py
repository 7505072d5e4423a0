"""Who may deploy one site reaches nothing else on its server, and neither do its apps."""

from __future__ import annotations

import json
import re
import resource
from pathlib import Path

import pytest

from tests.deployment.conftest import booted
from tests.deployment.hostile import APP, BUILD, TABLES
from tests.deployment.project import DOMAIN, Project
from tests.deployment.test_refusals import as_it_is
from tests.lab.host import Host
from tests.lab.lab import Lab

pytestmark = pytest.mark.lab

CAUGHT = "/root-was-here"
EXPOSED = {
    "yard-hostile@": 0.3,
    "yard-default@": 1.0,
    "flaskyard-agent@": 3.0,
    "nginx.": 3.0,
}
"""How much of the server, at most, in systemd's opinion; Debian's nginx has 9.6."""


@pytest.fixture(scope="module")
def one(lab: Lab, snapshots: str) -> Host:
    """Give a host that the tests of this module share."""
    host = lab.up(1, source=snapshots)[0]
    booted(lab, host)
    return host


@pytest.fixture(scope="module")
def hostile(lab: Lab, one: Host, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Give a project of which one app is hostile, once that is live."""
    project = Project(tmp_path_factory.mktemp("hostile") / "site", lab.ssh_config)
    (project.folder / "apps" / "hostile.py").write_text(APP)
    site = project.folder / "site.toml"
    site.write_text(site.read_text() + TABLES)
    project.edit("setup.py", "\n\nsetup(", f"\n\n{BUILD}\n\nsetup(")
    project.commit("be hostile")
    project.fab("deploy")
    return project


def test_an_app_reaches_nothing_that_is_not_its_own(hostile: Project) -> None:
    tried = hostile.fab("exec", "hostile", "python -m apps.hostile")

    assert re.fullmatch(r"tried \d\d\n", tried.out), tried


def test_a_build_reaches_nothing_but_its_folder_and_leaves_nothing_behind(
    lab: Lab, one: Host, hostile: Project
) -> None:
    assert hostile.live()

    venv = "/srv/yard/current/venv"
    assert int(lab.run(one, "cat", f"{venv}/tried").stdout) > 10
    assert lab.run(one, "cat", f"{venv}/could", check=False).stdout == ""
    assert lab.run(one, "stat", "--format=%U %a", f"{venv}/suid").stdout == "root 755\n"
    assert lab.run(one, "stat", "--format=%U %a", "/etc", "/etc/shadow").stdout == (
        "root 755\nroot 640\n"
    )
    assert lab.run(one, "pgrep", "-u", "_yard", check=False).stdout == ""


def test_what_runs_is_exposed_as_little_as_its_unit_says(
    lab: Lab, one: Host, hostile: Project
) -> None:
    assert hostile.live()
    listed = lab.run(one, "systemd-analyze", "security", "--no-pager", "--json=short").stdout

    found = {row["unit"]: float(row["exposure"]) for row in json.loads(listed)}
    for unit, most in EXPOSED.items():
        (exposure,) = {found[name] for name in found if name.startswith(unit)}
        assert exposure <= most, (unit, exposure)


RUNNING = r"""
import json, sys
from pathlib import Path

found = {}
for status in Path("/proc").glob("[0-9]*/status"):
    unit = (status.parent / "cgroup").read_text().rpartition("/")[2].strip()
    said = dict(line.split(":\t", 1) for line in status.read_text().splitlines() if ":\t" in line)
    limits = (status.parent / "limits").read_text().split("Max open files")[1].split()
    rights = [said[name] for name in ("NoNewPrivs", "Seccomp", "CapBnd", "CapEff")]
    found.setdefault(unit, []).append([*rights, int(limits[0])])
print(json.dumps(found))
"""
NONE, FEW = f"{0:016x}", f"{0x4EB:016x}"
"""Capabilities: nginx has CHOWN, DAC_OVERRIDE, FOWNER, KILL, SETGID, SETUID, NET_BIND_SERVICE."""


def test_what_runs_has_the_rights_and_the_files_that_its_unit_says(
    lab: Lab, one: Host, hostile: Project
) -> None:
    release = hostile.live()[0]
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]  # no host of the lab has more

    found = json.loads(lab.run(one, "python3", "-c", RUNNING).stdout)

    for pool, workers in (("hostile", 1), ("default", 2)):
        processes = found[f"yard-{pool}@{release}.service"]
        assert len(processes) == 1 + workers
        assert processes == [["1", "2", NONE, NONE, min(65536, most)]] * len(processes)
    nginx = found["nginx.service"]
    assert sorted(process[:4] for process in nginx)[-1] == ["1", "2", FEW, FEW], "its master"
    assert {tuple(process[:4]) for process in nginx} == {
        ("1", "2", FEW, FEW),
        ("1", "2", FEW, NONE),
    }
    assert min(process[4] for process in nginx) == min(40000, most)


def test_a_pool_without_network_has_no_socket_of_the_internet_and_no_more_memory_than_its_part(
    lab: Lab, one: Host, hostile: Project
) -> None:
    refused = hostile.try_fab("exec", "hostile", "python -c 'import socket; socket.socket()'")
    unit = f"yard-hostile@{hostile.live()[0]}.service"
    asked = ("systemctl", "show", "--property=MemoryMax,TasksMax", "--value", unit)
    memory, tasks = map(int, lab.run(one, *asked).stdout.split())
    main = lab.run(one, "systemctl", "show", "--property=MainPID", "--value", unit).stdout.strip()
    groups = lab.run(one, "cat", f"/proc/{main}/cgroup").stdout

    assert "Address family not supported by protocol" in refused.err
    assert held(groups, "memory", ("memory.limit_in_bytes", "memory.max")) == memory
    assert held(groups, "pids", ("pids.max",)) == tasks


def held(groups: str, controller: str, names: tuple[str, ...]) -> int:
    """Return what this machine's kernel holds a process to, as its cgroup has it: v1 or v2."""
    lines = dict(line.split(":", 2)[1:] for line in groups.splitlines())
    top = Path("/sys/fs/cgroup")
    place = top / controller / lines.get(controller, "").lstrip("/")
    if controller not in lines:
        place = top / lines[""].lstrip("/")
    (limit,) = [(place / name).read_text() for name in names if (place / name).exists()]
    return int(limit)


WALK = r"""
import grp, os, pwd, stat, sys
from pathlib import Path

def wrong(path, state):
    mode, name = stat.S_IMODE(state.st_mode), str(path)
    owner = pwd.getpwuid(state.st_uid).pw_name
    if name.startswith("/var/lib/yard/"):
        # nginx is in the pool's group; here it may look a name up, and read nothing.
        group = grp.getgrgid(state.st_gid)
        right = mode == 0o710 if len(path.parts) == 5 else not mode & 0o6077
        owned = owner == group.gr_name == f"yard-{path.parts[4]}"
        return not (owned and right and group.gr_mem == ["www-data"])
    if owner != "root" or mode & 0o6000:
        return True
    if stat.S_ISLNK(state.st_mode):
        return False
    if stat.S_ISSOCK(state.st_mode):
        return mode != (0o600 if name.startswith("/run/flaskyard") else 0o660)
    if name.startswith(("/etc/flaskyard/yard", "/var/lib/flaskyard/yard", "/srv/yard/incoming")):
        closed = name.startswith("/etc/flaskyard") or name.count("/") == 4
        return closed and mode & 0o077
    if path.parent.name == "sudoers.d":
        return mode != 0o440
    return mode & 0o022

for top in sys.argv[1:]:
    for folder, folders, files in os.walk(top):
        for path in (Path(folder), *(Path(folder, name) for name in (*folders, *files))):
            if wrong(path, state := path.lstat()):
                print(path, state.st_uid, oct(state.st_mode))
    if not os.path.isdir(top) and wrong(Path(top), state := os.lstat(top)):
        print(top, state.st_uid, oct(state.st_mode))
print("walked")
"""

PLACES = (
    *("/srv/yard", "/etc/flaskyard/yard", "/var/lib/flaskyard", "/var/lib/yard"),
    *("/run/yard", "/run/flaskyard", "/run/yard.lock", "/etc/sudoers.d/flaskyard-yard"),
    *("/etc/nginx/conf.d", "/etc/nginx/flaskyard", "/etc/systemd/system"),
)


def test_everything_belongs_to_whom_it_should_and_nobody_else_writes_it(
    lab: Lab, one: Host, hostile: Project
) -> None:
    assert hostile.live()

    assert lab.run(one, "python3", "-c", WALK, *PLACES).stdout == "walked\n"
    assert lab.run(one, "visudo", "-c").stdout.endswith("flaskyard-yard: parsed OK\n")


ASK = """
set -u
export PYTHONPATH=/tmp/evil PYTHONINSPECT=1 PYTHONSTARTUP=/tmp/evil/os.py PYTHONHOME=/tmp/evil
export LD_PRELOAD=/tmp/evil/x.so LD_LIBRARY_PATH=/tmp/evil PATH=/tmp/evil:$PATH
cd /tmp/evil
relay=/srv/yard/agent/relay
try() { "$@" < /dev/null > /dev/null 2>&1 && echo "could: $*"; }
try sudo -n id
try sudo -n sh -c id
try sudo -n $relay yard
try sudo -n $relay ''
try sudo -n -E $relay
try sudo -n LD_PRELOAD=/tmp/evil/x.so $relay
try sudo -n PYTHONPATH=/tmp/evil $relay
try sudo -n -u nobody $relay
try sudo -n /srv/yard/agent/venv/bin/python
try sudo -n -e /etc/shadow
# Other ways to say the same program, which sudo knows by its inode: nothing more runs by them.
there=$(readlink -f /srv/yard/agent)/relay
for same in "--chdir=/tmp/evil $relay" /srv/yard/agent/../agent/relay $there
do sudo -n $same < /dev/null > /dev/null 2>&1; done
sudo -n $relay < /dev/null | grep -o '"site":"yard"'
"""


def test_the_ssh_user_may_run_the_relay_and_nothing_else(lab: Lab, one: Host) -> None:
    evil = f"import os; os.getuid() or open({CAUGHT!r}, 'w')\n"
    lab.run(one, "useradd", "--create-home", "mallory")
    lab.run(one, "mkdir", "--mode=755", "/tmp/evil")
    for name in ("os.py", "socket.py", "sitecustomize.py", "select.py", "pathlib.py"):
        lab.run(one, "tee", f"/tmp/evil/{name}", feed=evil)
    rights = lab.run(one, "cat", "/etc/sudoers.d/flaskyard-yard").stdout
    lab.run(one, "tee", "/etc/sudoers.d/mallory", feed=rights.replace("deploy ALL", "mallory ALL"))

    done = lab.run(one, "runuser", "-u", "mallory", "--", "sh", "-c", ASK)

    assert done.stdout == '"site":"yard"\n'
    assert lab.run(one, "test", "-e", CAUGHT, check=False).returncode == 1


STAMP = {"by": "mallory", "time": "now", "run": "0" * 16}
CRAFTED = [
    b"\xff\x00" * 1000,
    b"[" * 1_000_000,
    {"ask": "shell", "words": ["id"]},
    {"ask": "logs", "pool": "../../etc", "app": "a"},
    {"ask": "exec", "app": "portal;id", "argv": ["id"]},
    {"ask": "take", "file": {"name": "../x", "sha256": "0" * 64, "size": 1}},
    {"ask": "look", "registry": "name = " + "[" * 900_000},
    {"ask": "look", "registry": "a" + ".a" * 400_000 + " = 1"},
    {"ask": "look", "registry": 'name = "yard-staging"\ndomain = "a.b"\n'},
    {"ask": "begin", "intention": {"do": "rollback", "to": "../../tmp", "stamp": STAMP}},
    {
        "ask": "begin",
        "intention": {"do": "maintenance", "on": True, "allow": ["::1%a;}\n"], "stamp": STAMP},
    },
]


def test_an_agent_takes_no_crafted_word_and_goes_on(lab: Lab, one: Host) -> None:
    before = as_it_is(lab, one)
    said = b"".join(
        (crafted if isinstance(crafted, bytes) else json.dumps(crafted).encode()) + b"\n"
        for crafted in CRAFTED
    ).decode("latin-1")

    feed = said + '{"ask":"history"}\n'
    answers = lab.run(one, "/srv/yard/agent/relay", feed=feed).stdout.splitlines()

    told = [json.loads(line) for line in answers if line]
    assert [list(one) for one in told] == [["hello"], *[["error"]] * len(CRAFTED), ["answer"]]
    assert as_it_is(lab, one) == before


def test_another_site_of_the_server_takes_no_host_name_and_sees_no_log(
    lab: Lab, one: Host, hostile: Project, tmp_path: Path
) -> None:
    other = Project(tmp_path / "site", lab.ssh_config)
    other.edit("site.toml", 'name = "yard"', 'name = "aaa"')
    other.version("stolen")
    other.fab("bootstrap")

    stolen = other.try_fab("deploy")
    asked = json.dumps({"ask": "logs", "pool": "default", "app": "portal"}) + "\n"
    logs = lab.run(one, "/srv/aaa/agent/relay", feed=asked).stdout

    assert stolen.code == 1
    assert f"{DOMAIN} is answered by /etc/nginx/conf.d/yard.conf already" in stolen.err
    assert "has no pool 'default' of the site aaa" in logs or '"line"' not in logs
    assert len(hostile.live()) == 1
