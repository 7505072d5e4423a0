"""`dispatcher run` as a developer uses it: real processes, real HTTP, files edited meanwhile."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.served import (
    PATIENCE_SECONDS,
    Served,
    command,
    environment,
    served,
)

SITE = """\
name = "yard"
domain = "example.org"

[apps.portal]
app = "portal:create_app"
path = "/"

[apps.wiki]
app = "wiki:application"
path = "/wiki"
subdomain = "wiki"
"""

PORTAL = """\
from flask import Flask, render_template, url_for

def create_app():
    app = Flask(__name__)

    @app.get("/")
    def home():
        return render_template("home.html")

    @app.get("/boom")
    def boom():
        raise RuntimeError("kaput")

    return app
"""

WIKI = """\
def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"wiki at " + environ["SCRIPT_NAME"].encode() + b"|" + environ["PATH_INFO"].encode()]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a site of two apps, one of them Flask's."""
    (tmp_path / "site.toml").write_text(SITE)
    (tmp_path / "portal" / "templates").mkdir(parents=True)
    (tmp_path / "portal" / "__init__.py").write_text(PORTAL)
    (tmp_path / "portal" / "templates" / "home.html").write_text("portal's home")
    (tmp_path / "wiki.py").write_text(WIKI)
    return tmp_path


def edit(path: Path, old: str, new: str) -> None:
    """Change a file as an editor does, its time past what the reloader saw."""
    before = path.stat().st_mtime if path.exists() else 0
    text = path.read_text() if path.exists() else old
    assert old in text
    path.write_text(text.replace(old, new))
    after = max(path.stat().st_mtime, before + 1)
    os.utime(path, (after, after))


def has_both_addresses(site: Served) -> None:
    assert site.get("/").text == "portal's home"
    assert site.get("/wiki/page").text == "wiki at /wiki|/page"
    assert site.get("/page", "wiki.localhost").text == "wiki at |/page"
    assert site.get("/", "nobody.localhost").status == 421
    assert site.get("/", "127.0.0.1").status == site.get("/", "[::1]").status == 200


def test_every_app_answers_at_every_address_and_the_addresses_are_printed(folder: Path) -> None:
    with served(folder) as site:
        has_both_addresses(site)
        assert site.told.startswith(
            "app      address\n"
            f"portal   http://localhost:{site.port}/\n"
            f"wiki     http://localhost:{site.port}/wiki/\n"
            f"         http://wiki.localhost:{site.port}/\n"
        )


def test_without_a_command_the_module_serves_the_site(folder: Path) -> None:
    with served(folder, way=()) as site:
        has_both_addresses(site)


@pytest.mark.parametrize("at", ["::1", "0.0.0.0"])
def test_it_listens_where_it_is_told_to(folder: Path, at: str) -> None:
    with served(folder, "--no-debug", "--host", at, at=at) as site:
        assert site.get("/", "127.0.0.1").text == "portal's home"
        assert site.get("/", "[::1]").text == "portal's home"


