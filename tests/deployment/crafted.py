"""A release whose dependencies are out to become root on the server that installs them."""

from __future__ import annotations

import base64
import hashlib
import shutil
import zipfile
from pathlib import Path

from deploy.building.build import Target
from tests.deployment.project import Project

NAME, VERSION = "flaskyard", "0.0.1"
"""Named as the site: when that is installed, this is removed, by what its RECORD says."""

CAUGHT, VICTIM = "/root-was-here", "/etc/victim"
AS_ROOT = f"import os; os.getuid() or open({CAUGHT!r}, 'a').write('%s ')\n"

FILES = {
    "evil.pth": AS_ROOT % "pth",
    "sitecustomize.py": AS_ROOT % "sitecustomize",
    "usercustomize.py": AS_ROOT % "usercustomize",
    "encodings/__init__.py": AS_ROOT % "encodings",
    f"{NAME}-{VERSION}.data/scripts/evil": f"#!python\n{AS_ROOT % 'script'}",
    f"{NAME}-{VERSION}.data/data/bin/uv": f"#!/bin/sh\ntouch {CAUGHT}\n",
    f"{NAME}-{VERSION}.dist-info/METADATA": (
        f"Metadata-Version: 2.1\nName: {NAME}\nVersion: {VERSION}\n"
    ),
    f"{NAME}-{VERSION}.dist-info/WHEEL": (
        "Wheel-Version: 1.0\nGenerator: evil\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    ),
}


def craft(project: Project) -> None:
    """Let the project's lock name such a wheel, and have it where it would be downloaded to."""
    lock = project.folder / "requirements" / "site.txt"
    wheels = project.folder / "dist" / "wheels"
    before = wheels.resolve()
    wheels.unlink()
    old = before / key(lock)
    wheel = write(project.folder / "dist" / f"{NAME}-{VERSION}-py3-none-any.whl")
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    with lock.open("a") as locked:
        locked.write(f"{NAME}=={VERSION} --hash=sha256:{digest}\n")
    shutil.copytree(old, wheels / key(lock))
    wheel.rename(wheels / key(lock) / wheel.name)


def key(lock: Path) -> str:
    """Return the folder of a lock's wheels, as `deploy.building.build` calls it."""
    return hashlib.sha256(lock.read_bytes() + repr(Target()).encode()).hexdigest()[:16]


def write(path: Path) -> Path:
    climb = "../" * 9
    record = "".join(f"{name},{digest(text)},{len(text)}\n" for name, text in FILES.items())
    record += f"{climb}{VICTIM[1:]},,\n{VICTIM},,\n{NAME}-{VERSION}.dist-info/RECORD,,\n"
    with zipfile.ZipFile(path, "w") as wheel:
        for name, text in FILES.items():
            wheel.writestr(name, text)
        wheel.writestr(f"{NAME}-{VERSION}.dist-info/RECORD", record)
    return path


def digest(text: str) -> str:
    found = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"sha256={found.rstrip('=')}"
