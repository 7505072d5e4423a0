"""Static files are nginx's, at every mount, and outlive the release that had them."""

from __future__ import annotations

import http.client
import json
import re

import pytest

from tests.deployment.project import DOMAIN, Project
from tests.lab.host import Host
from tests.lab.lab import Lab
from tests.lab.waiting import until

pytestmark = pytest.mark.lab

MARKED = re.compile(r'href="(/[^"]+\.[0-9a-f]{16}\.css)"')


def asked(host: Host, path: str, name: str = DOMAIN) -> tuple[int, str, str]:
    """Return status, body, and for how long it may be kept."""
    connection = http.client.HTTPConnection(host.ip, timeout=10)
    connection.request("GET", path, headers={"Host": name})
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    return answer.status, body, answer.headers["Cache-Control"] or ""


def shared_css(page: str) -> str:
    """Return where the style is that is long enough to be compressed."""
    return str(next(path for path in MARKED.findall(page) if "/look" in path))


def test_pages_refer_to_files_that_nginx_has_and_keeps(
    lab: Lab, host: Host, project: Project
) -> None:
    css = project.folder / "apps" / "portal" / "static" / "portal.css"
    css.write_text("/* the first */\n")
    project.commit("first")
    project.fab("deploy")
    page = asked(host, "/")[1]
    old = next(path for path in MARKED.findall(page) if "portal" in path)
    shared = {asked(host, path)[0] for path in MARKED.findall(page)}
    css.write_text("/* the second */\n")
    project.commit("second")
    project.fab("deploy")

    new = next(path for path in MARKED.findall(asked(host, "/")[1]) if "portal" in path)
    kept = "public, max-age=31536000, immutable"
    assert shared == {200}
    assert asked(host, new) == (200, "/* the second */\n", kept)
    assert asked(host, old) == (200, "/* the first */\n", kept), "of pages from before"
    assert asked(host, "/static/portal.css")[:2] == (200, "/* the second */\n")

    for kind in ("br", "gzip"):
        told = lab.run(
            host,
            *("curl", "-s", "-o", "/dev/null", "-D", "-", "-H", f"Accept-Encoding: {kind}, zstd"),
            *("-H", f"Host: {DOMAIN}", f"localhost{shared_css(page)}"),
        ).stdout.lower()
        assert f"content-encoding: {kind}" in told
        assert "vary: accept-encoding" in told

    pools = "yard-default@*"
    lab.run(host, "systemctl", "stop", f"{pools}.socket", f"{pools}.service")
    watch = re.sub(
        r".*/look/", "/watch/look/", next(path for path in MARKED.findall(page) if "look" in path)
    )
    assert asked(host, new) == (200, "/* the second */\n", kept), "without any app"
    assert asked(host, watch)[0] == 200, "at another mount"
    assert asked(host, watch.removeprefix("/watch"), f"watch.{DOMAIN}")[0] == 200

    owners = lab.run(host, "find", "/srv/yard/static", "!", "-user", "root", "-o", "-perm", "/022")
    assert owners.stdout == ""


def test_files_of_a_release_that_is_refused_do_not_stay(
    lab: Lab, host: Host, project: Project
) -> None:
    def found() -> str:
        return lab.run(host, "find", "/srv/yard/static", "-type", "f").stdout

    project.version("two")
    project.fab("deploy")
    before = found()
    (project.folder / "apps" / "portal" / "static" / "more.css").write_text("/* more */\n")
    project.edit(
        "apps/marker.py",
        "def application(environ, start_response):",
        """\
def application(environ, start_response):
    if "HTTP_X_REQUEST_ID" in environ:  # nginx says it, and nobody before the cutover
        raise RuntimeError
""",
    )
    project.commit("broken")

    assert project.try_fab("deploy").code == 1
    assert found() == before


def test_large_files_of_an_app_are_sent_by_nginx_and_read_by_nobody_else(
    lab: Lab, host: Host, project: Project
) -> None:
    paper = "".join(f"{number:>15}\n" for number in range(200_000))
    project.fab("exec", "portal", "flask add-paper 'Plan of the yard, größer.txt'", feed=paper)
    path = "/papers/Plan%20of%20the%20yard,%20gr%C3%B6%C3%9Fer.txt"

    status, body, kept = asked(host, path)
    part = lab.run(host, "curl", "-s", "-r", "16-31", "-H", f"Host: {DOMAIN}", f"localhost{path}")

    assert (status, body, kept) == (200, paper, "no-cache")
    assert part.stdout == paper[16:32]
    folder = "/var/lib/yard/default"

    def sent() -> list[int]:
        words = ("journalctl", "--quiet", "--output=cat", "-u", "yard-default@*")
        logged = lab.run(host, *words).stdout.splitlines()
        return [json.loads(line)["bytes"] for line in logged if '"path": "/papers/Plan' in line]

    until(lambda: len(sent()) == 2, seconds=20)  # the line follows the answer
    assert sent() == [0, 0], "no worker has sent them"

    def may(user: str, *test: str) -> bool:
        done = lab.run(host, "runuser", "-u", user, "--", "test", *test, check=False)
        return done.returncode == 0

    file = f"{folder}/portal/downloads/Plan of the yard, größer.txt"
    assert may("www-data", "-r", file)
    assert not may("www-data", "-w", file)
    assert not may("www-data", "-r", f"{folder}/portal/portal.sqlite3")
    assert not may("www-data", "-r", f"{folder}/portal/downloads"), "no names are told"
    assert not may("nobody", "-r", file)
    lab.run(host, "ln", "-s", "/etc/shadow", f"{folder}/portal/downloads/link.txt")
    assert asked(host, "/papers/link.txt")[0] == 404
    assert asked(host, "/.flaskyard/download/portal/downloads/link.txt")[0] == 404
