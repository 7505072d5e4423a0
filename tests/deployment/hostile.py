"""An app that is out to reach what is not its own, and tells what it could do."""

TABLES = """
[apps.hostile]
app = "apps.hostile:application"
path = "/hostile"
pool = "hostile"
[pools.hostile]
workers = 1
"""

APP = r"""
import ctypes
import os
import socket
import subprocess
from pathlib import Path


def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"here"]


def reach(family, address):
    with socket.socket(family, socket.SOCK_STREAM) as one:
        one.settimeout(2)
        one.connect(address)


def call(name, *given):
    if getattr(ctypes.CDLL(None), name)(*given) != 0:
        raise OSError


def set_uid(path):
    Path(path).touch()
    os.chmod(path, 0o4777)


SECRETS = (
    "/etc/shadow", "/etc/sudoers.d/flaskyard-yard", "/etc/flaskyard/yard/keys",
    "/etc/flaskyard/yard/pools/default", "/var/lib/systemd/credential.secret",
    "/var/lib/flaskyard/yard/history", "/proc/meminfo",
)
FOLDERS = (
    "/var/lib/yard/default", "/var/lib/flaskyard/yard", "/etc/flaskyard/yard", "/root", "/home",
    "/srv/yard/incoming", "/run/user", "/run/dbus",
)
OTHERS = (
    "/srv/yard", "/srv/yard/current", "/srv/yard/current/venv", "/srv/yard/store", "/srv/yard/live",
    "/etc", "/run", "/run/yard", "/usr/lib", "/var/lib", "/var/lib/yard", "/var/log",
)
SOCKETS = ("/run/dbus/system_bus_socket", "/run/systemd/private", "/run/flaskyard/yard.agent")


def attempts():
    mine = os.environ["STATE_DIRECTORY"]
    yield from (("read", Path(path).read_bytes) for path in SECRETS)
    yield from (("list", lambda path=path: os.listdir(path)) for path in FOLDERS)
    yield from (("write", lambda path=path: Path(path, "made").touch()) for path in OTHERS)
    handed = Path(os.environ["CREDENTIALS_DIRECTORY"])
    others = (folder for folder in handed.parent.iterdir() if folder != handed)
    yield from (("list", lambda path=path: os.listdir(path)) for path in others)
    sockets = (*SOCKETS, *map(str, Path("/run/yard").rglob("*.sock")))
    yield from (("reach", lambda path=path: reach(socket.AF_UNIX, path)) for path in sockets)
    yield "reach", lambda: reach(socket.AF_INET, ("127.0.0.1", 80))
    yield "reach", lambda: reach(socket.AF_INET6, ("::1", 80))
    yield "reach", lambda: reach(socket.AF_NETLINK, (0, 0))
    yield "mount", lambda: call("mount", b"x", mine.encode(), b"tmpfs", 0, None)
    yield "unshare", lambda: call("unshare", 0x10000000)
    yield "be root", lambda: os.setuid(0)
    yield "device", lambda: os.mknod(f"{mine}/null", 0o20666, os.makedev(1, 3))
    yield "set-uid", lambda: set_uid(f"{mine}/x")
    yield "sudo", lambda: subprocess.run(["sudo", "-n", "id"], check=True, capture_output=True)


if __name__ == "__main__":
    for number, (name, attempt) in enumerate(attempts()):
        child = os.fork()  # for a system call that is not allowed it is killed
        if child == 0:
            try:
                attempt()
            except (OSError, subprocess.SubprocessError):
                os._exit(1)
            os._exit(0)
        if os.waitpid(child, 0)[1] == 0:
            print("could", number, name, flush=True)
    for pid in filter(str.isdecimal, os.listdir("/proc")):
        if os.stat(f"/proc/{pid}").st_uid != os.getuid():
            print("sees", pid)
    print("tried", number)
"""

BUILD = r"""
# What a build may do on a server, it tries.
import glob
import signal
import socket
import subprocess
import sys
import time


def hostile_build(venv):
    def reach(family, address):
        with socket.socket(family, socket.SOCK_STREAM) as one:
            one.settimeout(2)
            one.connect(address)

    def stay():
        # Whoever waits for the end of what a build writes waits for this one.
        for _ in range(3):
            if os.fork() == 0:
                os.setsid()
                time.sleep(10_000)
                os._exit(0)

    attempts = {
        "d-bus": lambda: reach(socket.AF_UNIX, "/run/dbus/system_bus_socket"),
        "agent": lambda: reach(socket.AF_UNIX, "/run/flaskyard/yard.agent"),
        "web": lambda: reach(socket.AF_INET, ("127.0.0.1", 80)),
        "listen": lambda: socket.socket(socket.AF_UNIX).bind(f"{venv}/x.sock"),
        "shadow": lambda: Path("/etc/shadow").read_bytes(),
        "keys": lambda: Path("/etc/flaskyard/yard/keys").read_bytes(),
        "data": lambda: os.listdir("/var/lib/yard/default"),
        "store": lambda: Path("/srv/yard/store/made").touch(),
        "release": lambda: Path(f"{venv}/../made").touch(),
        "of before": lambda: Path("/srv/yard/current/venv/made").touch(),
        "its files": lambda: open(glob.glob(f"{venv}/lib/*/*/flask/app.py")[0], "ab").close(),
        "home": lambda: os.listdir("/root"),
        "sudo": lambda: subprocess.run(["sudo", "-n", "id"], check=True, capture_output=True),
    }
    for name, attempt in attempts.items():
        try:
            attempt()
        except (OSError, subprocess.SubprocessError):
            continue
        with open(f"{venv}/could", "a") as told:
            told.write(f"{name}\n")
    Path(f"{venv}/tried").write_text(str(len(attempts)))
    os.symlink("/etc", f"{venv}/etc")
    os.symlink("/etc/shadow", f"{venv}/shadow")
    Path(f"{venv}/suid").touch()
    os.chmod(f"{venv}/suid", 0o777)
    sys.stdout.write("x" * 50_000_000)
    stay()


for venv in glob.glob("/srv/yard/releases/*/venv"):
    if os.getuid() != 0 and os.access(venv, os.W_OK):
        hostile_build(venv)
"""
