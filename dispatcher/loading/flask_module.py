"""Flask, where an app has imported it: the dispatcher itself does without."""

from __future__ import annotations

import sys
from typing import Any


def flask_module() -> Any:
    """Return the module, or None; also while another app's thread has only begun to import it."""
    module = sys.modules.get("flask")
    return module if hasattr(module, LAST) else None


LAST = "Response"
"""What ``flask/__init__.py`` imports last."""
