"""What the rules of addresses are, as briefly as they can be said and run. No speed is meant.

A host: a header names one host however it is spelled. A path: three ways to read it, as a
WSGI server hands it over, as nginx normalises it, and as it was written before decoding,
must name the same mount; else the request is refused.
"""

import ipaddress
import re
from collections.abc import Collection
from urllib.parse import unquote

import idna

LABEL = r"(?!-)[a-z0-9-]{1,63}(?<!-)"


def host_named(header: str) -> tuple[str, str] | None:
    """Return the host and the port that a Host header names, spelled normally."""
    try:
        text = header.encode("latin-1").decode("utf-8")
        match = re.fullmatch(r"(\[[0-9a-fA-F:.]+\]|[^:\[\]]+)(?::([0-9]{0,5}))?", text)
        if match is None or int(match[2] or 0) > 65535:
            return None
        if match[1].startswith("["):
            host = f"[{ipaddress.ip_address(match[1][1:-1])}]"
        else:
            # What is in ASCII is not mapped: it may hold xn-- labels of another IDNA.
            mapped = match[1] if text.isascii() else idna.encode(match[1], uts46=True).decode()
            host = mapped.lower().removesuffix(".")
    except ValueError:
        return None
    labels = [] if host.startswith("[") else host.split(".")
    if len(host) > 253 or not all(map(re.compile(LABEL).fullmatch, labels)):
        return None
    return host, f":{int(match[2])}" if match[2] else ""


def mount_named(mounts: Collection[str], path: str, target: str) -> str | None:
    """Return the mount that a request names, "" for the root, None where it is refused."""
    if not path.startswith("/") or "\0" in path:
        return None
    resolved = as_nginx(path)
    readings = [path.split("/"), list(map(unquote, target.partition("?")[0].split("/")))]
    if resolved is None:
        return None
    named = {longest(mounts, segments) for segments in (*readings, resolved)}
    return named.pop() if len(named) == 1 else None


def as_nginx(path: str) -> list[str] | None:
    """Return the segments of a path, slashes merged and dots resolved, None where it climbs out."""
    segments = [""]
    for segment in re.split("/+", path)[1:]:
        if segment == ".." and len(segments) == 1:
            return None
        if segment == "..":
            segments.pop()
        elif segment != ".":
            segments.append(segment)
    return segments


def longest(mounts: Collection[str], segments: list[str]) -> str:
    """Return the longest mount whose segments come first among these."""
    split = {mount: mount.split("/") for mount in ("", *mounts)}
    return max((m for m, own in split.items() if segments[: len(own)] == own), key=len)
