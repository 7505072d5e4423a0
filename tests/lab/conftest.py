"""What the lab's own tests share."""

import pytest

from tests.lab.host import Host
from tests.lab.lab import Lab
from tests.lab.pytest_lab import lab as lab


@pytest.fixture
def host(lab: Lab) -> Host:
    """Give a new host."""
    return lab.up(1)[0]
