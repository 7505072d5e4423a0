"""Make the folder of a release on a server, complete and offline."""

from __future__ import annotations

from deploy import environments
from deploy.bundle import Bundle
from deploy.layout import Layout
from deploy.look import State
from deploy.release import Release
from deploy.shipping import place
from deploy.steps import Put, Run, Step, Steps, shell
from deploy.tools import empty, install_wheel

SANDBOX = (
    "DynamicUser=yes",
    "PrivateNetwork=yes",
    "PrivateDevices=yes",
    "ProtectSystem=strict",
    "ProtectHome=yes",
    "ProtectKernelTunables=yes",
    "ProtectControlGroups=yes",
    "RestrictSUIDSGID=yes",
    "CapabilityBoundingSet=",
    "MemoryMax=1G",
    "RuntimeMaxSec=240",
)
"""Building an sdist runs its code: as nobody, reading only, without a network."""


def install(at: Layout, bundle: Bundle, found: State) -> Steps:
    """Make the folder of the release with its own environment, offline."""
    folder = at.folder(bundle.id)
    python = f"{folder}/venv/bin/python"
    sdist = f"{folder}/{bundle.sdist.name}"
    wheel = f"{sdist.removesuffix('.tar.gz')}-py3-none-any.whl"
    return (
        Step("make the release's folder", empty(folder), undo=Run("rm", "-rf", folder)),
        place(at, bundle.files, folder),
        *environments.make(at, bundle, found),
        environments.copy(at, bundle, found),
        Step("build the site in a sandbox", build(at, sdist, wheel)),
        Step("install the site", install_wheel(at, python, wheel)),
    )


def describe(at: Layout, release: Release, nginx: str) -> Steps:
    """Write down what the release is; the manifest, last, says that it is complete."""
    folder = at.folder(release.id)
    pools = "".join(f"{pool.name}\n" for pool in release.pools)
    return (
        Step("write its nginx configuration", Put(f"{folder}/nginx.conf", nginx)),
        Step("name its pools", Put(f"{folder}/pools", pools)),
        Step("name its routes", Put(f"{folder}/routes", release.routes)),
        # A power cut must not leave a manifest beside files that are still empty.
        Step("bring it to the disk", Run("sync", "--file-system", folder)),
        Step(
            "write its manifest", Put(f"{folder}/release.json", release.model_dump_json(indent=1))
        ),
    )


def build(at: Layout, sdist: str, wheel: str) -> Run:
    """Turn the sdist into a wheel in a sandbox, which hands it out as a stream of bytes."""
    hook = "from setuptools.build_meta import build_wheel; build_wheel('/tmp')"
    inside = (
        'export HOME=/tmp && cd /tmp && tar -xzf "$2" && cd ./*/ && '
        '"$1/python" -P -c "$3" >&2 && cat /tmp/*.whl'
    )
    limits = (f"--property={limit}" for limit in SANDBOX)
    sandbox = ("systemd-run", "--quiet", "--wait", "--pipe", "--collect", *limits)
    outside = 'wheel=$1; shift; "$@" > "$wheel.new" && mv "$wheel.new" "$wheel"'
    return shell(outside, wheel, *sandbox, "sh", "-c", inside, "sh", at.tools, sdist, hook)
