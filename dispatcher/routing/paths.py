"""Can a path be read in more than one way, so that proxy and dispatcher may disagree?

nginx decodes a path, merges its slashes and resolves its dot segments to find the pool,
and passes it on as it came; a WSGI server decodes it once and does neither.
"""

import re
from itertools import islice
from urllib.parse import unquote

DOT_SEGMENT = re.compile(r"/\.\.?(?:/|\Z)")
SEGMENT = re.compile(r"/+([^/]*)")


def has_dot_segment(path: str) -> bool:
    """Whether ``path``, decoded and with a slash at its start, has a segment ``.`` or ``..``."""
    first = path.find(".")  # most often it is near the end, or there is none
    return first > 0 and DOT_SEGMENT.search(path, first - 1) is not None


def as_proxied(path: str, depth: int) -> str | None:
    """Return the first ``depth`` segments of a path as nginx reads it, None where it climbs out.

    >>> as_proxied("//wiki/./page", 1), as_proxied("/admin/../wiki/", 1), as_proxied("/..", 1)
    ('/wiki', '/wiki', None)
    """
    if not has_dot_segment(path):
        firsts = islice(SEGMENT.finditer(path), depth)
        return "".join(f"/{match[1]}" for match in firsts).rstrip("/")
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            if not kept:
                return None
            kept.pop()
        elif segment not in ("", "."):
            kept.append(segment)
    return "".join(f"/{segment}" for segment in kept[:depth])


def is_written_out(mount: str, target: str) -> bool:
    """Whether a request target begins with the segments of ``mount``, no slash of them encoded.

    RFC 3986, section 2.2: an encoded slash is not the same as a slash. Other letters may
    be encoded. The target is in origin-form or absolute-form (RFC 9112, section 3.2).

    >>> is_written_out("/a/b", "/%61/b?c"), is_written_out("/a/b", "/a%2Fb")
    (True, False)
    """
    path = target.partition("?")[0]
    if not path.startswith("/"):
        path = "/" + path.partition("://")[2].partition("/")[2]
    if "%" not in path:
        return True
    segments = mount.split("/")
    written = path.split("/", len(segments))[: len(segments)]
    return [unquote(segment, "latin-1") for segment in written] == segments
