"""Make the folder of a release on a server, complete and offline."""

from __future__ import annotations

from deploy.acting.steps import Put, Run, Step, Steps
from deploy.bundle import Bundle
from deploy.layout import Layout
from deploy.release import Release
from deploy.server import environments
from deploy.server.look import State
from deploy.server.sandbox import inside, taken
from deploy.server.shipping import place
from deploy.server.tools import ALONE, empty
from deploy.stages import jobs


def install(at: Layout, bundle: Bundle, found: State) -> Steps:
    """Make the folder of the release with its own environment, offline."""
    folder = at.folder(bundle.id)
    sdist = f"{folder}/{bundle.sdist.name}"
    return (
        Step("make the release's folder", empty(folder), undo=Run("rm", "-rf", folder)),
        place(at, bundle.files, folder),
        *environments.make(at, bundle, found),
        *environments.copy(at, bundle, found),
        Step("build the site in a sandbox", build(at, sdist, f"{folder}/venv")),
        Step("see that all of it is root's", taken(f"{folder}/venv")),
    )


def describe(at: Layout, release: Release, nginx: str) -> Steps:
    """Write down what the release is; the manifest, last, says that it is complete."""
    folder = at.folder(release.id)
    pools = "".join(f"{pool.name}\n" for pool in release.pools)
    return (
        Step("write its nginx configuration", Put(f"{folder}/nginx.conf", nginx)),
        Step("name its pools", Put(f"{folder}/pools", pools)),
        Step("name its routes", Put(f"{folder}/routes", release.routes)),
        *jobs.describe(at, release),
        # A power cut must not leave a manifest beside files that are still empty.
        Step("bring it to the disk", Run("sync", "--file-system", folder)),
        Step(
            "write its manifest", Put(f"{folder}/release.json", release.model_dump_json(indent=1))
        ),
    )


def build(at: Layout, sdist: str, environment: str) -> Run:
    """Turn the sdist into a wheel, and install that."""
    hook = "from setuptools.build_meta import build_wheel; build_wheel('/tmp')"
    script = (
        'tar -xzf "$2" && cd ./*/ && "$1/python" -P -c "$3" >&2 && "$1/uv" pip install $5 '
        '--python "$4/bin/python" --offline --no-index --no-deps /tmp/*.whl'
    )
    return inside(at, environment, script, at.tools, sdist, hook, environment, " ".join(ALONE))
