"""certbot is asked for one host at a time, and may do nothing else."""

from __future__ import annotations

import pytest

from deploy.certify.acme import Refused, ask, reason, words

ASKED = words("yard", "wiki.example.org", "ada@example.org", "https://ca.test/dir")


def test_a_host_is_asked_for_alone_so_that_no_other_can_spoil_it() -> None:
    assert [word for word in ASKED if word.startswith("--domain")] == ["--domain=wiki.example.org"]
    assert "--cert-name=wiki.example.org" in ASKED


def test_it_sees_nothing_of_root_or_of_other_sites() -> None:
    for limit in (
        "User=flaskyard-acme",
        "TemporaryFileSystem=/var/lib/flaskyard-acme:ro",
        "BindPaths=/var/lib/flaskyard-acme/yard /var/lib/flaskyard-acme/webroot",
        "ProtectSystem=strict",
        "CapabilityBoundingSet=",
    ):
        assert f"--property={limit}" in ASKED


def test_many_hosts_at_once_are_not_asked_for() -> None:
    with pytest.raises(Refused, match=r"by http-01; name its files in tls\.certificates"):
        ask("yard", "*.archive.example.org", "ada@example.org", "https://ca.test/dir")


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            "Saving debug log to /var/log\nRequesting a certificate for a.org\n\nCertbot failed to "
            "authenticate some domains (authenticator: webroot). The Certificate Authority "
            "reported these problems:\n  Domain: a.org\n  Type:   dns\n  Detail: no such \x1b[31m"
            "host\n\nHint: The Certificate Authority failed\nSome challenges have failed.\n",
            "no such [31mhost",
        ),
        (
            "Saving debug log to x\nAn unexpected error occurred:\nrequests.exceptions."
            "ConnectionError: refused\nAsk for help or search for solutions at https://x.test",
            "An unexpected error occurred: requests.exceptions.ConnectionError: refused",
        ),
        ("Account registered.\nRequesting a certificate for a.org\n", ""),
    ],
    ids=["challenge", "no network", "nothing"],
)
def test_the_reason_is_told_in_a_line(said: str, told: str) -> None:
    assert reason(said) == told
