"""Two apps that know of nothing share a host in real clients, and neither logs the other out."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.integration.chromium import needs_chromium, shown
from tests.integration.served import Served, served

APP = '''\
from threading import Event
from flask import Flask, redirect, request, session

WORKER = """<!doctype html><body><script>
async function register(scope) {
    try {
        const url = "worker.js?scope=" + scope
        return (await navigator.serviceWorker.register(url, { scope })).scope
    } catch (error) {
        return error.name
    }
}
async function all() {
    const told = []
    for (const scope of ["/wiki/", "/", "/shop/"])
        told.push(await register(scope))
    document.body.append(told.join(" "))
    await fetch("told")
}
all()
</script><img src="hold"></body>"""

told = Event()

def create_app(name):
    app = Flask(name)

    @app.get("/login")
    def login():
        session["user"] = f"somebody of {name}"
        answer = redirect("./")
        answer.set_cookie("theme", f"{name}-theme")
        return answer

    @app.get("/")
    def whoami():
        return f"{session.get('user', 'nobody')}, {request.cookies.get('theme', 'no theme')}"

    @app.get("/worker")
    def worker():
        return WORKER

    @app.get("/hold")
    def hold():  # while something loads, the browser's own clock does not run ahead
        told.wait(10)
        return ""

    @app.get("/told")
    def tell():
        told.set()
        return ""

    @app.get("/worker.js")
    def script():
        headers = {"Service-Worker-Allowed": request.args["scope"]}
        return "", {"Content-Type": "text/javascript", **headers}

    @app.get("/seen")
    def seen():
        return " ".join(sorted(request.cookies))

    return app
'''

PORTAL = '''\
PAGE = """<!doctype html><body><script>
const text = async (url) => (await fetch(url)).text()
const cookies = (url) => new Promise((done) => {
    const frame = document.createElement("iframe")
    frame.src = url
    frame.onload = () => done(frame.contentDocument.cookie)
    document.head.append(frame)
})
async function visit() {
    const told = []
    for (const url of ["/wiki/login", "/shop/login", "/wiki/", "/shop/", "/wiki/seen"])
        told.push(await text(url))
    told.push(await cookies("/wiki/"), await cookies("/shop/"), document.cookie)
    document.cookie = "theme=changed; path=/wiki"
    told.push(await text("/wiki/"))
    document.body.textContent = told.join("|")
}
visit()
</script></body>"""

def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/html"), ("Set-Cookie", "theme=p; Path=/")])
    return [PAGE.encode()]
'''

SITE = """\
name = "yard"
domain = "example.org"

[apps.portal]
app = "portal:application"
path = "/"

[apps.wiki]
app = "sessions:create_app"
args = { name = "wiki" }
path = "/wiki"
subdomain = "wiki"

[apps.shop]
app = "sessions:create_app"
args = { name = "shop" }
path = "/shop"

[pools.default]
workers = 1
"""


def write(folder: Path) -> Path:
    (folder / "site.toml").write_text(SITE)
    (folder / "sessions.py").write_text(APP)
    (folder / "portal.py").write_text(PORTAL)
    return folder


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(write(tmp_path_factory.mktemp("site")), "--server", "gunicorn") as site:
        yield site


def test_of_ten_apps_under_gunicorn_none_takes_the_session_of_another(tmp_path: Path) -> None:
    names = [f"app{number}" for number in range(10)]
    table = '[apps.{0}]\napp = "sessions:create_app"\nargs = {{ name = "{0}" }}\npath = "/{0}"\n'
    (tmp_path / "sessions.py").write_text(APP)
    (tmp_path / "site.toml").write_text(
        'name = "yard"\ndomain = "example.org"\n' + "".join(map(table.format, names))
    )
    with served(tmp_path, "--server", "gunicorn") as site:
        url = f"http://127.0.0.1:{site.port}"

        def cookie(of: str) -> str:
            set_cookies = httpx.get(f"{url}/{of}/login").headers.get_list("Set-Cookie")
            (own,) = [one for one in set_cookies if one.startswith(f"{of}~session=")]
            return own.partition(";")[0].partition("=")[2]

        sessions = {name: cookie(name) for name in names}
        with httpx.Client() as client:

            def who(at: str, sent: str) -> str:
                answer = client.get(f"{url}/{at}/", headers={"Cookie": sent})
                return answer.text.partition(",")[0]

            for owner, session in sessions.items():
                for at in names:
                    taken = "nobody" if at != owner else f"somebody of {owner}"
                    assert who(at, f"{at}~session={session}") == taken
                    if at != owner:
                        assert who(at, f"session={session}; {owner}~session={session}") == "nobody"


class Here(httpx.HTTPTransport):
    """Whatever the host is called, it is this machine: not all resolvers know ``*.localhost``."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        named = request.url
        request.url = named.copy_with(host="127.0.0.1")
        try:
            return super().handle_request(request)
        finally:
            request.url = named


def test_a_client_with_a_cookie_jar_is_logged_in_at_both(site: Served) -> None:
    with httpx.Client(transport=Here(), follow_redirects=True) as client:

        def get(path: str, host: str = "localhost") -> str:
            return client.get(f"http://{host}:{site.port}{path}").text

        assert get("/wiki/login") == "somebody of wiki, wiki-theme"
        assert get("/shop/login") == "somebody of shop, shop-theme"
        assert get("/wiki/") == "somebody of wiki, wiki-theme"
        assert get("/seen", "wiki.localhost") == ""
        assert get("/login", "wiki.localhost") == "somebody of wiki, wiki-theme"
        assert get("/wiki/seen") == get("/shop/seen") == "session theme"
        assert client.get(f"http://localhost:{site.port}/").cookies["theme"] == "p"
        assert get("/shop/") == "somebody of shop, shop-theme"


@needs_chromium
def test_a_browser_is_logged_in_at_both_and_its_scripts_see_what_is_theirs(
    site: Served, tmp_path: Path
) -> None:
    told = shown(f"http://localhost:{site.port}/", tmp_path).split("|")

    wiki, shop = "somebody of wiki, wiki-theme", "somebody of shop, shop-theme"
    assert told == [
        *(wiki, shop, wiki, shop, "session theme"),
        "theme=wiki-theme; theme=p",
        "theme=shop-theme; theme=p",
        "theme=p",
        "somebody of wiki, changed",
    ]


@needs_chromium
def test_a_service_worker_reaches_no_further_than_its_apps_prefix(
    site: Served, tmp_path: Path
) -> None:
    url = f"http://localhost:{site.port}"
    told = shown(f"{url}/wiki/worker", tmp_path).split()
    assert told[-3:] == [f"{url}/wiki/", "SecurityError", "SecurityError"]


@needs_chromium
def test_under_tls_a_browser_takes_a_cookie_for_one_host_alone(tmp_path: Path) -> None:
    with served(write(tmp_path), "--tls", "--no-debug") as site:
        url = f"https://wiki.localhost:{site.port}"

        assert shown(f"{url}/login", tmp_path / "profile") == "somebody of wiki, wiki-theme"

        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with httpx.Client(transport=Here(verify=context)) as client:
            answer = client.get(f"{url}/login")
    names = [value.partition("=")[0] for value in answer.headers.get_list("Set-Cookie")]
    assert names == ["theme", "__Host-wiki~theme", "__Host-wiki~session"]
