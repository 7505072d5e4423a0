"""From http to https, for as long as the site is there: with a real authority and real failures."""

from __future__ import annotations

import json
import socket
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from tests.deploy.certify.made import made
from tests.deployment import pebble
from tests.deployment.conftest import booted
from tests.deployment.pebble import get_securely
from tests.deployment.project import DOMAIN, Project
from tests.deployment.traffic import traffic
from tests.lab.host import Host
from tests.lab.lab import Lab

pytestmark = pytest.mark.lab

WATCH = f"watch.{DOMAIN}"
TLS = f'[tls]\nemail = "ada@{DOMAIN}"\ndirectory = "{pebble.DIRECTORY}"\n\n'
PLACE = "/etc/flaskyard/yard/tls"


@dataclass(frozen=True, slots=True)
class There:
    """A host with a site that has https."""

    lab: Lab
    host: Host
    project: Project

    def sh(self, script: str, *words: str, feed: str | None = None) -> str:
        return self.lab.run(self.host, "sh", "-c", script, "sh", *words, feed=feed).stdout

    def see_to_it(self) -> None:
        """Let a round be made at once, and return when it is over."""
        self.sh(f"touch {PLACE}/now; systemctl start flaskyard-tls@yard.service")

    def tick(self) -> None:
        """Let a round be made as the timer does."""
        self.sh("systemctl start flaskyard-tls@yard.service")

    def put(self, name: str, *, left: float, issuer: str = "Somebody") -> None:
        """Let the host have a certificate of an age, and certbot none that is better."""
        self.sh(
            'cd /var/lib/flaskyard-acme/yard; rm -rf live/"$1" archive/"$1" renewal/"$1".conf', name
        )
        chain, key = made(name, left=left, issuer=issuer)
        self.sh(f'umask 077; cat > {PLACE}/"$1".pem', name, feed=(key + chain).decode())
        before = self.workers()
        self.sh("nginx -s reload")
        self.others_than(before)

    def workers(self) -> set[str]:
        """Return nginx's workers: a reload makes others."""
        return set(self.sh("pgrep -P $(cat /run/nginx.pid)").split())

    def others_than(self, before: set[str]) -> set[str]:
        """Return nginx's workers once none of those before is left."""
        end = time.monotonic() + 20
        while before & (now := self.workers()):
            assert time.monotonic() < end, "nginx was not reloaded"
            time.sleep(0.05)
        return now

    def shows(self, name: str, issuer: str) -> None:
        """Return once that is who signed what is shown for a name: a reload takes a moment."""
        end = time.monotonic() + 20
        while (now := signed(self.host, name)) != issuer:
            assert time.monotonic() < end, f"{name} has a certificate of {now}"
            time.sleep(0.05)

    def trusting(self) -> ssl.SSLContext:
        return pebble.trusting(self.lab, self.host)

    def status(self) -> str:
        return self.project.try_fab("status", "--json").out

    def faults(self) -> list[str]:
        return [one["says"] for one in json.loads(self.status())[0]["findings"]]


