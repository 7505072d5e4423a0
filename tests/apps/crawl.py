"""Where can a visitor get to from here?"""

from urllib.parse import urljoin, urlsplit

from werkzeug.test import Client, TestResponse

from tests.apps.html import Page


def crawl(client: Client, start: str) -> dict[str, TestResponse]:
    """Follow every link of the same origin from ``start``; return each address's answer."""
    found: dict[str, TestResponse] = {}
    todo = [start]
    while todo:
        address = todo.pop()
        if address in found:
            continue
        answer = found[address] = client.get(address, buffered=True)  # closes files
        if answer.mimetype == "text/html":
            for link in Page.of(answer.text).links:
                parts = urlsplit(urljoin(address, link))
                if not parts.scheme and not parts.netloc:
                    todo.append(parts._replace(fragment="").geturl())
    return found
