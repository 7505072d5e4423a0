"""Make certificates of nobody's, for hosts that have none yet: nginx starts with them."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ISSUER = "Flaskyard placeholder"
"""By which everybody knows it for what it is."""

DAYS = 3650


class Unmade(Exception):
    """openssl did not do it."""


def main(given: dict[str, Any]) -> None:
    """Write one to each of the ``paths`` where there is no file.

    Two may do so at once; each has a word of its own for its files ``aside``.
    """
    text = made()
    for path in map(Path, given["paths"]):
        new = path.with_name(f".{path.name}.{given['aside']}")
        new.unlink(missing_ok=True)  # of one that was killed
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(new, path)  # never in place of a certificate that has just come
        except FileExistsError:
            pass
        finally:
            new.unlink()


def made() -> bytes:
    """Return a key and its own certificate; raises `Unmade`."""
    words = ["openssl", "req", "-x509", "-nodes", "-newkey", "ec", "-batch"]
    words += ["-pkeyopt", "ec_paramgen_curve:prime256v1", "-days", str(DAYS)]
    words += ["-subj", f"/O={ISSUER}", "-addext", "subjectAltName=DNS:placeholder.invalid"]
    words += ["-keyout", "/dev/stdout", "-out", "/dev/stdout"]
    done = subprocess.run(words, capture_output=True, check=False)
    if done.returncode:
        raise Unmade(f"openssl made no certificate: {done.stderr.decode(errors='replace')}")
    return done.stdout


if __name__ == "__main__":
    try:
        main(json.loads(sys.argv[1]))
    except Unmade as error:
        sys.exit(str(error))
