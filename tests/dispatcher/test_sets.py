from __future__ import annotations

from tests.dispatcher.sets import BEGIN, END, PAGE_MD, document


def test_the_table_of_the_documentation_is_what_apps_are_given() -> None:
    page = PAGE_MD.read_text("utf-8")
    assert page.count(BEGIN) == page.count(END) == 1
    assert page == document()
