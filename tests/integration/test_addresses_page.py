"""The page about addresses says what the tests hold."""

from __future__ import annotations

from tests.integration.addresses import PAGE_MD, document


def test_the_tables_of_the_documentation_are_those_of_the_tests() -> None:
    assert PAGE_MD.read_text("utf-8") == document()
