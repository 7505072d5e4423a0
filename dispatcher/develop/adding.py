"""How does a new app become part of a site, wholly or not at all?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dispatcher.develop.entry import with_app
from dispatcher.develop.new import PACKAGES, NewApp, NewAppError
from dispatcher.registry.faults import RegistryError
from dispatcher.registry.site import Site
from dispatcher.registry.site_toml import load, read


@dataclass(frozen=True, slots=True)
class Addition:
    """What is to be written."""

    path: Path
    """The registry."""

    app: NewApp

    files: Mapping[Path, str]
    """The files that are not there yet, and their texts."""

    registry: str
    """The registry's new text."""

    def site(self, environment: str = "", domain: str = "") -> Site:
        """Return the site as it would be; raises `RegistryError` where it would be faulty."""
        beside = self.path.with_name(f".{self.path.name}.new")
        beside.write_bytes(self.registry.encode())
        try:
            return load(beside, environment, domain)
        except RegistryError as error:
            raise RegistryError(self.path, error.faults) from None
        finally:
            beside.unlink()

    def write(self) -> None:
        """Write it, the registry last; take everything back where something fails."""
        made: list[Path] = []
        try:
            for file, text in self.files.items():
                for folder in reversed(file.parents):
                    if not folder.exists():
                        folder.mkdir()
                        made.append(folder)
                with file.open("x", encoding="utf-8", newline="") as opened:
                    made.append(file)
                    opened.write(text)
            beside = self.path.with_name(f".{self.path.name}.new")
            made.append(beside)
            beside.write_bytes(self.registry.encode())
            beside.chmod(self.path.stat().st_mode)
            beside.replace(self.path)
        except BaseException as error:
            for path in reversed(made):
                if path.is_dir():
                    path.rmdir()
                else:
                    path.unlink(missing_ok=True)
            if isinstance(error, OSError):
                raise NewAppError(self.app.name, f"{error.filename}: {error.strerror}") from None
            raise


def addition(path: Path, app: NewApp) -> Addition:
    """Return what makes ``app`` a part of the site of the registry at ``path``.

    Raises `NewAppError` and `RegistryError` where the name, the address or a folder is
    taken; nothing is written.
    """
    names = names_in(path)
    path = path.resolve()
    folder, text = path.parent, read(path)
    for taken in app.folders().values():
        if (folder / taken).exists():
            raise NewAppError(app.name, f"{taken} is there already")
    if app.name in names:
        raise NewAppError(app.name, f"{path.name} has an app of that name")
    look = (folder / "apps" / "look" / "__init__.py").exists()
    files = {**PACKAGES, **dict(app.files(look=look))}
    found = Addition(
        path,
        app,
        {folder / file: text for file, text in files.items() if not (folder / file).exists()},
        with_app(path, text, app.name, app.entry()),
    )
    found.site()
    return found


def names_in(path: Path) -> set[str]:
    """Return the apps that there are; raises `RegistryError` where it lacks more than those."""
    try:
        return {app.name for app in load(path)}
    except RegistryError as error:
        if {fault.key for fault in error.faults} != {"apps"}:
            raise
        return set()
