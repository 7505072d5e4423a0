"""A layout below a folder of a test."""

from __future__ import annotations

from dataclasses import dataclass

from deploy.layout import Layout


@dataclass(frozen=True, slots=True)
class There(Layout):
    """All that a site has of its own, below ``root``."""

    root: str = ""

    @property
    def home(self) -> str:
        return f"{self.root}/home"

    @property
    def records(self) -> str:
        return f"{self.root}/records"

    @property
    def lock(self) -> str:
        return f"{self.root}/lock"

    @property
    def secrets(self) -> str:
        return f"{self.root}/secrets"

    def template(self, pool: str, kind: str) -> str:
        return f"{self.root}/units/{self.user(pool)}@.{kind}"
