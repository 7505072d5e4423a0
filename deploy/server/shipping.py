"""Bring files onto a server, those that it has not got."""

from __future__ import annotations

from deploy.acting.steps import Script, Step, Steps, Upload, shell
from deploy.bundle import Agent, Built, File
from deploy.layout import Layout
from deploy.server.look import State


def ship(at: Layout, agent: Built[Agent], folder: str, found: State) -> Steps:
    """Bring the files of an agent into ``folder`` over SSH, since no agent takes them yet."""
    files = agent.what.files
    missing = {file.sha256: file for file in files if file.kept not in found.store}
    upload = Upload(
        at.incoming, tuple((agent.paths[f.sha256], f.sha256, f.size) for f in missing.values())
    )
    sent = (Step(f"upload {amount(len(missing), upload.size)}", upload),) if missing else ()
    return (*clear_uploads(at, found), *sent, place(at, files, folder))


def place(at: Layout, files: tuple[File, ...], folder: str) -> Step:
    """Give files of the store to a folder; of those that just arrived the hashes are checked."""
    given = {
        "incoming": at.incoming,
        "store": at.store,
        "folder": folder,
        "files": [[file.sha256, file.name] for file in files],
    }
    return Step(f"check the hashes of {len(files)} files", Script.of("adopt", given))


def clear_uploads(at: Layout, found: State) -> Steps:
    """Remove what an interrupted upload left: half a file would fill the disk for nothing."""
    if not found.incoming:
        return ()
    clear = shell('find "$1" -mindepth 1 -delete', at.incoming)
    return (Step("remove uploads that were left over", clear),)


def amount(files: int, size: int) -> str:
    """Say how much travels; ``size`` is in bytes."""
    rounded = f"{size / 1e6:.1f} MB" if size >= 100_000 else f"{size / 1e3:.0f} kB"
    return f"{files} files, {rounded}"
