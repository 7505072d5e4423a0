"""Become a host's supervisor: `python -m tests.lab.launch HOST`, in a process of its own.

Joins the host's cgroups, mounts its disk where nobody else sees it, and turns
into a shell around systemd-nspawn. When that is gone, so are the mounts.
"""

import ctypes
import os
import shutil
import sys

from tests.lab import cgroups, host, identity, image, settings, shell
from tests.lab.errors import LabError
from tests.lab.host import Host

CLONE_NEWNS = 0x00020000
MS_REC_PRIVATE = 0x44000

# PID 1 of a host. nspawn mounts the v1 cgroup controllers and /proc/sys/net read-only; if systemd
# starts like that, MemoryMax=, CPUQuota=, TasksMax= and DevicePolicy= silently do nothing.
INIT = """
for c in memory cpu cpuacct pids blkio devices; do
    [ -d /sys/fs/cgroup/$c ] && mount -o remount,rw,bind /sys/fs/cgroup/$c
done
mount --bind /proc/sys/net /proc/sys/net && mount -o remount,rw,bind /proc/sys/net
exec /lib/systemd/systemd systemd.log_color=0
"""

# 133: the host asked for a reboot. The image's lock (see image.hold) is the supervisor's alone.
AGAIN = f'while :; do "$@" {image.HELD_FD}<&-; [ $? = 133 ] || exit; done'


def nspawn(of: Host) -> list[str]:
    return [
        *("systemd-nspawn", "-q", "-D", str(of.root)),
        *(f"--machine={of.machine}", f"--hostname={of.name}", "--keep-unit", "--register=no"),
        *("--resolv-conf=off", "--timezone=off", "--link-journal=no", "--private-users=no"),
        *("--console=read-only", "--capability=CAP_NET_ADMIN,CAP_NET_RAW"),
        *(f"--network-namespace-path=/run/netns/{of.machine}", "--kill-signal=SIGRTMIN+3"),
        *("/bin/sh", "-c", INIT, "init"),
    ]


def leave_mount_namespace() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNS) or libc.mount(b"none", b"/", None, MS_REC_PRIVATE, None):
        raise LabError(f"unshare: {os.strerror(ctypes.get_errno())}")


def mount(of: Host) -> None:
    shell.run("mount", "-o", "loop,noatime", of.disk, of.mnt)
    lower = image.under_disk(of.settings, of.mnt)
    upper, work = of.mnt / "u", of.mnt / "w"
    upper.mkdir(exist_ok=True, mode=0o755)
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    identity.give(of, identity.Upper(upper, lower))
    shell.run("sync", "-f", of.mnt)  # a power cut must not make it forget who it is
    layers = f"lowerdir={lower},upperdir={upper},workdir={work},index=off,metacopy=off"
    shell.run("mount", "-t", "overlay", of.machine, "-o", layers, of.root)


def main(name: str) -> None:
    of = host.named(settings.read(os.environ), name)
    for place in cgroups.make(of):
        (place / "cgroup.procs").write_text(str(os.getpid()))
    leave_mount_namespace()
    mount(of)
    os.chdir("/")
    environ = {"PATH": shell.PATH, "TERM": "dumb", "LANG": "C.UTF-8"}
    os.execve("/bin/sh", ["sh", "-c", AGAIN, of.machine, *nspawn(of)], environ)


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except LabError as error:
        sys.exit(f"lab: {error}")
