"""What a real browser makes of the headers that apps are given."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dispatcher.registry.address import PROBE_HOST
from tests.integration.chromium import needs_chromium, opened
from tests.integration.served import Served, served

SITE = """\
name = "yard"
domain = "example.org"

[apps.portal]
app = "apps.portal:create_app"
path = "/"

[apps.watch]
app = "apps.watch:create_app"
path = "/watch"

[apps.inline]
app = "inline:create_app"
path = "/inline"
headers.base = "strict"

[apps.broken]
app = "inline:broken"
path = "/broken"

[apps.framed]
app = "inline:create_app"
path = "/framed"
"""

INLINE = '''\
from flask import Flask, Response, render_template_string, stream_template_string

PAGE = """<!doctype html><title>t</title><p id=one>-</p><p id=two>-</p>
<style nonce="{{ csp_nonce() }}">#one { margin-left: 7px }</style>
<script nonce="{{ csp_nonce() }}">one.textContent = getComputedStyle(one).marginLeft</script>
<script{{ other }}>two.textContent = "this ran too"</script>"""

def create_app():
    app = Flask(__name__)
    app.add_url_rule("/", view_func=lambda: render_template_string(PAGE, other=""))
    app.add_url_rule("/stream", "stream", lambda: stream_template_string(PAGE, other=""))
    app.add_url_rule("/fails", "fails", lambda: 1 / 0)

    @app.get("/own")
    def own():
        policy = {"Content-Security-Policy": "default-src 'self' 'unsafe-inline'"}
        return render_template_string(PAGE, other=""), policy

    return app

def broken():
    raise RuntimeError
'''


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("site")
    (folder / "site.toml").write_text(SITE)
    (folder / "inline.py").write_text(INLINE)
    with served(folder, "--server", "gunicorn") as site:
        yield site


@needs_chromium
@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/news/",
        "/about",
        "/nothing-here",
        "/watch/",
        "/watch/targets/nothing",
        "/watch/api/targets",
        "/broken/",
        "/inline/fails",
    ],
)
def test_a_browser_has_nothing_to_say_against_any_page(
    site: Served, tmp_path: Path, path: str
) -> None:
    text, console = opened(f"http://localhost:{site.port}{path}", tmp_path / "profile")

    assert text
    assert [line for line in console if "Failed to load resource" not in line] == []


@needs_chromium
def test_nor_against_the_status_page(site: Served, tmp_path: Path) -> None:
    resolved = f"--host-resolver-rules=MAP {PROBE_HOST} 127.0.0.1"
    url = f"http://{PROBE_HOST}:{site.port}/status"

    text, console = opened(url, tmp_path / "profile", resolved)

    assert "Apps" in text
    assert [line for line in console if "Opener-Policy" not in line] == [], "it is no https"


@needs_chromium
@pytest.mark.parametrize("path", ["/inline/", "/inline/stream"])
def test_a_script_with_the_nonce_runs_and_one_without_does_not(
    site: Served, tmp_path: Path, path: str
) -> None:
    text, console = opened(f"http://localhost:{site.port}{path}", tmp_path / "profile")

    assert "7px-" in text
    assert any("Content Security Policy" in line for line in console)


@needs_chromium
@pytest.mark.parametrize("path", ["/inline/own", "/framed/"])
def test_an_apps_own_policy_and_a_mild_set_let_pass_what_they_let_pass(
    site: Served, tmp_path: Path, path: str
) -> None:
    text, console = opened(f"http://localhost:{site.port}{path}", tmp_path / "profile")

    assert "7pxthis ran too" in text
    assert console == []


@pytest.fixture(scope="module")
def debugged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("debugged")
    (folder / "site.toml").write_text(SITE)
    (folder / "inline.py").write_text(INLINE)
    with served(folder) as site:
        yield site


@needs_chromium
def test_the_debuggers_page_has_its_scripts(debugged: Served, tmp_path: Path) -> None:
    debugged.shows("ZeroDivisionError", "/inline/fails")  # apps are loaded behind
    url = f"http://localhost:{debugged.port}/inline/fails"

    text, console = opened(url, tmp_path / "profile")

    assert "ZeroDivisionError" in text
    assert [line for line in console if "Failed to load resource" not in line] == []


def test_no_version_is_told_by_gunicorn_or_werkzeug(site: Served, debugged: Served) -> None:
    for one in (site, debugged):
        for path in ("/", "/nothing", "/inline/fails", "/broken/"):
            answer = one.get(path)
            assert not any(sign.isdigit() for sign in answer.headers["Server"]), path
            assert "gunicorn/" not in answer.text
            assert "Werkzeug/" not in answer.text
