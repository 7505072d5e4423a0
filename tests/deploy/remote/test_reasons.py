"""Why a server cannot be reached: what, where, and what to do."""

from __future__ import annotations

import errno
import socket
from types import SimpleNamespace

import paramiko
import pytest
from paramiko.ssh_exception import NoValidConnectionsError

from deploy.acting.machine import Outcome
from deploy.remote.reasons import no_sudo, why

THERE = SimpleNamespace(user="deploy", host="web1", port=22)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (TimeoutError(), "deploy@web1:22 does not answer within 10 s"),
        (socket.gaierror(-2, "Name not known"), "the name web1 cannot be resolved"),
        (
            NoValidConnectionsError(
                {("192.0.2.1", 22): OSError(errno.EHOSTUNREACH, "No route to host")}
            ),
            "cannot connect to deploy@web1:22: No route to host",
        ),
        (
            paramiko.SSHException("Server 'web1' not found in known_hosts"),
            "the host key of deploy@web1:22 is not known; run: fab trust",
        ),
        (
            paramiko.AuthenticationException("Authentication failed."),
            "deploy@web1:22 does not accept your SSH key; is it in authorized_keys there?",
        ),
        (
            paramiko.PasswordRequiredException("Private key file is encrypted"),
            "your SSH key has a passphrase; unlock it with: ssh-add",
        ),
        (
            paramiko.SSHException("No authentication methods available"),
            "there is no SSH key here to show deploy@web1:22; make one with: ssh-keygen",
        ),
        (EOFError(), "cannot connect to deploy@web1:22: it hung up"),
        (ConnectionResetError("reset"), "cannot connect to deploy@web1:22: reset"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_a_connection_that_fails_says_why(error: Exception, reason: str) -> None:
    assert why(error, THERE) == reason


def test_a_changed_host_key_shows_both() -> None:
    shown, known = paramiko.ECDSAKey.generate(), paramiko.ECDSAKey.generate()

    reason = why(paramiko.BadHostKeyException("web1", shown, known), THERE)

    assert f"shows the host key {shown.fingerprint}, but {known.fingerprint} is known" in reason
    assert "another machine may answer in its name" in reason
    assert reason.endswith("run: fab trust")


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        (Outcome(1, "", "sudo: a password is required\n"), "NOPASSWD: ALL"),
        (Outcome(127, "", "env: 'sudo': No such file or directory\n"), "apt-get install sudo"),
        (Outcome(1, "", "a password is required\n"), ""),
        (Outcome(127, "", "sh: 1: nginx: not found\n"), ""),
        (Outcome(0, "", ""), ""),
    ],
    ids=["password", "no sudo", "another password", "another program", "none"],
)
def test_only_sudos_own_failures_are_taken_for_sudos(outcome: Outcome, reason: str) -> None:
    said = no_sudo("deploy", outcome)

    assert said.endswith(reason)
    assert bool(said) == bool(reason)
