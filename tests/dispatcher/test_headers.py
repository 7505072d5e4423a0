from __future__ import annotations

from tests.dispatcher.headers import BEGIN, END, PAGE_MD, document


def test_the_tables_of_the_documentation_are_what_the_boundary_does() -> None:
    page = PAGE_MD.read_text("utf-8")
    assert page.count(BEGIN) == page.count(END) == 1
    assert page == document()
