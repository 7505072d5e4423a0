"""Ask an authority for a certificate, with Debian's certbot, which may do nothing else.

It runs as a user of its own that sees neither root's files nor another site's. What it got is
taken from its folder by root, after a look at it.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from deploy.server.https import ASKED, USER, WEBROOT

LIMITS = (
    f"User={USER}",
    f"TemporaryFileSystem={ASKED}:ro",
    "ProtectSystem=strict",
    "ProtectHome=yes",
    "ProtectProc=invisible",
    "ProtectClock=yes",
    "ProtectControlGroups=yes",
    "ProtectHostname=yes",
    "ProtectKernelLogs=yes",
    "ProtectKernelModules=yes",
    "ProtectKernelTunables=yes",
    "PrivateDevices=yes",
    "PrivateTmp=yes",
    "InaccessiblePaths=-/srv -/run/flaskyard",
    "CapabilityBoundingSet=",
    "LockPersonality=yes",
    "NoNewPrivileges=yes",
    "RemoveIPC=yes",
    "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6",
    "RestrictNamespaces=yes",
    "RestrictRealtime=yes",
    "RestrictSUIDSGID=yes",
    "SystemCallArchitectures=native",
    "SystemCallFilter=@system-service",
    "SystemCallFilter=~@privileged @resources",
    "SystemCallFilter=@chown",
    "SystemCallErrorNumber=EPERM",
    "UMask=0077",
    "MemoryMax=512M",
    "TasksMax=64",
    "RuntimeMaxSec=300",
)

IDLE = re.compile(
    r"Saving debug log|Account registered|Requesting a certificate|"
    r"Ask for help|See the logfile|Hint: |^\W*$"
)
LONGEST = 400


class Refused(Exception):
    """Why there is no certificate, as certbot says it."""


def folder(site: str) -> Path:
    """Return where certbot keeps what it has of a site."""
    return Path(ASKED, site)


def obtained(site: str, host: str) -> tuple[Path, Path]:
    """Return where the chain and the key are that an authority gave, if it did."""
    live = folder(site) / "live" / host
    return live / "fullchain.pem", live / "privkey.pem"


def words(site: str, host: str, email: str, directory: str) -> tuple[str, ...]:
    """Return the command that asks for one host: of many together, one could spoil it for all."""
    home = str(folder(site))
    limits = (*LIMITS, f"BindPaths={home} {WEBROOT}", f"Environment=HOME={home}")
    return (
        *("systemd-run", "--quiet", "--wait", "--pipe", "--collect"),
        f"--description=Flaskyard: ask for the certificate of {host}",
        *(f"--property={limit}" for limit in limits),
        *("certbot", "certonly", "--non-interactive", "--agree-tos", "--no-eff-email"),
        *(f"--email={email}", f"--server={directory}"),
        *("--webroot", f"--webroot-path={WEBROOT}", "--preferred-challenges=http"),
        *(f"--domain={host}", f"--cert-name={host}", "--force-renewal"),
        *("--key-type=ecdsa", "--elliptic-curve=secp256r1", "--max-log-backups=20"),
        *(f"--config-dir={home}", f"--work-dir={home}/work", f"--logs-dir={home}/logs"),
    )


def ask(site: str, host: str, email: str, directory: str) -> None:
    """Ask for a host's certificate; raises `Refused`."""
    if host.startswith("*"):
        right = "name its files in tls.certificates (docs/https.md)"
        raise Refused(f"no authority gives one for many hosts by http-01; {right}")
    argv = words(site, host, email, directory)
    done = subprocess.run(argv, capture_output=True, text=True, errors="replace", check=False)
    if done.returncode:
        raise Refused(reason(done.stdout + "\n" + done.stderr) or f"exit {done.returncode}")


def reason(said: str) -> str:
    """Return of all that certbot says what it was, in a line without control characters."""
    lines = ["".join(c for c in line if c.isprintable()).strip() for line in said.splitlines()]
    details = [line.partition(":")[2].strip() for line in lines if line.startswith("Detail:")]
    told = details or [line for line in lines if not IDLE.search(line)]
    return " ".join(told)[-LONGEST:] if not details else details[0][:LONGEST]
