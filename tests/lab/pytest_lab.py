"""The fixture for tests on real hosts. In their conftest.py:

    from tests.lab.pytest_lab import lab as lab

A test then begins with ``host, *_ = lab.up(1)``: hosts are new each time, a
second each. Tests of one module share the lab, modules and workers do not.
"""

from collections.abc import Iterator

import pytest

from tests.lab import needs, slots
from tests.lab.lab import Lab
from tests.lab.telling import tell


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    """Give a lab to the module, with its image built; skip where none can be had."""
    missing = needs.missing()
    if missing:
        pytest.skip(missing)
    with slots.free_lab(tell) as own:
        own.build()
        yield own
