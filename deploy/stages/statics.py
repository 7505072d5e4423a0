"""Static files of a release, served by nginx itself."""

from __future__ import annotations

from deploy.acting.steps import Script, Step, Steps
from deploy.layout import Layout
from deploy.release import Release

LIST = "static"
"""In the folder of a release: the names of its files, one a line."""


def collect(at: Layout, release: Release, *, new: bool) -> Steps:
    """Collect the static files that the started release says it has; remove what no release lists.

    The undo of one that is ``new`` removes its own.
    """
    folder = at.folder(release.id)
    given = {"place": at.static, "list": f"{folder}/{LIST}", "environment": f"{folder}/venv"}
    pools = [
        {"name": pool.name, "apps": pool.apps, "socket": at.socket(release.id, pool.name)}
        for pool in release.pools
    ]
    undo = Script.of("collect", given) if new else None
    return (
        Step("collect its static files", Script.of("collect", {**given, "pools": pools}), undo),
    )
