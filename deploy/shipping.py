"""Bring files onto a server, those that it has not got."""

from __future__ import annotations

from deploy.bundle import File
from deploy.layout import Layout
from deploy.look import State
from deploy.steps import Script, Step, Steps, Upload, shell


def ship(at: Layout, files: tuple[File, ...], folder: str, found: State) -> Steps:
    """Bring files into ``folder`` through the store; those it has already don't travel."""
    missing = {file.sha256: file for file in files if file.kept not in found.store}
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
    sent = (Step(f"upload {len(missing)} files, {size(upload)}", upload),) if missing else ()
    return (
        *clear_uploads(at, found),
        *sent,
        Step(f"check the hashes of {len(files)} files", adopt),
    )


def clear_uploads(at: Layout, found: State) -> Steps:
    """Remove what an interrupted upload left: half a file would fill the disk for nothing."""
    if not found.incoming:
        return ()
    clear = shell('find "$1" -mindepth 1 -delete', at.incoming)
    return (Step("remove uploads that were left over", clear),)


def size(upload: Upload) -> str:
    if upload.size >= 100_000:
        return f"{upload.size / 1e6:.1f} MB"
    return f"{upload.size / 1e3:.0f} kB"
