"""A browser's manners without a browser: cookies, redirects, names below localhost."""

from __future__ import annotations

from html.parser import HTMLParser
from urllib.parse import urldefrag, urljoin

import httpx

LINKS = {"a": "href", "link": "href", "script": "src", "img": "src", "form": "action"}


class Here(httpx.HTTPTransport):
    """Browsers resolve every name below localhost to this machine; Python does not."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send it to this machine, in the name it was for."""
        return super().handle_request(
            httpx.Request(
                request.method,
                request.url.copy_with(host="127.0.0.1"),
                headers=request.headers,
                stream=request.stream,
                extensions=request.extensions,
            )
        )


def visitor(mount: str = "") -> httpx.Client:
    """Return a client that follows redirects; its relative URLs are below ``mount``."""
    return httpx.Client(
        transport=Here(), base_url=mount, follow_redirects=True, timeout=20, trust_env=False
    )


class Links(HTMLParser):
    """All that a page refers to."""

    def __init__(self, page: httpx.Response) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.base = str(page.url)
        self.feed(page.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note where it leads."""
        there = dict(attrs).get(LINKS.get(tag, ""))
        if there is not None and not there.startswith(("data:", "mailto:", "javascript:")):
            self.found.add(urldefrag(urljoin(self.base, there)).url)


def crawl(client: httpx.Client, mount: str, start: str = "/", most: int = 60) -> dict[str, int]:
    """Visit what is linked from page to page; return the status of each address.

    Links to other sites are left out; those that lead out of the mount are not.
    """
    origin = "/".join(mount.split("/")[:3])
    found: dict[str, int] = {}
    waiting = [f"{mount}{start}"]
    while waiting and len(found) < most:
        address = waiting.pop(0)
        if address in found:
            continue
        page = client.get(address)
        found[address] = page.status_code
        if "html" in page.headers.get("Content-Type", "") and page.status_code == 200:
            links = Links(page).found
            waiting += sorted(link for link in links if f"{link}/".startswith(f"{origin}/"))
    return found
