from __future__ import annotations

import ast
import sys
from pathlib import Path
from types import ModuleType

import flask
import pytest

from dispatcher.loading.flask_module import LAST, flask_module
from dispatcher.registry.address import Address
from dispatcher.registry.site import App, Site
from dispatcher.serving.apps import contain
from tests.dispatcher.conftest import Write
from tests.dispatcher.loading.test_importing import WSGI
from tests.dispatcher.wsgi import get


def test_flask_is_there_once_it_has_imported_all_of_itself() -> None:
    (file,) = map(Path, filter(None, [flask.__file__]))
    imports = [
        node for node in ast.parse(file.read_text()).body if isinstance(node, ast.ImportFrom)
    ]
    assert imports[-1].names[-1].name == LAST
    assert flask_module() is flask


def test_an_app_can_be_loaded_while_another_ones_thread_has_begun_to_import_flask(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("wiki_app", WSGI)
    monkeypatch.setitem(sys.modules, "flask", ModuleType("flask"))
    app = App("wiki", "wiki_app:application", (Address("example.org"),))
    site = Site("yard", "example.org", (app,))
    assert get(contain(site, site)["wiki"]).text == "here"
