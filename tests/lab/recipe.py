"""What is on a host when it is new, and what can be installed there?

Bare means: what a Debian server with sshd and sudo has. All else comes by apt,
from the packages offered, as it would on a real one.
"""

from typing import NamedTuple

USER = "deploy"
USER_ID = 1000

BARE = (
    *("systemd", "systemd-sysv", "libpam-systemd", "dbus", "dbus-user-session", "udev", "kmod"),
    *("openssh-server", "openssh-client", "sudo", "ca-certificates", "curl", "python3"),
    *("iproute2", "iputils-ping", "netbase", "nftables", "procps", "psmisc", "logrotate"),
    *("apt-utils", "less", "file", "xz-utils", "tzdata"),
)

OFFERED = (
    *("nginx", "libnginx-mod-http-brotli-filter", "libnginx-mod-http-brotli-static"),
    *("libnginx-mod-http-headers-more-filter", "python3-venv", "python3-pip"),
    *("redis-server", "certbot", "python3-certbot-nginx", "pebble"),
)

# Consoles and one-off jobs that only cost boot time in a container.
MASKED = (
    *("console-getty.service", "getty@tty1.service", "container-getty@.service"),
    *("systemd-firstboot.service", "systemd-update-utmp-runlevel.service"),
    "systemd-hwdb-update.service",
)

# What would start by itself and is the lab's to do, or nobody's.
DISABLED = (
    *("apt-daily.timer", "apt-daily-upgrade.timer", "dpkg-db-backup.timer", "logrotate.timer"),
    *("e2scrub_all.timer", "e2scrub_reap.service", "fstrim.timer", "nftables.service"),
    *("systemd-networkd.service", "systemd-networkd-wait-online.service"),
    "systemd-timesyncd.service",
)


class File(NamedTuple):
    """A file of the image."""

    path: str
    text: str
    mode: int = 0o644


FILES = (
    File("etc/machine-id", "uninitialized\n"),
    File("etc/resolv.conf", "# no resolver: names come from /etc/hosts\n"),
    File(f"etc/sudoers.d/{USER}", f"{USER} ALL=(ALL:ALL) NOPASSWD: ALL\n", 0o440),
    File(
        "etc/ssh/sshd_config.d/10-lab.conf",
        "HostKey /etc/ssh/ssh_host_ed25519_key\n"
        "PermitRootLogin prohibit-password\n"
        "PasswordAuthentication no\n"
        "UseDNS no\n"
        "MaxStartups 100:30:200\n"
        "MaxSessions 50\n",
    ),
    File("etc/systemd/journald.conf.d/lab.conf", "[Journal]\nSystemMaxUse=64M\nRateLimitBurst=0\n"),
)

# Only while the image is built.
NO_SERVICES = File("usr/sbin/policy-rc.d", "#!/bin/sh\nexit 101\n", 0o755)
SMALL = File(
    "etc/dpkg/dpkg.cfg.d/lab",
    "path-exclude=/usr/share/doc/*\n"
    "path-exclude=/usr/share/man/*\n"
    "path-exclude=/usr/share/locale/*\n"
    "force-unsafe-io\n",
)

WAY = 1
"""To be counted up when an image is put together in another way from the same parts."""

PARTS = (WAY, USER, USER_ID, BARE, OFFERED, MASKED, DISABLED, FILES, NO_SERVICES, SMALL)
"""All that decides what an image is, besides the suite."""
