"""Make each pool's keys of the master keys: who has a pool's can make no other's of it."""

import hashlib
import hmac
import json
import os
import sys
from pathlib import Path
from typing import Any


def main(given: dict[str, Any]) -> None:
    """Write the files of the pools."""
    masters = [line.split() for line in Path(given["keys"]).read_text("ascii").splitlines()]
    for pool, name in given["pools"].items():
        keys = [(made, derived(bytes.fromhex(key), given["site"], pool)) for made, key in masters]
        write(Path(name), "".join(f"{made} {key.hex()}\n" for made, key in keys))


def derived(key: bytes, site: str, pool: str) -> bytes:
    """Return a key by HKDF with SHA-256 (RFC 5869), as long as its hash: in one block."""
    extracted = hmac.digest(bytes(32), key, hashlib.sha256)
    return hmac.digest(extracted, f"flaskyard\0pool\0{site}\0{pool}\x01".encode(), hashlib.sha256)


def write(path: Path, text: str) -> None:
    """Write a file of mode 600, whole or not at all.

    Not by `deploy.onhost.whole`: this is sent to servers that have nothing of ours yet.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