@pytest.fixture(scope="module")
def there(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> There:
    host = lab.up(1)[0]
    project = Project(tmp_path_factory.mktemp("tls") / "site", lab.ssh_config)
    project.edit("site.toml", "[servers.h1]", f"{TLS}[servers.h1]")
    project.version("one")
    pebble.install(lab, host, DOMAIN, WATCH)
    found = There(lab, host, project)
    project.fab("bootstrap")
    project.fab("deploy")
    found.tick()
    return found


def signed(host: Host, name: str) -> str:
    """Return who signed what is shown for a name, whoever that is."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with (
        socket.create_connection((host.ip, 443), 10) as plain,
        context.wrap_socket(plain, server_hostname=name) as connection,
    ):
        shown = connection.getpeercert(binary_form=True) or b""
    for who in (b"Pebble", b"Flaskyard placeholder", b"Somebody", b"Own"):
        if who in shown:
            return who.decode()
    return ""


def test_a_bare_server_comes_to_https_in_one_command(there: There) -> None:
    trusting = there.trusting()
    for name in (DOMAIN, WATCH):
        there.shows(name, "Pebble")

    assert get_securely(there.host, DOMAIN, "/marker/", trusting)[0] == 200
    assert get_securely(there.host, WATCH, "/", trusting)[0] == 200
    assert there.faults() == []
    assert "nothing to do" in there.project.fab("bootstrap").err


def test_nobody_notices_a_deployment_over_https(there: There) -> None:
    before = there.project.live()
    there.project.version("two")

    with traffic(there.host.ip, secure=there.trusting()) as seen:
        there.project.fab("deploy")
        there.project.fab("rollback")

    assert there.project.live() == before
    assert seen.failures == []
    assert seen.switches() == [["one", "two", "one"]] * 4


def test_a_host_that_cannot_be_proved_spoils_no_other(there: There) -> None:
    there.project.edit(
        "site.toml", 'path = "/marker"\n', 'path = "/marker"\ndomains = ["new.test"]\n'
    )
    there.project.version("one")

    there.project.fab("deploy")
    there.tick()

    there.shows("new.test", "Flaskyard placeholder")
    assert signed(there.host, DOMAIN) == signed(there.host, WATCH) == "Pebble"
    (fault,) = there.faults()
    assert fault.startswith("new.test has no certificate yet: ")
    assert "new.test" in fault.partition(": ")[2], "as the authority says it"

    pebble.knows(there.lab, there.host, "new.test")
    there.see_to_it()

    there.shows("new.test", "Pebble")
    assert get_securely(there.host, "new.test", "/", there.trusting())[0] == 200
    assert there.faults() == []
    there.project.edit("site.toml", 'domains = ["new.test"]\n', "")
    there.project.version("one")
    there.project.fab("deploy")


def test_a_certificate_is_renewed_in_time_and_nginx_reloaded_only_then(there: There) -> None:
    there.put(DOMAIN, left=40)
    there.tick()
    there.shows(DOMAIN, "Somebody")
    assert "Somebody" in there.sh(f"openssl x509 -noout -issuer -in {PLACE}/{DOMAIN}.pem")
    there.put(DOMAIN, left=35)
    before = there.workers()

    with traffic(there.host.ip, secure=unverified(), keep_alive=False) as seen:
        there.tick()
        after = there.others_than(before)
        there.shows(DOMAIN, "Pebble")
        there.tick()
        there.tick()

    assert after == there.workers()
    assert seen.failures == []


def test_whoever_asks_for_another_certificate_has_it_at_once(there: There) -> None:
    def serial(name: str) -> str:
        return there.sh(f"openssl x509 -noout -serial -in {PLACE}/{name}.pem")

    before = serial(DOMAIN), serial(WATCH)
    shown = there.project.fab("certificates", "--renew", "--host", DOMAIN, "--plan").err
    rows = there.project.told("certificates", "--renew", "--host", DOMAIN)
    again = there.project.told("certificates")

    assert f"ask for another certificate for {DOMAIN}" in shown
    assert serial(DOMAIN) != before[0]
    assert serial(WATCH) == before[1], "it is not due"
    assert rows == again
    assert {row["host"]: row["level"] for row in rows} == {DOMAIN: "ok", WATCH: "ok"}
    (history,) = there.project.told("history")
    assert history["records"][-1]["do"] == "renew"


def test_an_authority_that_is_down_is_told_of_before_it_is_too_late(there: There) -> None:
    there.put(WATCH, left=20)
    there.sh("systemctl stop pebble")

    there.see_to_it()

    there.shows(WATCH, "Somebody")
    (fault,) = there.faults()
    assert fault.startswith(f"the certificate of {WATCH} ends in 19 days: ")
    asked = there.sh(f"cat {PLACE}/state.json")
    there.tick()
    assert kept(there)["failures"] == 1, f"not again before its pause is over: {asked}"

    listed = there.project.try_fab("certificates", "--renew")
    assert listed.code == 1
    assert f"h1: the certificate of {WATCH} ends in 19 days: " in listed.out

    pebble.start(there.lab, there.host, DOMAIN, WATCH)
    there.project.fab("certificates", "--renew")

    there.shows(WATCH, "Pebble")
    assert there.faults() == []


def test_own_certificates_are_taken_from_where_they_are_and_when_they_change(there: There) -> None:
    own = there.project.folder / "site.toml"
    text = own.read_text()
    where = '{certificate = "/etc/ssl/own.pem", key = "/etc/ssl/private/own.key"}'
    own.write_text(text.replace("[tls]\n", f'[tls]\ncertificates."{WATCH}" = {where}\n'))
    there.project.version("one")
    give_own(there, *made(WATCH, left=80, issuer="Own"))

    there.project.fab("deploy")
    there.tick()

    there.shows(WATCH, "Own")
    first = there.sh(f"sha256sum {PLACE}/{WATCH}.pem")
    give_own(there, *made(WATCH, left=90, issuer="Own"))
    there.tick()
    second = there.sh(f"sha256sum {PLACE}/{WATCH}.pem")
    assert first != second

    give_own(there, made(WATCH, issuer="Own")[0], made(WATCH)[1])
    there.tick()

    assert there.sh(f"sha256sum {PLACE}/{WATCH}.pem") == second
    (fault,) = there.faults()
    assert "is the key of another certificate" in fault
    own.write_text(text)
    there.project.version("one")
    there.project.fab("deploy")
    there.tick()
    there.shows(WATCH, "Pebble")


@pytest.fixture
def second(there: There) -> Iterator[There]:
    """Give another server of the site; to the authority of each, the names lead to the other."""
    lab, project = there.lab, there.project
    _, other = lab.up(2, fresh=False)
    site = project.folder / "site.toml"
    before = site.read_text()
    address = f'address = "{there.host.ip}"\n'
    one = f'[servers.{other.name}]\nhost = "deploy@{other.name}"\naddress = "{other.ip}"\n'
    site.write_text(before.replace("[servers.h1]\n", f"{one}[servers.h1]\n{address}"))
    project.version("one")
    pebble.install(lab, other, DOMAIN, WATCH, to=there.host.ip)
    leads(there, other)
    yield replace(there, host=other)
    leads(there, there.host)
    site.write_text(before)
    project.version("one")
    project.fab("deploy")
    there.shows(WATCH, "Pebble")
    lab.down(other)


def leads(there: There, to: Host) -> None:
    """Let the names lead to a server, as a server's authority sees it."""
    for name in (DOMAIN, WATCH):
        pebble.knows(there.lab, there.host, name, to.ip)


def test_servers_of_one_name_each_get_a_certificate_and_answer_for_each_other(
    there: There, second: There
) -> None:
    there.project.fab("bootstrap")
    there.project.fab("deploy")
    there.put(DOMAIN, left=35)
    for one in (there, second):
        one.tick()
        for name in (DOMAIN, WATCH):
            one.shows(name, "Pebble")
    keys = {one.sh(f"sha256sum < {PLACE}/{WATCH}.pem") for one in (there, second)}
    assert len(keys) == 2, "each has a key of its own"

    second.sh("systemctl stop nginx")
    there.put(WATCH, left=20)
    there.tick()

    told = {row["server"]: row for row in json.loads(there.status())}
    (fault,) = (one["says"] for one in told["h1"]["findings"])
    assert fault.startswith(f"the certificate of {WATCH} ends in 19 days: ")
    assert second.host.ip in fault, "as the authority says it"
    assert [one["says"] for one in told["h2"]["findings"]] == ["nginx does not run"]

    leads(there, there.host)
    there.see_to_it()

    assert [one for one in there.faults() if WATCH in one] == []
    there.shows(WATCH, "Pebble")
    second.sh("systemctl start nginx")
    assert there.project.told("status")[0]["findings"] == []


def test_certbot_may_neither_read_nor_write_what_is_not_its_own(there: There) -> None:
    there.sh("cd /var/lib/flaskyard-acme; mkdir -p other; chmod 755 other; echo x > other/key")
    script = f"""
    from deploy.certify.acme import words
    words = words("yard", "{DOMAIN}", "a@b.org", "{pebble.DIRECTORY}")
    print("\\0".join(words[:words.index("certbot")]), end="")
    """.replace("\n    ", "\n")
    python = "/srv/yard/agent/venv/bin/python"
    limits = there.sh(f'cd /; exec {python} -I -c "$1"', script).split("\0")
    tries = (
        "cat /var/lib/flaskyard-acme/other/key; cat /etc/flaskyard/yard/keys; ls /srv; "
        "touch /etc/x /usr/x /var/x; chown root /var/lib/flaskyard-acme/webroot; "
        "kill -0 $(cat /run/nginx.pid); id -un"
    )

    done = there.lab.run(there.host, *limits, "sh", "-c", tries, check=False)

    assert done.stdout == "flaskyard-acme\n", done.stdout
    exposure = there.sh("systemd-analyze security flaskyard-tls@yard.service | tail -1")
    assert "OK" in exposure


def test_https_is_there_when_the_server_boots(there: There) -> None:
    there.lab.stop(there.host)
    there.lab.start(there.host)
    booted(there.lab, there.host)
    pebble.start(there.lab, there.host, DOMAIN, WATCH)

    assert get_securely(there.host, DOMAIN, "/marker/", unverified())[0] == 200
    there.shows(DOMAIN, "Pebble")


def unverified() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def give_own(there: There, chain: bytes, key: bytes) -> None:
    there.sh("cat > /etc/ssl/own.pem", feed=chain.decode())
    there.sh(
        "umask 077; mkdir -p /etc/ssl/private; cat > /etc/ssl/private/own.key", feed=key.decode()
    )


def kept(there: There) -> dict[str, Any]:
    return dict(json.loads(there.sh(f"cat {PLACE}/state.json"))["hosts"][WATCH])
