"""Why a server cannot be reached or changed, in words, and what to do about it."""

from __future__ import annotations

import socket
from typing import Any

import paramiko

from deploy.acting.machine import Outcome

CONNECT_SECONDS = 10

LOST = (paramiko.SSHException, OSError, EOFError)
"""What paramiko raises where a connection breaks."""


def why(error: Exception, connection: Any) -> str:
    """Say why there is no connection, and what to do."""
    there = f"{connection.user}@{connection.host}:{connection.port}"
    match error:
        case paramiko.BadHostKeyException():
            return (
                f"{there} shows the host key {error.key.fingerprint}, but "
                f"{error.expected_key.fingerprint} is known: another machine may answer in its "
                "name. If the server was made anew, remove its lines from known_hosts (yours and "
                "the project's), then run: fab trust"
            )
        case paramiko.PasswordRequiredException():
            return "your SSH key has a passphrase; unlock it with: ssh-add"
        case paramiko.AuthenticationException():
            return f"{there} does not accept your SSH key; is it in authorized_keys there?"
        case paramiko.SSHException() if "not found in known_hosts" in str(error):
            return f"the host key of {there} is not known; run: fab trust"
        case paramiko.SSHException() if "No authentication methods" in str(error):
            return f"there is no SSH key here to show {there}; make one with: ssh-keygen"
        case paramiko.ssh_exception.NoValidConnectionsError():
            reasons = {getattr(one, "strerror", str(one)) for one in error.errors.values()}
            return f"cannot connect to {there}: {', '.join(sorted(reasons))}"
        case socket.gaierror():
            return f"the name {connection.host} cannot be resolved"
        case TimeoutError():
            return f"{there} does not answer within {CONNECT_SECONDS} s"
        case _:
            return f"cannot connect to {there}: {str(error) or 'it hung up'}"


def no_sudo(user: str, outcome: Outcome) -> str:
    """Say how to allow sudo, where it was sudo that failed; else return nothing."""
    first = outcome.err.partition("\n")[0]
    if outcome.exit_code == 127 and "sudo" in first:
        return "has no sudo; as root, run there: apt-get install sudo"
    if outcome.exit_code == 1 and first.startswith("sudo: ") and "password" in first:
        return (
            f"{user} may not use sudo without a password; as root, write there "
            f"/etc/sudoers.d/{user}: {user} ALL=(ALL) NOPASSWD: ALL"
        )
    return ""
