from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dispatcher.loading.importing import LoadError, load
from dispatcher.registry.address import Address
from dispatcher.registry.site import App
from tests.dispatcher.conftest import Write
from tests.dispatcher.wsgi import get

ASGI = (
    "it is asynchronous; wrap an ASGI application with a2wsgi.ASGIMiddleware "
    "and give it a pool of its own, gthread with preload = false"
)

WSGI = """\
def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"here"]
"""


def app(target: str) -> App:
    return App("wiki", target, ())


def reason(target: str) -> str:
    with pytest.raises(LoadError) as raised:
        load(app(target))
    return raised.value.reason


@pytest.mark.parametrize(
    ("source", "attribute"),
    [
        pytest.param(WSGI, "application", id="WSGI function"),
        pytest.param(WSGI + "def create_app(): return application", "create_app", id="factory"),
        pytest.param(
            WSGI + "def create_app(config=None, *, testing=False, **more): return application",
            "create_app",
            id="factory with optional arguments",
        ),
        pytest.param(
            WSGI
            + """
import functools
def logged(function):
    @functools.wraps(function)
    def inner(*args, **kwargs):
        return function(*args, **kwargs)
    return inner
@logged
def create_app():
    return application
""",
            "create_app",
            id="factory in a decorator",
        ),
        pytest.param(
            WSGI
            + """
import functools
def logged(function):
    @functools.wraps(function)
    def inner(*args, **kwargs):
        return function(*args, **kwargs)
    return inner
wrapped = logged(application)
""",
            "wrapped",
            id="WSGI function in a decorator",
        ),
        pytest.param(
            WSGI
            + """
import functools
create_app = functools.partial(lambda kind: application, "web")
""",
            "create_app",
            id="partial",
        ),
        pytest.param(
            WSGI
            + """
class Site:
    def __call__(self, environ, start_response):
        return application(environ, start_response)
site = Site()
""",
            "site",
            id="object with __call__",
        ),
        pytest.param(
            WSGI
            + """
class Site:
    def __call__(self, environ, start_response):
        return application(environ, start_response)
""",
            "Site",
            id="class of such objects",
        ),
        pytest.param(
            """
class Site:
    def __init__(self, environ, start_response):
        self.start = start_response
    def __iter__(self):
        self.start("200 OK", [("Content-Type", "text/plain")])
        yield b"here"
""",
            "Site",
            id="class that is the application (PEP 3333)",
        ),
        pytest.param(
            WSGI
            + """
class Site:
    @classmethod
    def create(cls):
        return application
""",
            "Site.create",
            id="attribute of an attribute",
        ),
        pytest.param(
            """
from flask import Flask
site = Flask(__name__)
site.add_url_rule("/", view_func=lambda: "here")
""",
            "site",
            id="Flask instance",
        ),
        pytest.param(
            """
from flask import Flask
def create_app():
    site = Flask(__name__)
    site.add_url_rule("/", view_func=lambda: "here")
    return site
""",
            "create_app",
            id="Flask factory",
        ),
        pytest.param(
            """
from werkzeug import Request, Response
@Request.application
def site(request):
    return Response("here")
""",
            "site",
            id="Werkzeug's Request.application",
        ),
        pytest.param(
            """
from werkzeug import Request, Response
class Site:
    @Request.application
    def __call__(self, request):
        return Response("here")
site = Site()
""",
            "site",
            id="Werkzeug's Request.application on a method",
        ),
        pytest.param(
            """
def application(*args):
    args[1]("200 OK", [("Content-Type", "text/plain")])
    return [b"here"]
""",
            "application",
            id="anything goes in: an app, no factory",
        ),
    ],
)
def test_a_factory_is_called_and_a_wsgi_callable_is_taken(
    write: Write, source: str, attribute: str
) -> None:
    write("wiki_app", source)
    assert get(load(app(f"wiki_app:{attribute}"))).text == "here"


