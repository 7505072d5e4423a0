"""nginx under the rights it has left serves, begins anew and rotates; what was there goes on."""

from __future__ import annotations

import pytest

from tests.deployment.project import DOMAIN, Project
from tests.lab.host import Host
from tests.lab.lab import Lab

pytestmark = pytest.mark.lab

SITE = """\
apt-get -qq install -y nginx > /dev/null
mkdir -p /home/ada/www /var/cache/own
echo from home > /home/ada/www/index.html
chmod 755 /home/ada
cat > /etc/nginx/sites-enabled/own <<'END'
proxy_cache_path /var/cache/own keys_zone=own:1m;
server {
    listen 80;
    server_name own.test;
    access_log /var/log/own.log;
    root /home/ada/www;
    location /app {
        proxy_cache own;
        proxy_pass http://unix:/tmp/own.sock:;
    }
}
END
cat > /tmp/own.py <<'END'
import http.server, os, socketserver
class Server(socketserver.UnixStreamServer):
    def get_request(self):
        return super().get_request()[0], ("own", 0)
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(b"from tmp\\n")
server = Server("/tmp/own.sock", Answer)
os.chmod("/tmp/own.sock", 0o777)
server.serve_forever()
END
systemd-run --quiet --unit own python3 /tmp/own.py
systemctl restart nginx
until [ -S /tmp/own.sock ]; do :; done
"""
"""A site of somebody else's: files at home, an app behind a socket in /tmp, a cache, a log."""

LONG = """\
head -c 40000000 /dev/zero | base64 -w 99 >> /var/log/nginx/access.log
systemctl start flaskyard-logs.service
"""


def asked(lab: Lab, one: Host, name: str, path: str = "/") -> str:
    return lab.run(one, "curl", "-sS", "-H", f"Host: {name}", f"http://127.0.0.1{path}").stdout


def test_it_serves_begins_anew_and_rotates_under_what_is_left_to_it(
    lab: Lab, host: Host, project: Project
) -> None:
    lab.run(host, "systemctl", "restart", "nginx")
    assert asked(lab, host, DOMAIN, "/marker/").startswith("one ")
    lab.run(host, "systemctl", "reload", "nginx")

    lab.run(host, "sh", "-c", LONG)
    asked(lab, host, DOMAIN, "/marker/?after")

    last = lab.run(host, "cat", "/var/log/nginx/access.log").stdout.splitlines()
    assert 1 <= len(last) < 10
    assert '"GET /marker/?after HTTP/1.1" 200' in last[-1]
    kept = lab.run(host, "sh", "-c", "stat --format '%U %a %s' /var/log/nginx/access.log.1").stdout
    owner, mode, size = kept.split()
    assert (owner, mode) == ("www-data", "640")
    assert int(size) > 50_000_000
    assert "flaskyard-logs.timer" in lab.run(host, "systemctl", "list-timers").stdout


def test_sites_of_others_go_on_and_one_that_could_not_stops_bootstrap_before_anything(
    lab: Lab, bare: Host, project: Project
) -> None:
    lab.run(bare, "sh", "-ec", SITE)
    lab.run(
        bare, "sed", "-i", "s#/var/log/own.log#/usr/local/own.log#", "/etc/nginx/sites-enabled/own"
    )
    lab.run(bare, "systemctl", "reload", "nginx")

    refused = project.try_fab("bootstrap")

    assert refused.code == 1
    assert "/usr/local/own.log" in refused.err
    assert "Read-only file system" in refused.err
    assert lab.run(bare, "ls", "/etc/nginx/flaskyard", check=False).returncode != 0

    own = "install -d {0}; printf '[Service]\\nReadWritePaths=/usr/local\\n' > {0}/own.conf"
    lab.run(bare, "sh", "-c", own.format("/etc/systemd/system/nginx.service.d"))
    lab.run(bare, "rm", "/etc/nginx/sites-enabled/default")
    file = "/etc/nginx/sites-enabled/own"
    lab.run(bare, "sed", "-i", "s/^    listen 80;/    listen 80 default_server;/", file)
    refused = project.try_fab("bootstrap")

    assert refused.code == 1
    assert "take default_server out of the file named" in refused.err
    assert f"{file}:" in refused.err
    lab.run(bare, "nginx", "-t", "-q")  # it starts when the server boots
    assert asked(lab, bare, "own.test") == "from home\n"

    lab.run(bare, "sed", "-i", "s/ default_server//", file)
    project.fab("bootstrap")
    before = asked(lab, bare, "own.test"), asked(lab, bare, "own.test", "/app")
    doctor = " ".join(project.try_fab("doctor").out.split())
    lab.run(bare, "systemctl", "restart", "nginx")
    after = asked(lab, bare, "own.test"), asked(lab, bare, "own.test", "/app")

    assert before == after == ("from home\n", "from tmp\n")
    assert "keeps them until it starts" in doctor
    assert "nginx runs with no more rights" in project.try_fab("doctor").out
