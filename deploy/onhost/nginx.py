"""Print, as JSON, how nginx is, and what besides the site it serves. Changes nothing."""

import json
import re
import ssl
import subprocess
import sys
from pathlib import Path
from typing import Any

FILE = re.compile(r"^# configuration file (.+):$", re.MULTILINE)
COMMENT = re.compile(r"(?m)(?:^|\s)#.*$")


def main(given: dict[str, Any]) -> dict[str, Any]:
    """Return what nginx says of itself; what ``ours`` begin belongs to Flaskyard."""
    ours = tuple(given["ours"])
    test = run("nginx", "-t", "-q")
    dumped = files(run("nginx", "-T", "-q").stdout)
    named = [(file, name) for file, text in dumped.items() for name in values("server_name", text)]
    certificates = {path for text in dumped.values() for path in values("ssl_certificate", text)}
    main_file = next(iter(dumped.values()), "")
    return {
        "fault": "" if test.returncode == 0 else fault(test.stderr),
        "file_limit": file_limit(),
        "connections": int(next(iter(values("worker_connections", main_file)), 512)),
        "confined": confined(),
        "foreign": [[file, name] for file, name in named if not file.startswith(ours)],
        "certificates": [certificate(path) for path in sorted(certificates) if path[0] == "/"],
        "listeners": listeners(run("ss", "-Hltnp").stdout),
    }


def run(*words: str) -> "subprocess.CompletedProcess[str]":
    try:
        return subprocess.run(words, capture_output=True, text=True, check=False)
    except OSError as error:
        return subprocess.CompletedProcess(words, 127, "", f"{words[0]}: {error.strerror}")


def fault(said: str) -> str:
    """Return the first line that says what is wrong, without its date."""
    lines = [line for line in said.splitlines() if "[emerg]" in line] or said.splitlines()
    return re.sub(r"^.*\[emerg\] (?:\d+#\d+: )?", "", lines[0]) if lines else "says nothing"


def files(dump: str) -> dict[str, str]:
    """Return the text of each file of the configuration, without its comments."""
    parts = FILE.split(dump)
    return {
        path: COMMENT.sub("", text) for path, text in zip(parts[1::2], parts[2::2], strict=True)
    }


def values(name: str, text: str) -> list[str]:
    """Return what a directive is given, wherever it stands."""
    found = re.findall(rf"(?:^|[;{{}}\s]){name}\s+([^;{{}}]+);", text)
    return [word.strip("\"'") for one in found for word in one.split()]


def file_limit() -> "int | None":
    """Return how many files a running worker of nginx may open, None where none runs."""
    try:
        main_pid = Path("/run/nginx.pid").read_text().strip()
        children = Path(f"/proc/{main_pid}/task/{main_pid}/children").read_text().split()
        limits = Path(f"/proc/{(*children, main_pid)[0]}/limits").read_text()
    except OSError:
        return None
    found = re.search(r"^Max open files +(\d+)", limits, re.MULTILINE)
    return int(found[1]) if found else None


def confined() -> "bool | None":
    """Return whether the nginx that runs began under our drop-in, None where none runs."""
    try:
        main_pid = Path("/run/nginx.pid").read_text().strip()
        status = Path(f"/proc/{main_pid}/status").read_text()
    except OSError:
        return None
    return "NoNewPrivs:\t1\n" in status


def certificate(path: str) -> dict[str, Any]:
    """Return until when a certificate holds, in seconds since 1970, and for which names."""
    words = ("openssl", "x509", "-noout", "-enddate", "-ext", "subjectAltName", "-in", path)
    done = run(*words)
    until = re.search(r"^notAfter=(.+)$", done.stdout, re.MULTILINE)
    return {
        "path": path,
        "until": ssl.cert_time_to_seconds(until[1]) if until else None,
        "names": re.findall(r"DNS:([^,\s]+)", done.stdout),
    }


def listeners(table: str) -> list[list[str]]:
    """Return who listens on the ports of the web: address and program."""
    found = []
    for line in table.splitlines():
        address = line.split()[3]
        program = re.search(r'users:\(\("([^"]+)"', line)
        if address.rpartition(":")[2] in ("80", "443"):
            found.append([address, program[1] if program else ""])
    return found


if __name__ == "__main__":
    json.dump(main(json.loads(sys.argv[1])), sys.stdout)