@pytest.mark.parametrize(
    ("source", "attribute", "told"),
    [
        pytest.param(
            "create_app = 3",
            "create_ap",
            "wiki_app has no 'create_ap'; did you mean 'create_app'?",
            id="attribute misspelt",
        ),
        pytest.param("", "zzz", "wiki_app has no 'zzz'", id="no such attribute"),
        pytest.param(
            "x = 3", "x", "it is 3, neither a WSGI callable nor a factory", id="no callable"
        ),
        pytest.param(
            "def create(): pass",
            "create",
            "the factory returned None; did it forget to return the app?",
            id="returns None",
        ),
        pytest.param(
            "def create(): return 'app'",
            "create",
            "the factory returned 'app', which is no WSGI callable",
            id="returns no app",
        ),
        pytest.param(
            "def create(config): pass",
            "create",
            "it takes (config); write args for a factory; a WSGI app takes two arguments",
            id="wants an argument",
        ),
        pytest.param(
            "async def app(scope, receive, send): pass",
            "app",
            ASGI,
            id="ASGI function",
        ),
        pytest.param(
            """
            class Api:
                async def __call__(self, scope, receive, send): pass
            def create(): return Api()
            """,
            "create",
            ASGI,
            id="factory of an ASGI object",
        ),
        pytest.param(
            "async def create(): pass",
            "create",
            ASGI,
            id="async factory",
        ),
    ],
)
def test_what_is_no_app_is_said_with_what_would_be_right(
    write: Write, source: str, attribute: str, told: str
) -> None:
    write("wiki_app", source)
    assert reason(f"wiki_app:{attribute}") == told


@pytest.mark.parametrize(
    ("source", "told"),
    [
        pytest.param(
            "x = (1,\ny = 2", "SyntaxError: '(' was never closed (PLACE, line 1)", id="syntax"
        ),
        pytest.param(
            "\nimport nothing_of_the_sort",
            "ModuleNotFoundError: No module named 'nothing_of_the_sort' (PLACE, line 2)",
            id="import",
        ),
        pytest.param("import sys\nsys.exit(3)", "SystemExit: 3 (PLACE, line 2)", id="exit"),
        pytest.param(
            "def create():\n  raise RuntimeError('two\\nlines')",
            "RuntimeError: two (PLACE, line 2)",
            id="in the factory",
        ),
        pytest.param(
            "def create():\n  import json; json.loads('')\n",
            "JSONDecodeError: Expecting value",
            id="in what the factory calls",
        ),
    ],
)
def test_what_an_app_raises_is_told_in_a_line_with_its_place(
    write: Write, tmp_path: Path, source: str, told: str
) -> None:
    write("wiki_app", source)
    assert reason("wiki_app:create").startswith(
        told.replace("PLACE", str(tmp_path / "wiki_app.py"))
    )


def test_a_module_that_is_not_there_is_said_to_be_missing(write: Write) -> None:
    write("wiki_pkg/__init__", "")
    assert reason("no_such_module:app") == "there is no module 'no_such_module'"
    assert reason("no_such.module:app") == "there is no module 'no_such'"
    assert reason("wiki_pkg.web:app") == "there is no module 'wiki_pkg.web'"


def test_the_error_names_the_app_and_keeps_the_traceback_of_its_code(write: Write) -> None:
    write("wiki_app", "1 / 0")
    with pytest.raises(LoadError) as raised:
        load(app("wiki_app:create"))
    assert str(raised.value).startswith("wiki: wiki_app:create cannot be loaded: ZeroDivisionError")
    assert "1 / 0" in raised.value.traceback
    first = raised.value.traceback.splitlines()[1]
    assert "wiki_app.py" in first, "how the dispatcher got there is nothing to its developer"
    assert raised.value.app.name == "wiki"


@pytest.mark.parametrize("line", ["Flask(None)", "json.loads('x')", "gevent.sleep('x')"])
def test_the_place_is_in_the_apps_own_code_though_a_library_raised(
    write: Write, tmp_path: Path, line: str
) -> None:
    write("wiki_app", f"import gevent, json\nfrom flask import Flask\n{line}")
    assert reason("wiki_app:app").endswith(f"({tmp_path / 'wiki_app.py'}, line 3)")


