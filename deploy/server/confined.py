"""What may the nginx of a server do, which serves other sites than ours, perhaps?

A drop-in beside Debian's unit. A running nginx has it from its next start on: nobody's visitors
are cut off for it, and `fab doctor` says so.
"""

from __future__ import annotations

from pathlib import PurePath

from deploy.acting.steps import Run, Step, Steps
from deploy.server import render
from deploy.server.look import State

FILE = "/etc/systemd/system/nginx.service.d/flaskyard.conf"
OWN = "/etc/systemd/system/nginx.service.d/own.conf"
"""What a person lets it do besides."""


def files() -> dict[str, str]:
    return {FILE: render.shared("nginx.service")}


def prove(found: State) -> Steps:
    """See that nginx, as it is set up there, loads under it; before anything is written."""
    text = files()[FILE]
    if found.files.get(FILE) == text:
        return ()
    folder = Step(
        "make a folder for what nginx may do", Run("install", "-d", str(PurePath(FILE).parent))
    )
    if "nginx" not in found.packages:
        return (folder,)
    words = ("systemd-run", "--quiet", "--wait", "--collect", "--pipe")
    own = properties(found.files.get(OWN) or "")
    so = Run(*words, *properties(text), *own, "nginx", "-t", "-q")
    return (Step("see that fewer rights are enough for nginx", so), folder)


def properties(text: str) -> tuple[str, ...]:
    r"""Return what a drop-in says as options of systemd-run.

    >>> properties("# Why\n[Service]\nProtectHome=yes\n")
    ('--property=ProtectHome=yes',)
    """
    lines = (line.strip() for line in text.splitlines())
    return tuple(f"--property={line}" for line in lines if "=" in line and line[0] not in "#;")
