"""A server over SSH, against a real sshd."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import paramiko
import pytest

from deploy.acting.machine import Outcome
from deploy.errors import ReachError
from deploy.remote import hostkeys
from deploy.remote.ssh import HOLD, Remote, host_key
from tests.deploy.sshd import Sshd, make_key, needs_sshd, running

pytestmark = needs_sshd

NOTHING = json.dumps({"incoming": "/no", "store": "/dev/null", "folder": "/no", "files": []})
"""Has `deploy.onhost.adopt` do nothing."""


@pytest.fixture(scope="module")
def sshd() -> Iterator[Sshd]:
    with tempfile.TemporaryDirectory(prefix="sshd-") as name, running(Path(name)) as sshd:
        yield sshd


@pytest.fixture(params=["a session each", "one hand"])
def remote(sshd: Sshd, request: pytest.FixtureRequest) -> Iterator[Remote]:
    """Connect, as before and after the first program."""
    with closing(sshd.connect()) as remote:
        if request.param == "one hand":
            remote.program("adopt", NOTHING)
        yield remote


def test_a_command_gets_its_words_as_they_are(remote: Remote) -> None:
    words = ("a b", "$HOME", "'", '"', "", "*", "ü\n;")

    outcome = remote.run(("printf", "[%s]", *words))

    assert outcome == Outcome(0, "".join(f"[{word}]" for word in words), "")


def test_a_command_gets_its_input_and_tells_how_it_ended(remote: Remote) -> None:
    outcome = remote.run(("sh", "-c", "cat; echo why >&2; exit 7"), stdin="in ü")

    assert outcome == Outcome(7, "in ü", "why\n")


def test_connecting_changes_nothing_that_others_connect_with(sshd: Sshd) -> None:
    config, merged = sshd.config(), []
    config._set(merge=lambda: merged.append("empty for a moment, as other threads see it"))

    with closing(Remote(sshd.server, config, sshd.known_hosts)) as remote:
        assert remote.run(("true",)).exit_code == 0

    assert merged == []


def test_a_large_output_arrives_whole(remote: Remote) -> None:
    assert len(remote.run(("head", "-c", "3000000", "/dev/zero")).out) == 3_000_000


def test_an_upload_arrives_as_it_is(remote: Remote, tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(bytes(range(256)) * 1000)

    remote.upload(source, str(target))

    assert (
        hashlib.sha256(target.read_bytes()).digest() == hashlib.sha256(source.read_bytes()).digest()
    )


def test_an_upload_to_nowhere_is_told(remote: Remote, tmp_path: Path) -> None:
    (tmp_path / "source").touch()

    with pytest.raises(ReachError, match=r"web1: cannot upload source: .*No such file"):
        remote.upload(tmp_path / "source", str(tmp_path / "none" / "target"))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_an_upload_to_a_full_disk_is_told(remote: Remote, tmp_path: Path) -> None:
    (tmp_path / "source").write_bytes(b"x" * 100_000)

    with pytest.raises(ReachError, match=r"web1: cannot upload source: .*No space left"):
        remote.upload(tmp_path / "source", "/dev/full")


def test_a_sudo_that_wants_a_password_is_told_with_what_to_do(sshd: Sshd) -> None:
    refuses = sshd.folder / "bin/sudo.refuses"
    refuses.touch()
    try:
        with closing(sshd.connect()) as remote:
            with pytest.raises(ReachError, match=r"without a password; .*NOPASSWD"):
                remote.run(("true",))
            with pytest.raises(ReachError, match="may not use sudo without a password"):
                remote.program("adopt", NOTHING)
            with (
                pytest.raises(ReachError, match="may not use sudo without a password"),
                remote.locked(f"{sshd.folder}/nobody's", "me"),
            ):
                pass
    finally:
        refuses.unlink()


def test_a_server_without_python_is_told(sshd: Sshd) -> None:
    missing = sshd.folder / "bin/sudo.no-python3"
    missing.touch()
    try:
        with (
            closing(sshd.connect()) as remote,
            pytest.raises(ReachError, match=r"web1: cannot be worked on: .*python3: command not"),
        ):
            remote.program("adopt", NOTHING)
    finally:
        missing.unlink()


def test_a_program_gets_its_argument_and_tells_how_it_ended(remote: Remote) -> None:
    given = json.loads(NOTHING) | {"files": [["0" * 64, "a bü"]], "incoming": "/no ü"}

    outcome = remote.program("adopt", json.dumps(given))

    assert outcome.exit_code == 1
    assert "Not a directory: '/dev/null/000" in outcome.err
    assert remote.program("adopt", NOTHING) == Outcome(0, "", "")


def test_an_unknown_host_key_is_refused(sshd: Sshd, tmp_path: Path) -> None:
    with pytest.raises(ReachError, match="is not known; run: fab trust"):
        Remote(sshd.server, sshd.config(), tmp_path / "none")


def test_the_keys_of_who_deploys_are_forwarded_to_no_server(sshd: Sshd) -> None:
    config = sshd.config()
    config.base_ssh_config = paramiko.SSHConfig.from_text("Host *\n  ForwardAgent yes\n")

    with closing(Remote(sshd.server, config, sshd.known_hosts)) as remote:
        assert remote.connection.ssh_config["forwardagent"] == "yes"
        assert remote.connection.forward_agent is False
        assert remote.execute('echo "${SSH_AUTH_SOCK-none}"').out == "none\n"


def test_another_host_key_is_refused(sshd: Sshd, tmp_path: Path) -> None:
    make_key(tmp_path / "other")
    kind, key, *_ = (tmp_path / "other.pub").read_text().split()
    known = tmp_path / "known_hosts"
    known.write_text(f"[127.0.0.1]:{sshd.port} {kind} {key}\n")

    with pytest.raises(ReachError, match="another machine may answer in its name"):
        Remote(sshd.server, sshd.config(), known)


def test_a_broken_known_hosts_is_told(sshd: Sshd, tmp_path: Path) -> None:
    known = tmp_path / "known_hosts"
    known.write_text("example.org ssh-ed25519 A\n")

    with pytest.raises(ReachError, match=r"a line of known_hosts is broken: example\.org"):
        Remote(sshd.server, sshd.config(), known)


def test_a_key_that_is_not_accepted_is_told(sshd: Sshd) -> None:
    make_key(sshd.folder / "strangers")

    with pytest.raises(ReachError, match="does not accept your SSH key"):
        Remote(sshd.server, sshd.config("strangers"), sshd.known_hosts)


def test_a_locked_key_is_told(sshd: Sshd) -> None:
    make_key(sshd.folder / "locked", "-N", "secret")

    with pytest.raises(ReachError, match="your SSH key has a passphrase; unlock it with: ssh-add"):
        Remote(sshd.server, sshd.config("locked"), sshd.known_hosts)


def test_nobody_listening_is_told(sshd: Sshd) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]

    with pytest.raises(ReachError, match=r"web1: cannot connect to .*: Connection refused"):
        Remote(replace(sshd.server, port=port), sshd.config(), sshd.known_hosts)


def test_a_name_that_is_nobodys_is_told(sshd: Sshd) -> None:
    nowhere = replace(sshd.server, host="nowhere.invalid")

    with pytest.raises(ReachError, match=r"the name nowhere.invalid cannot be resolved"):
        Remote(nowhere, sshd.config(), sshd.known_hosts)


def test_a_connection_that_breaks_is_told(remote: Remote) -> None:
    cut(remote)

    with pytest.raises(ReachError, match="web1: connection lost"):
        remote.run(("true",))


def test_a_connection_that_breaks_during_a_command_is_told(remote: Remote, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "begun")

    def break_it() -> None:
        (tmp_path / "begun").read_text()
        cut(remote)

    thread = threading.Thread(target=break_it)
    thread.start()
    with pytest.raises(ReachError, match="web1: connection lost: no answer"):
        remote.run(("sh", "-c", 'echo > "$1"; exec sleep 20', "sh", f"{tmp_path}/begun"))
    thread.join()


def test_a_host_key_is_shown_as_openssh_shows_it(sshd: Sshd) -> None:
    name, key = host_key(sshd.server, sshd.config())

    words = ["ssh-keygen", "-l", "-f", str(sshd.folder / "host.pub")]
    shown = subprocess.run(words, capture_output=True, text=True, check=True).stdout.split()[1]
    assert name == f"[127.0.0.1]:{sshd.port}"
    assert key.fingerprint == shown


def test_a_key_is_pinned_for_its_name_alone(sshd: Sshd, tmp_path: Path) -> None:
    known, (name, key) = tmp_path / "known_hosts", host_key(sshd.server, sshd.config())
    assert hostkeys.pinned(known, name) == {}

    hostkeys.pin(known, name, key)

    assert hostkeys.pinned(known, name) == {"ssh-ed25519": key}
    assert hostkeys.pinned(known, "127.0.0.1") == {}


def test_a_lock_is_held_by_one_and_names_its_holder(sshd: Sshd, tmp_path: Path) -> None:
    lock = str(tmp_path / "lock")
    with closing(sshd.connect()) as first, closing(sshd.connect()) as second:
        with first.locked(lock, "ada@desk since noon"):
            with (
                pytest.raises(ReachError) as raised,
                second.locked(lock, "bob"),
            ):
                pass
            assert str(raised.value) == (
                "web1: is being changed by ada@desk since noon; try again later"
            )
            assert first.run(("echo", "works")).out == "works\n", "while it has the lock"
        eventually_locked(second, lock)


def test_a_lock_is_free_once_its_holder_was_killed(sshd: Sshd, tmp_path: Path) -> None:
    lock = str(tmp_path / "lock")
    first = sshd.connect()
    held = first.locked(lock, "ada@desk")
    held.__enter__()

    cut(first)

    with closing(sshd.connect()) as second:
        eventually_locked(second, lock)


def test_a_lock_is_free_once_its_holder_says_nothing_any_more(tmp_path: Path) -> None:
    lock = str(tmp_path / "lock")
    words = ["sh", "-c", HOLD, "sh", lock]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([*words, "ada@desk", "0.3"], **pipes, text=True) as holder:  # type: ignore[call-overload]
        assert holder.stdout.readline() == "locked\n"
        holder.stdin.write("." * 3)
        holder.stdin.flush()
        second = subprocess.run([*words, "bob", "9"], capture_output=True, text=True, check=False)

        assert (second.returncode, second.stdout) == (75, "ada@desk\n")
        assert holder.wait(timeout=10) == 0, "though its input is open"


def test_nothing_is_done_without_the_lock(remote: Remote, tmp_path: Path) -> None:
    with remote.locked(str(tmp_path / "lock"), "me"):
        assert remote.lock is not None
        remote.lock.shutdown_write()
        remote.lock.recv_exit_status()

        with pytest.raises(ReachError, match="the lock on it is lost"):
            remote.run(("true",))


def test_a_lock_that_cannot_be_made_is_told(remote: Remote, tmp_path: Path) -> None:
    with (
        pytest.raises(ReachError, match=r"web1: cannot be locked: .*none/lock"),
        remote.locked(f"{tmp_path}/none/lock", "me"),
    ):
        pass


def cut(remote: Remote) -> None:
    """Break a connection as the kernel does when its process is killed."""
    remote.connection.transport.sock.shutdown(socket.SHUT_RDWR)


def eventually_locked(remote: Remote, lock: str) -> None:
    """Take the lock once sshd has noticed that its holder is gone."""
    deadline = time.monotonic() + 10
    while True:
        try:
            with remote.locked(lock, "me"):
                return
        except ReachError:
            assert time.monotonic() < deadline, "the lock is not freed"
            time.sleep(0.02)
