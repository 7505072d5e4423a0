"""What the tests of the dispatcher share: modules of a test's own, as a site's apps."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import settings

from dispatcher.logs import OWN, SERVING

# How long an example takes is the machine's doing, which others use too; bench/ measures time.
settings.register_profile("site", deadline=None)
settings.load_profile("site")

Write = Callable[[str, str], None]


@pytest.fixture(autouse=True)
def _no_app_serves() -> Iterator[None]:
    """Forget which app a test asked: a server does so between requests."""
    SERVING.set(OWN)
    yield
    SERVING.set(OWN)


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Write]:
    """Write modules that can be imported, and forget them afterwards."""
    monkeypatch.syspath_prepend(tmp_path)

    def write(name: str, source: str) -> None:
        path = tmp_path / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(source))

    yield write
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", None)).startswith(str(tmp_path)):
            del sys.modules[name]