def test_the_registry_may_be_in_another_folder(folder: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    with served(elsewhere, "--site", str(folder / "site.toml")) as site:
        has_both_addresses(site)


def test_what_is_edited_is_served_anew(folder: Path) -> None:
    with served(folder) as site:
        site.shows("portal's home")

        edit(folder / "portal" / "templates" / "home.html", "home", "garden")
        site.shows("portal's garden")

        edit(folder / "wiki.py", "wiki at", "book at")
        site.shows("book at", "/wiki/")

        edit(folder / "site.toml", '"/wiki"', '"/book"')
        site.shows("book at /book", "/book/")


def test_a_broken_registry_is_told_on_every_page_until_it_is_mended(folder: Path) -> None:
    with served(folder) as site:
        site.shows("wiki at", "/wiki/")

        edit(folder / "site.toml", '"/wiki"', '"/wiki/"')
        site.shows("can never match", "/wiki/")
        assert site.get("/", "nobody.localhost").status == 503
        assert "line 10: apps.wiki.path" in site.told

        edit(folder / "site.toml", '"/wiki/"', '"/wiki"')
        site.shows("wiki at", "/wiki/")


def test_a_broken_app_tells_why_while_the_others_serve_until_it_is_mended(folder: Path) -> None:
    (folder / "wiki.py").write_text("import nothing_of_the_sort")
    with served(folder) as site:
        answer = site.get("/wiki/")
        assert answer.status == 503
        assert "No module named &#39;nothing_of_the_sort&#39;" in answer.text
        assert "Traceback" in answer.text
        assert site.get("/").text == "portal's home"
        assert "wiki: wiki:application cannot be loaded" in site.told
        assert "Traceback" not in site.told

        edit(folder / "wiki.py", "import nothing_of_the_sort", WIKI)
        site.shows("wiki at", "/wiki/")


def test_an_app_whose_file_is_yet_to_be_written_is_found_once_it_is(folder: Path) -> None:
    (folder / "wiki.py").unlink()
    with served(folder) as site:
        assert "there is no module &#39;wiki&#39;" in site.get("/wiki/").text

        (folder / "wiki.py").write_text(WIKI)
        site.shows("wiki at", "/wiki/")


def test_an_error_in_an_app_opens_the_debugger(folder: Path) -> None:
    with served(folder) as site:
        answer = site.get("/boom")
        assert answer.status == 500
        assert "RuntimeError: kaput" in answer.text
        assert "EVALEX = true" in answer.text


def test_without_debug_an_error_tells_the_visitor_nothing(folder: Path) -> None:
    with served(folder, "--no-debug") as site:
        answer = site.get("/boom")
        assert answer.status == 500
        assert "kaput" not in answer.text
        assert "RuntimeError: kaput" in site.told


SIZES = """\
def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain"), ("Connection", "close")])
    with environ["wsgi.input"] as body:
        yield b"%d then %d" % (len(body.read(3)), len(body.read()))
"""


@pytest.mark.parametrize(
    ("headers", "body", "sizes"),
    [
        (b"Content-Length: 5\r\n", b"hello", b"3 then 2"),
        (b"Content-Length: 0\r\n", b"", b"0 then 0"),
        (b"", b"", b"0 then 0"),
        (b"Transfer-Encoding: chunked\r\n", b"5\r\nhello\r\n0\r\n\r\n", b"3 then 2"),
    ],
    ids=["length", "zero", "none", "chunked"],
)
def test_an_app_that_reads_to_the_end_finds_one(
    folder: Path, headers: bytes, body: bytes, sizes: bytes
) -> None:
    (folder / "wiki.py").write_text(SIZES)
    with served(folder, "--no-debug") as site:
        head = b"PUT /wiki/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        with socket.create_connection(("127.0.0.1", site.port), PATIENCE_SECONDS) as visitor:
            visitor.sendall(head + headers + b"\r\n" + body)
            answer = b"".join(iter(lambda: visitor.recv(65536), b""))
        assert sizes in answer


def test_a_request_that_names_no_host_is_a_bad_request(folder: Path) -> None:
    with served(folder, "--no-debug") as site:
        assert b" 400 " in site.raw(b"GET / HTTP/1.0\r\n\r\n").splitlines()[0]


@pytest.mark.parametrize("option", ["--debug", "--no-debug"])
def test_ctrl_c_ends_it_without_a_word(folder: Path, option: str) -> None:
    with served(folder, option) as site:
        site.shows("portal's home")

        assert site.stop() == 0

        assert "Traceback" not in site.told
        assert "Aborted" not in site.told


def test_a_second_one_on_the_port_is_told_so_and_ends(folder: Path) -> None:
    with served(folder) as site:
        second = subprocess.run(
            command("run", "--port", str(site.port)),
            cwd=folder,
            env=environment(),
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
        assert second.returncode == 1
        assert second.stdout == ""
        assert "it is in use" in second.stderr


def test_one_app_alone_is_served_and_the_others_say_so(folder: Path) -> None:
    (folder / "portal" / "__init__.py").write_text("open('made', 'w')\n" + PORTAL)
    with served(folder, "--app", "wiki") as site:
        assert site.get("/wiki/page").text == "wiki at /wiki|/page"
        assert site.get("/").status == 421
        assert "not served in this run, which is of wiki alone" in site.get("/").text
        assert not (folder / "made").exists()
        assert "portal" not in site.told


def test_an_app_that_is_not_there_cannot_be_served_alone(folder: Path) -> None:
    done = subprocess.run(
        command("run", "--app", "wikki"),
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert done.returncode == 2
    assert "there is no app 'wikki'; there are portal, wiki" in done.stderr


@pytest.mark.parametrize("server", ["werkzeug", "gunicorn"])
def test_with_tls_the_site_and_what_is_below_it_are_trusted_by_who_trusts_its_certificate(
    folder: Path, server: str
) -> None:
    (folder / "wiki.py").write_text(WIKI.replace('"SCRIPT_NAME"', '"wsgi.url_scheme"'))
    with served(folder, "--tls", "--server", server) as site:
        trusting = ["curl", "-sS", "--cacert", str(folder / "instance" / "localhost.pem")]
        for url in (f"https://localhost:{site.port}/wiki/", f"https://wiki.localhost:{site.port}/"):
            done = subprocess.run([*trusting, url], capture_output=True, text=True, check=True)
            assert done.stdout == "wiki at https|/"
        assert f"https://wiki.localhost:{site.port}/" in site.told


def test_with_tls_a_visitor_that_says_nothing_keeps_nobody_waiting(folder: Path) -> None:
    with served(folder, "--tls") as site, socket.create_connection(("127.0.0.1", site.port)):
        url = f"https://localhost:{site.port}/"
        done = subprocess.run(["curl", "-sSk", url], capture_output=True, text=True, check=True)
        assert done.stdout == "portal's home"


def test_without_the_library_for_certificates_tls_says_what_is_missing(folder: Path) -> None:
    gone = "import sys; sys.modules['cryptography'] = None; from dispatcher.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", gone, "run", "--tls"],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
    )
    assert done.returncode == 1
    assert "--tls needs a certificate, and to make one the package cryptography" in done.stderr
    assert "pip install cryptography" in done.stderr
    assert "Traceback" not in done.stderr
