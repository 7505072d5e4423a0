"""What is here starts whole servers, and waits for them."""

import pytest


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark it, so that `bin/test -q` leaves it out."""
    item.add_marker("serving")