def test_the_persons_own_interrupt_is_not_the_apps_fault(write: Write) -> None:
    write("wiki_app", "raise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        load(app("wiki_app:create"))


def test_an_app_that_was_missing_is_found_once_it_is_there(write: Write) -> None:
    reason("wiki_app:application")
    write("wiki_app", WSGI)
    assert get(load(app("wiki_app:application"))).text == "here"


FACTORY = WSGI + "def create(root, *, size=1): application.given = root, size; return application"


def given(**more: Any) -> App:
    return App("wiki", "wiki_app:create", (), **more)


def test_a_factory_is_called_with_its_args(write: Write) -> None:
    write("wiki_app", FACTORY)
    values = {"state": lambda: "/srv/wiki"}
    made: Any = load(given(args={"root": "{state}", "size": 3}), values)
    assert made.given == ("/srv/wiki", 3)


def test_what_the_dispatcher_adds_to_args_goes_to_the_factory_too(write: Write) -> None:
    write("wiki_app", FACTORY)
    made: Any = load(given(args={"root": "a"}), size=4)
    assert made.given == ("a", 4)


def test_args_make_a_factory_of_what_could_be_an_app(write: Write) -> None:
    write("wiki_app", WSGI + "def create(a, b): return application")
    assert get(load(given(args={"a": 1, "b": 2}))).text == "here"


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (
            {"size": 3},
            "it takes (root, *, size=1), which args does not fit: "
            "missing a required argument: 'root'",
        ),
        (
            {"root": 1, "siez": 2},
            "it takes (root, *, size=1), which args does not fit: "
            "got an unexpected keyword argument 'siez'",
        ),
    ],
)
def test_args_that_do_not_fit_are_told_with_what_the_factory_takes(
    write: Write, args: dict[str, Any], told: str
) -> None:
    write("wiki_app", FACTORY)
    with pytest.raises(LoadError) as raised:
        load(given(args=args))
    assert raised.value.reason == told


def test_what_is_no_factory_takes_no_args(write: Write) -> None:
    write("wiki_app", "create = 3")
    with pytest.raises(LoadError, match="it is 3, which takes no args"):
        load(given(args={}))


def test_an_app_that_is_there_already_cannot_be_made_for_each_mount(write: Write) -> None:
    write("wiki_app", WSGI)
    addresses = (Address("a.org"), Address("b.org"))
    with pytest.raises(LoadError, match="each_mount needs a factory"):
        load(App("wiki", "wiki_app:application", addresses, each_mount=True))


def test_the_apps_variables_are_set_before_it_is_imported(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WIKI_HOME", "none")
    write("wiki_app", f"import os\nHOME = os.environ['WIKI_HOME']\n{WSGI}\napplication.home = HOME")
    app = App("wiki", "wiki_app:application", (), env={"WIKI_HOME": "{state}"})
    made: Any = load(app, {"state": lambda: "/srv/wiki"})
    assert made.home == "/srv/wiki"


def test_config_goes_into_a_flask_app_over_its_own(write: Write) -> None:
    write(
        "wiki_app",
        """
        from flask import Flask
        def create():
            app = Flask(__name__)
            app.config["SIZE"], app.config["KEPT"] = 1, 2
            return app
        """,
    )
    made: Any = load(given(config={"SIZE": 3, "ROOT": "{state}"}), {"state": lambda: "/srv"})
    assert (made.config["SIZE"], made.config["KEPT"], made.config["ROOT"]) == (3, 2, "/srv")


def test_config_for_what_is_no_flask_app_is_refused_with_what_to_do(write: Write) -> None:
    write("wiki_app", WSGI)
    with pytest.raises(LoadError) as raised:
        load(App("wiki", "wiki_app:application", (), config={"SIZE": 3}))
    assert raised.value.reason == (
        "config is for Flask apps, this is a builtins.function; write args or env"
    )
