"""What is a new app made of?"""

from __future__ import annotations

import keyword
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, StrictUndefined

from dispatcher.errors import DispatcherError
from dispatcher.registry.schema import fault_of_name

SOURCES = Path(__file__).with_name("new_app")

PACKAGES = {
    Path("apps/__init__.py"): '"""The apps of this site."""\n',
    Path("tests/__init__.py"): "",
    Path("tests/apps/__init__.py"): "",
}
"""Needed where they are missing, or else nothing could be imported."""

ENVIRONMENT = Environment(
    block_start_string="[%",
    block_end_string="%]",
    variable_start_string="[[",
    variable_end_string="]]",
    keep_trailing_newline=True,
    undefined=StrictUndefined,
    autoescape=False,  # noqa: S701 - names have letters, digits and hyphens only
)
"""Braces are the app's own."""


class NewAppError(DispatcherError):
    """An app that cannot be made; nothing was written."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(name, reason)
        self.name, self.reason = name, reason

    def __str__(self) -> str:
        return f"no app {self.name!r} was made: {self.reason}"


@dataclass(frozen=True, slots=True)
class NewApp:
    """An app that is to be; raises `NewAppError` where its name can be none."""

    name: str
    path: str = ""
    subdomain: str = ""
    pool: str = ""

    def __post_init__(self) -> None:
        if fault := fault_of_name(self.name):
            raise NewAppError(self.name, f"it {fault}")
        if keyword.iskeyword(self.package):
            raise NewAppError(self.name, "Python keeps that word for itself; take another")

    @property
    def package(self) -> str:
        """Its name in Python."""
        return self.name.replace("-", "_")

    def entry(self) -> Mapping[str, str]:
        """Return its table in site.toml; with neither path nor subdomain it is at /NAME."""
        written = {
            "app": f"apps.{self.package}:create_app",
            "path": self.path or ("" if self.subdomain else f"/{self.name}"),
            "subdomain": self.subdomain,
            "pool": self.pool,
        }
        return {key: value for key, value in written.items() if value}

    def folders(self) -> Mapping[str, Path]:
        """Return its folders below the site's, by where their templates are."""
        return {"package": Path("apps", self.package), "tests": Path("tests/apps", self.package)}

    def files(self, *, look: bool) -> Iterator[tuple[Path, str]]:
        """Yield each of its files below the site's folder, with its text.

        ``look`` says whether there is an ``apps/look`` that gives apps their look.
        """
        values = {
            "name": self.name,
            "package": self.package,
            "title": self.name.replace("-", " ").capitalize(),
            "look": look,
        }
        for source in sorted(SOURCES.rglob("*.jinja")):
            first, *rest = source.relative_to(SOURCES).parts
            file = self.folders()[first].joinpath(*rest).with_suffix("")
            if file.suffix == ".css":
                file = file.with_stem(self.package)
            yield file, ENVIRONMENT.from_string(source.read_text("utf-8")).render(values)
