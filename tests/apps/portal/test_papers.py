import io
from pathlib import Path

import pytest
from flask import Flask

from apps.portal import papers
from tests.apps.html import Page


@pytest.fixture
def given(app: Flask) -> Flask:
    """Give the portal with one paper."""
    with app.app_context():
        papers.add("Règles 100%.pdf", io.BytesIO(b"%PDF rules"))
    return app


def test_a_paper_is_listed_and_can_be_had_under_its_own_name(given: Flask) -> None:
    client = given.test_client()
    page = Page.of(client.get("/papers/").text)
    (link,) = (link for link in page.links if link.startswith("/papers/") and len(link) > 8)

    answer = client.get(link, buffered=True)

    assert page.faults == []
    assert answer.data == b"%PDF rules"
    assert answer.mimetype == "application/pdf"
    assert "filename*=UTF-8''R%C3%A8gles%20100%25.pdf" in answer.headers["Content-Disposition"]


def test_a_paper_can_be_had_in_part(given: Flask) -> None:
    answer = given.test_client().get("/papers/Règles 100%.pdf", headers={"Range": "bytes=1-3"})

    assert (answer.status_code, answer.data) == (206, b"PDF")
    answer.close()


def test_without_papers_there_is_a_page_all_the_same(app: Flask) -> None:
    assert "None yet" in app.test_client().get("/papers/").text


@pytest.mark.parametrize(
    "name", ["nothing.pdf", "..%2fportal.sqlite3", "%2e%2e", ".new", "%00", "link", "a" * 300]
)
def test_nothing_else_of_the_disk_can_be_had(given: Flask, name: str, tmp_path: Path) -> None:
    (tmp_path / "portal" / "downloads" / "link").symlink_to("/etc/passwd")

    assert given.test_client().get(f"/papers/{name}").status_code == 404


def test_the_office_adds_papers_and_replaces_them(app: Flask, tmp_path: Path) -> None:
    file = tmp_path / "file"
    run = app.test_cli_runner().invoke
    for text in ("first", "second"):
        file.write_text(text)
        assert run(args=["add-paper", "Rules.pdf", str(file)]).exit_code == 0
    told = run(args=["add-paper", "../rules", str(file)])

    assert app.test_client().get("/papers/Rules.pdf", buffered=True).text == "second"
    assert told.exit_code == 2
    assert "cannot be a paper's name" in told.output
    assert [path.name for path in (tmp_path / "portal" / "downloads").iterdir()] == ["Rules.pdf"]
