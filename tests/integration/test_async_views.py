"""Flask's ``async def`` views under every kind of pool."""

from __future__ import annotations

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.integration.served import served

SITE = """\
name = "yard"
domain = "example.org"

[apps.portal]
app = "portal:create_app"
path = "/"

[pools.default]
workers = 1
worker_class = "KIND"
"""

PORTAL = """\
import asyncio, time
from contextvars import ContextVar
from flask import Blueprint, Flask, Response, abort, g, request, session, stream_with_context

SEEN = ContextVar("seen", default="nothing")

async def hello(reader, writer):
    writer.write(b"hello")
    writer.close()

def create_app():
    app = Flask(__name__)
    app.secret_key = "for the test"

    @app.before_request
    async def before():
        g.before = request.args.get("n", "")
        SEEN.set(f"before {g.before}")

    @app.get("/nap")
    async def nap():
        await asyncio.sleep(0.2)
        session["n"] = request.args["n"]
        return {"n": request.args["n"], "g": g.before, "seen": SEEN.get()}

    @app.get("/again")
    async def again():
        return {"n": session.get("n")}

    @app.get("/no")
    async def no():
        await asyncio.sleep(0)
        abort(418)

    @app.get("/boom")
    async def boom():
        raise RuntimeError("kaput")

    @app.get("/gathered")
    async def gathered():
        blocking = [asyncio.to_thread(time.sleep, 0.05) for _ in range(4)]
        await asyncio.gather(*blocking, asyncio.sleep(0.05))
        served = await asyncio.start_server(hello, "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(*served.sockets[0].getsockname())
        text = (await reader.read()).decode()
        writer.close()
        return {"heard": text}

    @app.get("/stream")
    async def stream():
        def parts():
            for number in range(3):
                yield f"{number} of {request.args['n']}\\n"
        return Response(stream_with_context(parts()), mimetype="text/plain")

    @app.errorhandler(418)
    async def teapot(error):
        return {"short": "and stout"}, 418

    part = Blueprint("part", __name__)

    @part.get("/part")
    async def of_part():
        return {"part": g.before}

    app.register_blueprint(part)
    return app
"""


@pytest.mark.parametrize("kind", ["gevent", "gthread", "sync"])
def test_async_views_have_all_that_views_have(tmp_path: Path, kind: str) -> None:
    (tmp_path / "site.toml").write_text(SITE.replace("KIND", kind))
    (tmp_path / "portal.py").write_text(PORTAL)
    with served(tmp_path, "--server", "gunicorn") as site:
        nap = site.get("/nap?n=7")
        assert json.loads(nap.text) == {"n": "7", "g": "7", "seen": "before 7"}
        cookie = nap.headers["Set-Cookie"].partition(";")[0]
        assert json.loads(site.get("/again", Cookie=cookie).text) == {"n": "7"}
        assert (site.get("/no").status, site.get("/boom").status) == (418, 500)
        assert json.loads(site.get("/no").text) == {"short": "and stout"}
        assert "RuntimeError: kaput" in site.told
        assert "I'm a teapot" not in site.told
        assert json.loads(site.get("/gathered").text) == {"heard": "hello"}
        assert site.get("/stream?n=3").text == "0 of 3\n1 of 3\n2 of 3\n"
        assert json.loads(site.get("/part?n=2").text) == {"part": "2"}


def test_fifty_async_views_run_at_once_under_gevent(tmp_path: Path) -> None:
    (tmp_path / "site.toml").write_text(SITE.replace("KIND", "gevent"))
    (tmp_path / "portal.py").write_text(PORTAL)
    with served(tmp_path, "--server", "gunicorn") as site, ThreadPoolExecutor(50) as clients:
        answers = list(clients.map(lambda n: site.get(f"/nap?n={n}"), range(50)))
        assert Counter(answer.status for answer in answers) == {200: 50}
        told = [json.loads(answer.text) for answer in answers]
        assert told == [{"n": str(n), "g": str(n), "seen": f"before {n}"} for n in range(50)]
