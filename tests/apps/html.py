"""Is a page sound? Balanced, named, and without anything a strict CSP would refuse."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Self

VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track"}
)
SELF_CLOSED_IN_SVG = frozenset({"path", "rect"})
ADDRESSES = frozenset({"href", "src", "action", "srcset"})


@dataclass
class Page(HTMLParser):
    """A parsed page, and what is wrong with it."""

    faults: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    text: str = ""
    titles: int = 0
    headings: int = 0
    ids: set[str] = field(default_factory=set)
    open_tags: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, html: str) -> Self:
        page = cls()
        HTMLParser.__init__(page, convert_charrefs=True)
        page.feed(html)
        page.close()
        page._judge(html)
        return page

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._look_at(tag, dict(attrs))
        if tag not in VOID:
            self.open_tags.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._look_at(tag, dict(attrs))
        if tag not in VOID | SELF_CLOSED_IN_SVG:
            self.faults.append(f"<{tag}/> does not close itself in HTML")

    def handle_endtag(self, tag: str) -> None:
        if not self.open_tags or self.open_tags[-1] != tag:
            self.faults.append(f"</{tag}> closes {self.open_tags[-1:]} at {self.getpos()}")
        else:
            self.open_tags.pop()

    def handle_data(self, data: str) -> None:
        self.text += data

    def _look_at(self, tag: str, attrs: dict[str, str | None]) -> None:
        self.titles += tag == "title"
        self.headings += tag == "h1"
        self.links += [value or "" for name, value in attrs.items() if name in ADDRESSES]
        if tag in ("script", "style") and "src" not in attrs:
            self.faults.append(f"inline <{tag}>")
        self.faults += [
            f"<{tag} {name}=...>" for name in attrs if name == "style" or name.startswith("on")
        ]
        if tag == "img" and "alt" not in attrs:
            self.faults.append("<img> without alt")
        if tag == "svg" and not attrs.get("aria-label"):
            self.faults.append("<svg> without aria-label")
        if (name := attrs.get("id")) is not None:
            if name in self.ids:
                self.faults.append(f"id {name!r} twice")
            self.ids.add(name)

    def _judge(self, html: str) -> None:
        if self.open_tags:
            self.faults.append(f"never closed: {self.open_tags}")
        if (self.titles, self.headings) != (1, 1):
            self.faults.append(f"{self.titles} titles, {self.headings} h1; one each is right")
        if not re.match(r'<!doctype html>\s*<html lang="', html):
            self.faults.append("no doctype or no language")
        for link in self.links:
            if link.startswith("#") and link[1:] not in self.ids:
                self.faults.append(f"{link!r} leads nowhere")
