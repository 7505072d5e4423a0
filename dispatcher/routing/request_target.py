"""Which host a request is for where its target names one: what gunicorn leaves out."""

import re
from typing import Protocol

AUTHORITY_ENDS = re.compile(r"[/?#]")


class Request(Protocol):
    """A request of gunicorn's."""

    uri: str
    headers: list[tuple[str, str]]


def aim(request: Request) -> None:
    """Put the host of a target in absolute-form in the place of the Host header.

    RFC 9112, section 3.2.2: the Host header is to be ignored there. nginx does the same.
    """
    _, separator, rest = request.uri.partition("://")
    if separator and not request.uri.startswith("/"):
        others = [(name, value) for name, value in request.headers if name != "HOST"]
        request.headers = [("HOST", AUTHORITY_ENDS.split(rest, maxsplit=1)[0]), *others]
