"""What the status line of an answer says."""

import re
from typing import Any

from dispatcher.boundary.breach import Breach

STATUS = re.compile(r"[1-9][0-9]{2}( [ \t\x21-\x7e\x80-\xff]*)?")

ROOM = 1024
CODES: dict[str, int] = {}
"""The numbers of status lines, of so many as there is room for."""

WITHOUT_BODY = frozenset({204, 304, *range(100, 200)})
"""RFC 9110, section 6.4.1."""


def code_of(status: Any) -> int:
    """Return the number of a status line; raises `Breach`."""
    if not isinstance(status, str):
        raise Breach(f"a status must be a string like '200 OK', not {status!r}")
    if not STATUS.fullmatch(status):
        raise Breach(f"a status must be like '200 OK', not {status!r}")
    if len(CODES) < ROOM and len(status) < ROOM:
        CODES[status] = int(status[:3])
    return int(status[:3])
