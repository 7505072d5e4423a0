"""What is wrong with a certificate is told in time, with the reason and the next attempt."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from deploy.checks.finding import Seen
from deploy.checks.https import crowd, from_here, https, peers
from deploy.checks.outside import Outside, Shown
from deploy.checks.web import certificates
from deploy.protocol.examined import Certificate
from dispatcher.registry.address import Address
from dispatcher.registry.tls import Tls
from tests.deploy.checks.given import SYSTEM, WEB, said, seen
from tests.deploy.sample import AT, SITE, B, serving

NOW = datetime.fromtimestamp(SYSTEM.time, UTC)
LIVE = B.model_copy(update={"tls": ("a.org",)})
TIMER = {AT.tls_timer: {"ActiveState": "active"}}


def server(*, left: float = 80, hosts: bool = True, nginx: str = "", **more: Any) -> Seen:
    """Return a server with a host whose certificate of 90 days has so many left."""
    ends = NOW + timedelta(days=left)
    one = {
        "begins": (ends - timedelta(days=90)).isoformat(),
        "ends": ends.isoformat(),
        "placeholder": False,
        "fault": "",
        "again": "",
        **more,
    }
    told = {"hosts": {"a.org": one} if hosts else {}, "fault": nginx}
    return seen(serving(LIVE).model_copy(update={"units": TIMER, "tls": told}), SITE)


def test_a_certificate_that_is_well_is_not_told_of() -> None:
    assert said(https, server()) == said(https, server(left=31)) == []


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"left": 29}, "the certificate of a.org ends in 29 days"),
        ({"left": 0.5}, "the certificate of a.org ends in 12 hours"),
        ({"left": -1}, "the certificate of a.org has ended"),
        ({"placeholder": True}, "a.org has no certificate yet: it was not asked for"),
        ({"hosts": False}, "a.org has no certificate yet: it was not asked for"),
        ({"nginx": "no!"}, "nginx does not take its certificates: no!"),
        ({"fault": "/etc/a: is no key"}, "the certificate of a.org stays as it is: /etc/a: is no"),
    ],
    ids=["a third", "hours", "over", "placeholder", "unknown", "nginx", "own"],
)
def test_what_is_wrong_is_told(given: dict[str, Any], text: str) -> None:
    ((level, says, todo),) = said(https, server(**given))

    assert level == "wrong"
    assert says.startswith(text)
    assert todo


def test_who_wants_one_for_many_hosts_is_not_sent_to_look_at_port_80() -> None:
    one = {"placeholder": True, "fault": "not by http-01", "again": "2026-11-21T12:00:00+00:00"}
    told = {"hosts": {"*.a.org": one}, "fault": ""}
    live = LIVE.model_copy(update={"tls": ("*.a.org",)})
    state = serving(live).model_copy(update={"units": TIMER, "tls": told})

    ((level, _, todo),) = said(https, seen(state, SITE))

    assert level == "wrong"
    assert "dns-01" in todo
    assert "port 80" not in todo


def test_the_reason_and_the_next_attempt_are_told() -> None:
    one = server(placeholder=True, fault="no such host", again="2026-11-21T12:00:00+00:00")

    ((_, says, todo),) = said(https, one)

    assert says == (
        "a.org has no certificate yet: no such host; "
        "it is asked for again at 2026-11-21T12:00:00+00:00"
    )
    assert todo.endswith("fab certificates --renew")


def test_a_timer_that_is_off_is_told_of() -> None:
    (*_, last) = said(https, seen(serving(LIVE)))

    assert last == (
        "wrong",
        "its certificates are not renewed, for the timer is off",
        "fab bootstrap",
    )


def test_a_site_with_http_alone_has_none_to_tell_of() -> None:
    assert said(https, seen(serving(B))) == []


def test_its_own_certificates_are_told_of_once() -> None:
    ours = Certificate(path=AT.certificate("a.org"), until=0)

    assert said(certificates, seen(web=WEB.model_copy(update={"certificates": (ours,)}))) == []


def outside(**more: Any) -> Outside:
    return Outside("deploy@web1:22", "192.0.2.1", **more)


def from_outside(server: Seen, **more: Any) -> Seen:
    state = server.state
    units = {**state.units, "nginx.service": {"ActiveState": "active"}}
    examined = server.examined.model_copy(
        update={"state": state.model_copy(update={"units": units})}
    )
    return replace(server, examined=examined, outside=outside(**more))


def test_what_browsers_are_shown_is_looked_at_from_here() -> None:
    good = from_outside(server(), shown={"a.org": Shown(until=SYSTEM.time + 7 * 86400.0)})
    bad = from_outside(server(), shown={"a.org": Shown("self-signed certificate")})
    closed = from_outside(server(), secure="no answer within 3 s")

    assert [one.says for one in from_here(good)] == [
        "port 443 can be reached from here",
        "the certificates that it shows are taken here, for 7 days at least",
    ]
    assert said(from_here, bad) == [
        (
            "warn",
            "a.org shows a certificate that is not taken here: self-signed certificate",
            "fab certificates",
        )
    ]
    ((level, says, _),) = said(from_here, closed)
    assert (level, says) == (
        "warn",
        "port 443 of 192.0.2.1 cannot be reached from here: no answer within 3 s",
    )


def test_a_placeholder_is_told_of_once() -> None:
    one = server(placeholder=True)

    assert said(from_here, from_outside(one, shown={"a.org": Shown("self-signed")})) == []


def test_hosts_that_a_week_has_no_certificates_for_are_told_until_they_have_one() -> None:
    hosts = tuple(Address(f"a{number}.example.org") for number in range(50))
    site = replace(SITE, apps=(replace(SITE.apps[0], addresses=hosts),), tls=Tls("ada@a.org"))
    all_lack = seen(serving(LIVE), site)
    state = all_lack.state.model_copy(
        update={"tls": {"hosts": {"a1.example.org": {"placeholder": False}}}}
    )

    ((level, says, _),) = said(crowd, all_lack)

    assert level == "warn"
    assert says.startswith("51 hosts below example.org want certificates")
    assert said(crowd, seen(state, site)) == []


def test_servers_that_answer_an_authority_for_each_other_are_told_of() -> None:
    one = server()
    faults = {"web2": "", "web3": "10.0.0.7 does not answer: timed out"}
    found = replace(one, examined=one.examined.model_copy(update={"peers": faults}))

    assert said(peers, found) == [
        (
            "warn",
            "it cannot ask web3 for the proof of a host: 10.0.0.7 does not answer: timed out",
            f"let {found.server} reach port 80 of web3, and see its address",
        ),
    ]
