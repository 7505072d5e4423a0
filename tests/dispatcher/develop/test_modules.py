import json
from pathlib import Path

from dispatcher.develop.modules import OWN, loaded, packages
from dispatcher.registry.site import App
from tests.dispatcher.conftest import Write


def test_installed_modules_are_told_from_those_somebody_may_edit(
    tmp_path: Path, write: Write
) -> None:
    write("yard_shared", "")
    __import__("yard_shared")

    told = loaded(tmp_path, [App("wiki", "wiki:app", ())], 0)

    assert tmp_path in told.folders
    assert "yard_shared" not in told.installed
    assert json.__name__ in told.installed
    assert told.installed.index("json") < told.installed.index("pytest")


def test_an_installed_app_is_imported_only_where_it_is_served(tmp_path: Path) -> None:
    told = loaded(tmp_path, [App("x", "flask.app:Flask", ())], 0)

    assert [name for name in told.installed if name.startswith("flask")] == []


def test_the_apps_packages_are_those_beside_the_registry(tmp_path: Path) -> None:
    (tmp_path / "apps").mkdir()
    apps = [App("wiki", "apps.wiki:app", ()), App("x", "flask.app:Flask", ())]

    assert packages(tmp_path, apps) == {tmp_path / "apps", OWN}
