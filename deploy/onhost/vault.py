"""Keep apps' secrets in one encrypted file, and hand copies of them to the pools of a release."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from deploy.onhost.whole import sync, write

NAME = "secrets"
"""Is encrypted along, so that systemd takes none of these files for another credential."""

LARGEST = 500_000
"""Bytes of all; systemd hands at most a MiB to a unit, encoded."""

Kept = dict[str, dict[str, Any]]


class Wrong(Exception):
    """Secrets that cannot be kept or handed on; says nothing of what they are."""


def main(given: dict[str, Any]) -> None:
    """Do what ``do`` says."""
    do = {"put": put, "remove": remove, "hand": hand, "anew": anew, "note": note}
    do[given["do"]](given)


def put(given: dict[str, Any]) -> None:
    """Keep the secret that is in the encrypted file ``next``."""
    who = given["changed"]
    value = decrypted(Path(given["next"])).decode()
    kept = opened(Path(given["vault"]))
    one = {"value": value, "made": who["time"], "by": who["by"]}
    kept.setdefault(given["app"], {})[given["name"]] = one
    change(given, kept)


def remove(given: dict[str, Any]) -> None:
    """Forget one."""
    kept = opened(Path(given["vault"]))
    kept.get(given["app"], {}).pop(given["name"], None)
    change(given, kept)


def change(given: dict[str, Any], kept: Kept) -> None:
    """Write the file anew; the one from before stays beside it."""
    vault = Path(given["vault"])
    text = json.dumps({"changed": given["changed"], "apps": {a: n for a, n in kept.items() if n}})
    if len(text) > LARGEST:
        raise Wrong(f"all secrets of a site may have {LARGEST} bytes together")
    before = vault.with_name(f"{vault.name}.before")
    before.unlink(missing_ok=True)
    if vault.exists():
        os.link(vault, before)
    else:
        seal(before, json.dumps({"changed": {}, "apps": {}}).encode())
    seal(vault, text.encode())


def hand(given: dict[str, Any]) -> None:
    """Make the folder of a release anew, with a file for each pool; the one from before stays."""
    folder = Path(given["folder"])
    new, before = folder.with_name(f"{folder.name}.new"), folder.with_name(f"{folder.name}.before")
    for old in (new, before):
        shutil.rmtree(old, ignore_errors=True)
    new.mkdir(mode=0o700, parents=True)
    vault = read(Path(given["vault"]))
    for pool, apps in given["pools"].items():
        found = {app: {n: value(vault, app, n) for n in names} for app, names in apps.items()}
        seal(new / pool, json.dumps(found).encode())
    (new / ".run").write_text(vault["changed"].get("run", ""))
    if folder.exists():
        folder.rename(before)
    new.rename(folder)
    sync(folder.parent)


def anew(given: dict[str, Any]) -> None:
    """Give one pool of a release its secrets as they are now; the file from before stays.

    One that was removed meanwhile it keeps: nobody asked to take it from what runs.
    """
    path, before = pool_files(given)
    before.unlink(missing_ok=True)
    os.link(path, before)
    seal(path, json.dumps(as_now(path, read(Path(given["vault"])))).encode())


def note(given: dict[str, Any]) -> None:
    """Forget what was before, and note it once all pools of the release have what is set now."""
    path, before = pool_files(given)
    before.unlink(missing_ok=True)
    vault = read(Path(given["vault"]))
    pools = [one for one in path.parent.iterdir() if one.name[0] != "."]
    if all(json.loads(decrypted(one)) == as_now(one, vault) for one in pools):
        (path.parent / ".run").write_text(vault["changed"].get("run", ""))


def pool_files(given: dict[str, Any]) -> tuple[Path, Path]:
    folder = Path(given["folder"])
    return folder / given["pool"], folder / f".{given['pool']}.before"


def as_now(path: Path, vault: dict[str, Any]) -> dict[str, dict[str, str]]:
    """Return what a pool was handed, each with its value of now."""
    return {
        app: {
            name: vault["apps"].get(app, {}).get(name, {"value": had})["value"]
            for name, had in names.items()
        }
        for app, names in json.loads(decrypted(path)).items()
    }


def value(vault: dict[str, Any], app: str, name: str) -> str:
    try:
        return vault["apps"][app][name]["value"]  # type: ignore[no-any-return]
    except KeyError:
        raise Wrong(f"the secret {name} of {app} is not set") from None


def opened(path: Path) -> Kept:
    return read(path)["apps"]  # type: ignore[no-any-return]


def read(path: Path) -> dict[str, Any]:
    """Return what is kept; nothing where there is no file yet."""
    if not path.exists():
        return {"changed": {}, "apps": {}}
    return json.loads(decrypted(path))  # type: ignore[no-any-return]


def decrypted(path: Path) -> bytes:
    return creds(("decrypt", f"--name={NAME}", str(path), "-"), b"")


def seal(path: Path, content: bytes) -> None:
    """Encrypt into a file of mode 600, whole or not at all."""
    write(path, creds(("encrypt", f"--name={NAME}", "-", "-"), content))


def creds(words: tuple[str, ...], content: bytes) -> bytes:
    """Run systemd-creds; what is secret goes through pipes alone. Raises `Wrong`."""
    done = subprocess.run(
        ("systemd-creds", *words), input=content, capture_output=True, check=False
    )
    if done.returncode:
        raise Wrong(done.stderr.decode("utf-8", "replace").strip() or "systemd-creds failed")
    return done.stdout


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
