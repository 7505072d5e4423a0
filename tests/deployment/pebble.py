"""An authority of the lab's own: Let's Encrypt's Pebble, from Debian, on the host that asks it.

To it a name leads to that host, or to others, as a name that leads to several may do.
"""

from __future__ import annotations

import http.client
import json
import socket
import ssl

from tests.lab.host import Host
from tests.lab.lab import Lab

DIRECTORY = "https://localhost:14000/dir"

CONFIG = """\
{"pebble": {"listenAddress": "127.0.0.1:14000", "managementListenAddress": "127.0.0.1:15000",
 "certificate": "/etc/pebble/cert.pem", "privateKey": "/etc/pebble/key.pem", "httpPort": 80,
 "tlsPort": 443, "ocspResponderURL": "", "externalAccountBindingRequired": false}}
"""

UNIT = """\
[Unit]
Wants=names.service
[Service]
ExecStart=/usr/bin/pebble -config /etc/pebble/config.json -dnsserver 127.0.0.1:8053
Environment=PEBBLE_VA_NOSLEEP=1 PEBBLE_AUTHZREUSE=0 PEBBLE_WFE_NONCEREJECT=0
"""

NAMES = """\
[Service]
ExecStart=/usr/bin/pebble-challtestsrv -dns01 127.0.0.1:8053 -management 127.0.0.1:8055 \
    -http01 "" -https01 "" -tlsalpn01 "" -defaultIPv4 "" -defaultIPv6 ""
"""

INSTALL = """
set -eu
apt-get install --quiet --quiet --yes --no-install-recommends pebble
mkdir -p /etc/pebble
cd /etc/pebble
openssl req -x509 -nodes -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -days 30 \
    -subj /CN=pebble -addext subjectAltName=DNS:localhost -keyout key.pem -out cert.pem
cp cert.pem /usr/local/share/ca-certificates/pebble.crt
update-ca-certificates
printf %s "$1" > config.json
printf %s "$2" > /etc/systemd/system/pebble.service
printf %s "$3" > /etc/systemd/system/names.service
systemctl daemon-reload
"""

ITSELF = "127.0.0.1"

READY = """
to=$1; shift
rm -rf /var/lib/flaskyard-acme/yard/accounts
systemctl start pebble
until curl --silent --fail --output /dev/null https://localhost:14000/dir; do sleep 0.05; done
for name; do
    given="{\\"host\\": \\"$name\\", \\"addresses\\": [\\"$to\\"]}"
    until curl --silent --fail --data "$given" http://localhost:8055/add-a; do sleep 0.05; done
done
"""


def install(lab: Lab, host: Host, *names: str, to: str = ITSELF) -> None:
    """Let the host have an authority that it trusts, to which these names lead there; start it."""
    lab.run(host, "sh", "-c", INSTALL, "sh", CONFIG, UNIT, NAMES)
    start(lab, host, *names, to=to)


def start(lab: Lab, host: Host, *names: str, to: str = ITSELF) -> None:
    """Return once it answers, and these names lead there.

    It has forgotten accounts and its own root whenever it ended, so certbot forgets its own.
    """
    lab.run(host, "timeout", "20", "sh", "-c", READY, "sh", to, *names)


def trusting(lab: Lab, host: Host) -> ssl.SSLContext:
    """Return what a browser would be that trusts this authority, and nobody else."""
    words = ("curl", "--silent", "--insecure", "https://localhost:15000/roots/0")
    return ssl.create_default_context(cadata=lab.run(host, *words).stdout)


def knows(lab: Lab, host: Host, name: str, *to: str) -> None:
    """Let a name lead there and nowhere else, as if its owner had put it into the DNS."""
    given = json.dumps({"host": name, "addresses": to or (ITSELF,)})
    for what in ("clear-a", "add-a"):
        address = f"http://localhost:8055/{what}"
        lab.run(host, "curl", "--silent", "--fail", "--data", given, address)


def get_securely(host: Host, name: str, path: str, context: ssl.SSLContext) -> tuple[int, str]:
    """Ask a host, at its address, for what it has at that name."""
    with (
        socket.create_connection((host.ip, 443), 10) as plain,
        context.wrap_socket(plain, server_hostname=name) as secure,
    ):
        connection = http.client.HTTPConnection(name)
        connection.sock = secure
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
