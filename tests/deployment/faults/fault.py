"""One fault: how it is injected, and how a deployment or a rollback must end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from tests.deployment.project import MARKER_APP, Project
from tests.lab.host import Host
from tests.lab.lab import Lab

DROP_IN = "/etc/systemd/system/yard-default@.service.d/fault.conf"


class End(Enum):
    """How it ends, on every server alike."""

    REFUSED = "refused, nothing was begun"
    OLD = "taken back: the old release, untouched"
    SHORT = "taken back: the old release; visitors met the new one for a moment"
    NEW = "the new release"


Inject = Callable[[Lab, Host, Project], None]


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of a server, or of a release."""

    what: str
    inject: Inject
    end: End
    says: str = ""
    """What the person who deploys reads."""

    heal: tuple[str, ...] = ()
    """What makes the server well again, run by a shell."""

    words: tuple[str, ...] = ()
    """More words for `fab deploy`."""

    back: bool = False
    """Whether it is a rollback's, to a release that does not run any more."""

    within_seconds: float = 60


def both(*injections: Inject) -> Inject:
    def inject(lab: Lab, host: Host, project: Project) -> None:
        for one in injections:
            one(lab, host, project)

    return inject


def app(text: str) -> Inject:
    """Put lines into the app, before it is asked for anything."""

    def inject(lab: Lab, host: Host, project: Project) -> None:
        path = project.folder / "apps" / "marker.py"
        path.write_text(f"{MARKER_APP.format(version='broken')}\n\n{text}")

    return inject


def said(*lines: str, instead_of: str = "") -> Inject:
    """Say something else of the app in site.toml."""

    def inject(lab: Lab, host: Host, project: Project) -> None:
        old = instead_of or 'path = "/marker"'
        project.edit("site.toml", old, "\n".join([*([] if instead_of else [old]), *lines]))

    return inject


def host(script: str) -> Inject:
    """Run a script on the server, as root, before anything is deployed."""

    def inject(lab: Lab, host: Host, project: Project) -> None:
        lab.run(host, "sh", "-ec", script)

    return inject


def drop_in(text: str) -> Inject:
    """Have systemd start the pools in another way."""
    folder = DROP_IN.rpartition("/")[0]
    return host(f"mkdir -p {folder}; printf '{text}' > {DROP_IN}; systemctl daemon-reload")


WELL_UNITS = (f"rm -rf {DROP_IN.rpartition('/')[0]}; systemctl daemon-reload",)
