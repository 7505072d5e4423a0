"""What becomes of headers at the boundary: the tables of docs/containment.md, by asking it.

``python -m tests.dispatcher.headers`` writes them.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dispatcher.boundary.middleware import Boundary
from dispatcher.boundary.request import HIDDEN
from dispatcher.registry.address import Address
from dispatcher.registry.site import App
from tests.dispatcher.wsgi import environ_of

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

PAGE_MD = Path(__file__).parents[2] / "docs" / "containment.md"

SAID = (
    ("Location", "/login"),
    ("Location", "/wiki/../login"),
    ("Location", "https://example.org/login"),
    ("Location", "https://example.org/shop/cart"),
    ("Location", "//example.net/"),
    ("Set-Cookie", "session=1; HttpOnly; Path=/; Domain=example.org"),
    ("Set-Cookie", "theme=dark; Path=/"),
    ("Set-Cookie", "shop~session=1"),
    ("Set-Cookie", "=shop~session=1"),
    ("Service-Worker-Allowed", "/"),
    ("Clear-Site-Data", '"*"'),
    ("Alt-Svc", 'h3=":443"'),
    ("Connection", "Upgrade"),
    ("Transfer-Encoding", "chunked"),
    ("X-Accel-Redirect", "/shop/"),
    ("X-Request-ID", "forged"),
)
"""What the app `wiki` says, on the host of `shop` and alone on one."""


def left(said: tuple[str, str], at: Address, *, alone: bool) -> list[tuple[str, str]]:
    """Return what leaves by https for one header of the app."""
    answers: list[list[tuple[str, str]]] = []

    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", [said])
        return []

    boundary = Boundary(
        App("wiki", "a:b", (at,)), at, app, alone=alone, prefixes=("/wiki", "/shop")
    )
    start: Any = lambda _, headers: answers.append(headers)  # noqa: E731
    list(boundary({**environ_of("/page", at.host, SCRIPT_NAME=at.path), **HTTPS}, start))
    return answers[0][:-1]  # the id of the request


HTTPS = {"wsgi.url_scheme": "https"}


def cell(headers: Iterable[tuple[str, str]]) -> str:
    return " and ".join(f"`{value}`" for _, value in headers) or "nothing"


def tables() -> str:
    rows = []
    for said in SAID:
        shared = left(said, Address("example.org", "/wiki"), alone=False)
        alone = left(said, Address("wiki.example.org"), alone=True)
        what = f"`{said[0]}: {said[1]}`"
        rows.append(f"| {what} | {cell(shared)} | {cell(alone)} |")
    hidden = ", ".join(
        f"`{name.removeprefix('HTTP_').replace('_', '-').title()}`"
        for name in sorted(HIDDEN)
        if name.startswith("HTTP_")
    )
    return "\n".join(
        [
            "| The app `wiki` says | leaves from `example.org/wiki/` | from `wiki.example.org` |",
            "|---|---|---|",
            *rows,
            "",
            f"No app is told, whoever says so: {hidden}.",
        ]
    )


def document() -> str:
    """Return docs/containment.md as it should be: the tables are put into the text."""
    before, mark, after = PAGE_MD.read_text("utf-8").partition(BEGIN)
    _, end, rest = after.partition(END)
    return f"{before}{mark}\n{tables()}\n{end}{rest}"


BEGIN = "<!-- made by `python -m tests.dispatcher.headers` -->"
END = "<!-- end of what it made -->"

if __name__ == "__main__":
    PAGE_MD.write_text(document(), "utf-8")
