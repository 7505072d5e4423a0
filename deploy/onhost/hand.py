"""Do what is asked as root, one thing after the other, for as long as a connection lasts.

A session, sudo and a Python for each command take longer than most commands do. Asked and
answered in lines of JSON; an empty line says that the other side is there. It ends with its
input, and after ``silence`` seconds without any, but never in the middle of a command.
"""

import json
import os
import select
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Iterator
from importlib import import_module
from typing import Any

SOON = ("concurrent.futures.thread", "hashlib", "http.client", "shutil", "socket")
"""What programs import: it is there when they begin, and read while nothing is asked."""


def main(silence: float) -> None:
    """Answer until nobody asks any more."""
    tell({"ready": True})
    soon = list(SOON)
    for line in lines(silence):
        if line.strip():
            asked = json.loads(line)
            tell(program(**asked) if "source" in asked else command(**asked))
            while soon:
                import_module(soon.pop())


def tell(answer: dict[str, Any]) -> None:
    sys.stdout.write(f"{json.dumps(answer)}\n")
    sys.stdout.flush()


def lines(silence: float) -> Iterator[bytes]:
    """Yield each line that comes in; end where none comes, or nothing for too long."""
    rest = b""
    while select.select([0], [], [], silence)[0]:
        got = os.read(0, 1 << 16)
        if not got:
            return
        *whole, rest = (rest + got).split(b"\n")
        yield from whole


def command(argv: list[str], stdin: str) -> dict[str, Any]:
    """Run a command, and return how it ended as a shell would say it."""
    try:
        done = subprocess.run(argv, input=stdin.encode(), capture_output=True, check=False)
    except OSError as error:
        return {"exit": 127, "out": "", "err": f"{argv[0]}: {error.strerror}\n"}
    code = done.returncode if done.returncode >= 0 else 128 - done.returncode
    return {"exit": code, "out": text(done.stdout), "err": text(done.stderr)}


def program(source: str, given: str) -> dict[str, Any]:
    """Run a program in a process of its own, as ``python3 -I - given`` would."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        child = os.fork()
        if child == 0:
            begin(source, given, out.fileno(), err.fileno())
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        out.seek(0)
        err.seek(0)
        return {"exit": code % 256, "out": text(out.read()), "err": text(err.read())}


def begin(source: str, given: str, out: int, err: int) -> None:
    """Become the program; never returns."""
    code = 1
    try:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(out, 1)
        os.dup2(err, 2)
        sys.argv = ["-", given]
        exec(compile(source, "<program>", "exec"), {"__name__": "__main__"})  # noqa: S102
        code = 0
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            code = end.code or 0
        else:
            sys.stderr.write(f"{end.code}\n")
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def text(said: bytes) -> str:
    return said.decode("utf-8", "replace")


if __name__ == "__main__":
    try:
        main(float(sys.argv[1]))
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # nobody is there to be told
