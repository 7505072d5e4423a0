"""Do the apps of this site lead to each other, and does each do without the others?"""

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from werkzeug.test import Client

from apps import portal, watch
from dispatcher.registry.site_toml import load
from dispatcher.serving.apps import contain
from dispatcher.serving.stack import stack
from tests.apps.html import Page

SITE = Path(__file__).parents[2] / "site.toml"


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
    (tmp_path / "site.toml").write_text(SITE.read_text())  # its keys are made beside it
    site = load(tmp_path / "site.toml")
    return Client(stack(site, contain(site, site)))


def links(client: Client, address: str) -> list[str]:
    parts = urlsplit(address)  # the client takes a path in base_url for a mount
    answer = client.get(parts.path, base_url=f"{parts.scheme}://{parts.netloc}")
    return Page.of(answer.text).links


def test_the_front_page_leads_to_the_watch_where_that_is_near(client: Client) -> None:
    assert "https://example.org/watch/" in links(client, "https://example.org/")


@pytest.mark.parametrize("address", ["https://example.org/watch/", "https://watch.example.org/"])
def test_the_watch_leads_back_to_the_front_page(client: Client, address: str) -> None:
    assert "https://example.org/" in links(client, address)


def test_an_app_on_its_own_names_no_other(tmp_path: Path) -> None:
    for make in (portal.create_app, watch.create_app):
        alone = make({"STATE_DIRECTORY": str(tmp_path)}).test_client()
        assert not [link for link in Page.of(alone.get("/").text).links if "example.org" in link]
