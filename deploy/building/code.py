"""The agent's own code: the modules it imports, and no others.

So a server needs a new agent only when something changed that the agent does.
"""

from __future__ import annotations

import ast
import hashlib
import io
import zipfile
from collections.abc import Iterator
from importlib.util import resolve_name
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("deploy", "dispatcher")
START = "deploy.agent.__main__"
BESIDE = ("deploy/onhost/*.py", "deploy/units/*.j2", "nginx/*.j2")
"""What is not imported by name: programs for servers, and templates."""


def code(root: Path = ROOT) -> bytes:
    """Return a zip of the code, the same bytes for the same code."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for path in files(root):
            entry = zipfile.ZipInfo(path.relative_to(root).as_posix())
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)
    return made.getvalue()


def digest(root: Path = ROOT) -> str:
    """Return what tells the code from other, without packing it."""
    found = hashlib.sha256()
    for path in files(root):
        found.update(f"{path.relative_to(root)}\0{path.stat().st_size}\0".encode())
        found.update(path.read_bytes())
    return found.hexdigest()


def files(root: Path = ROOT) -> list[Path]:
    """Return the files, in the order of their names."""
    found: set[Path] = {path for pattern in BESIDE for path in root.glob(pattern)}
    waiting = [START]
    seen = set(waiting)
    while waiting:
        module = waiting.pop()
        path = file_of(module, root)
        if path is None:
            continue
        found.add(path)
        more = {*imported(module, path), module.rpartition(".")[0]} - seen - {""}
        waiting += sorted(more)
        seen |= more
    return sorted(found)


def file_of(module: str, root: Path) -> Path | None:
    """Return the file of a module of ours, None for what is none."""
    if module.partition(".")[0] not in PACKAGES:
        return None
    path = root.joinpath(*module.split("."))
    for candidate in (path.with_suffix(".py"), path / "__init__.py"):
        if candidate.is_file():
            return candidate
    return None


def imported(module: str, path: Path) -> Iterator[str]:
    """Yield the names of all that a module imports, its functions included."""
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            source = resolve_name("." * node.level + (node.module or ""), package)
            yield source
            yield from (f"{source}.{name.name}" for name in node.names)
