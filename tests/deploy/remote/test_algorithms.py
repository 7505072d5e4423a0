"""A server that knows only weak algorithms is not talked to."""

from __future__ import annotations

import tempfile
from contextlib import closing
from pathlib import Path

import paramiko
import pytest

from deploy.errors import ReachError
from deploy.remote.algorithms import WEAK
from tests.deploy.sshd import needs_sshd, running

pytestmark = needs_sshd


@pytest.mark.parametrize(
    "only",
    [
        "Ciphers aes128-cbc,3des-cbc",
        "MACs hmac-md5,hmac-sha1\nCiphers aes128-ctr",
        "MACs hmac-sha1-etm@openssh.com\nCiphers aes128-ctr",
        "KexAlgorithms diffie-hellman-group14-sha1",
    ],
    ids=["ciphers", "macs", "encrypted first", "key exchange"],
)
def test_a_server_that_knows_only_weak_algorithms_is_refused(only: str) -> None:
    with (
        tempfile.TemporaryDirectory(prefix="sshd-") as folder,
        pytest.raises(ReachError, match="cannot connect to"),
        running(Path(folder), f"{only}\n") as sshd,
        closing(sshd.connect()),
    ):
        pass


def test_what_paramiko_would_still_agree_to_and_is_weak_is_named() -> None:
    agreed = vars(paramiko.Transport)
    kinds = ("ciphers", "macs", "kex", "keys", "pubkeys")
    known = {name for kind in kinds for name in agreed[f"_preferred_{kind}"]}
    weak = {name for name in known if any(word in name for word in ("cbc", "md5", "sha1"))}

    assert weak <= {name for names in WEAK.values() for name in names}
