"""In which order tests run: first those that wait for much, so that no long one is the last."""

import pytest

FIRST = ("lab", "setup", "foreign", "serving")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort them; those of a file stay in one process all the same."""
    items.sort(key=place)


def place(item: pytest.Item) -> int:
    marked = (n for n, name in enumerate(FIRST) if item.get_closest_marker(name))
    return next(marked, len(FIRST))
