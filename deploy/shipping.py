"""Bring files onto a server, those that it has not got."""

from __future__ import annotations

from deploy.bundle import File
from deploy.layout import Layout
from deploy.look import State
from deploy.steps import Script, Step, Steps, Upload


def ship(at: Layout, files: tuple[File, ...], folder: str, found: State) -> Steps:
    """Bring files into ``folder`` through the store; those it has already don't travel."""
    missing = {file.sha256: file for file in files if file.sha256 not in found.store}
    upload = Upload(at.incoming, tuple((f.path, f.sha256, f.size) for f in missing.values()))
    adopt = Script.of(
        "adopt",
        {
            "incoming": at.incoming,
            "store": at.store,
            "folder": folder,
            "files": [[file.sha256, file.name] for file in files],
        },
    )
    size = (
        f"{upload.size / 1e6:.1f} MB" if upload.size >= 100_000 else f"{upload.size / 1e3:.0f} kB"
    )
    sent = (Step(f"upload {len(missing)} files, {size}", upload),) if missing else ()
    return (*sent, Step(f"check the hashes of {len(files)} files", adopt))
