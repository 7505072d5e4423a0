from pathlib import Path

import pytest

from dispatcher.develop.adding import addition
from dispatcher.develop.new import NewApp, NewAppError
from dispatcher.registry.faults import RegistryError

SITE = """\
# Ours.
name = "yard"
domain = "example.org"

[apps.wiki]
app = "wiki:app"
path = "/wiki"  # since ever
subdomain = "wiki"

[environments.staging]
domain = "staging.example.org"
apps.wiki.path = "/old"
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "site.toml"
    path.write_text(SITE)
    return path


def everything(folder: Path) -> dict[str, bytes]:
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for file in folder.rglob("*")
        if file.is_file()
    }


def test_what_is_written_is_what_was_told(path: Path) -> None:
    before = everything(path.parent)
    new = addition(path, NewApp("tool-shop"))
    assert everything(path.parent) == before

    new.write()

    after = everything(path.parent)
    told = {str(file.relative_to(path.parent)): text.encode() for file, text in new.files.items()}
    assert after == {**told, "site.toml": new.registry.encode()}
    assert 'path = "/wiki"  # since ever' in new.registry


@pytest.mark.parametrize(
    ("app", "reason"),
    [
        (NewApp("wiki"), "site.toml has an app of that name"),
        (NewApp("shop"), "apps/shop is there already"),
        (NewApp("gear"), "tests/apps/gear is there already"),
    ],
)
def test_a_name_or_folder_that_is_taken_stops_it_before_anything_is_written(
    path: Path, app: NewApp, reason: str
) -> None:
    (path.parent / "apps" / "shop").mkdir(parents=True)
    (path.parent / "tests" / "apps" / "gear").mkdir(parents=True)

    with pytest.raises(NewAppError, match=f"no app '{app.name}' was made: {reason}"):
        addition(path, app)

    assert list(everything(path.parent)) == ["site.toml"]


@pytest.mark.parametrize(
    ("app", "reason"),
    [
        (NewApp("shop", path="/wiki"), "claims example.org/wiki/, which app 'wiki' has already"),
        (NewApp("shop", subdomain="wiki"), "claims wiki.example.org/"),
        (NewApp("old"), "claims staging.example.org/old/, which app 'wiki' has already"),
        (NewApp("shop", path="/shop/"), "write '/shop'"),
        (NewApp("shop", pool="fast"), "write [pools.fast]"),
    ],
)
def test_an_address_that_is_taken_or_none_stops_it_too(
    path: Path, app: NewApp, reason: str
) -> None:
    with pytest.raises(RegistryError) as caught:
        addition(path, app)

    assert reason in str(caught.value)
    assert str(caught.value).startswith(f"{path}: ")
    assert list(everything(path.parent)) == ["site.toml"]


@pytest.mark.parametrize("name", ["Shop", "my_shop", "-", "", "class"])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(NewAppError, match="no app"):
        NewApp(name)


def test_a_registry_that_is_faulty_already_is_told_as_such(path: Path) -> None:
    path.write_text(SITE.replace('"/wiki"', '"wiki"'))
    with pytest.raises(RegistryError, match="can never match"):
        addition(path, NewApp("shop"))


def test_where_a_file_cannot_be_written_everything_is_taken_back(path: Path) -> None:
    new = addition(path, NewApp("shop"))
    (path.parent / "tests").write_text("a file where the folder should be")
    before = everything(path.parent)

    with pytest.raises(NewAppError, match="tests"):
        new.write()

    assert everything(path.parent) == before
    assert not (path.parent / "apps").exists()


def test_the_registry_keeps_who_may_read_it(path: Path) -> None:
    path.chmod(0o640)
    addition(path, NewApp("shop")).write()
    assert path.stat().st_mode & 0o777 == 0o640


def test_without_path_and_subdomain_an_app_is_at_its_name() -> None:
    assert NewApp("shop").entry()["path"] == "/shop"
    assert "path" not in NewApp("shop", subdomain="shop").entry()
    assert NewApp("shop", path="/x", subdomain="y", pool="p").entry() == {
        "app": "apps.shop:create_app",
        "path": "/x",
        "subdomain": "y",
        "pool": "p",
    }


def test_a_link_to_the_registry_stays_one(path: Path, tmp_path: Path) -> None:
    real = tmp_path / "elsewhere.toml"
    path.rename(real)
    path.symlink_to(real)
    addition(path, NewApp("shop")).write()
    assert path.is_symlink()
    assert "[apps.shop]" in real.read_text()
