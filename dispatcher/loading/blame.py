"""Where in an app's own code did an error come from?"""

from __future__ import annotations

import importlib
import sysconfig
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from dispatcher.loading.timeout import TooSlow

if TYPE_CHECKING:
    from types import TracebackType

OURS = f"{Path(__file__).parents[1]}/"

INSTALLED = tuple(
    f"{sysconfig.get_path(name)}/" for name in ("stdlib", "platstdlib", "purelib", "platlib")
)
"""Where Python's own library is, and those of others."""

E = TypeVar("E", bound=BaseException)


def told(error: BaseException) -> str:
    """Return the error in one line, with the last place in the app's code it went through."""
    text = f"{type(error).__name__}: {error}".partition("\n")[0]
    text = str(error) if isinstance(error, TooSlow) else text
    frames = traceback.extract_tb(error.__traceback__)
    places = [(f.filename, f.lineno) for f in frames if not is_machinery(f.filename)]
    if isinstance(error, SyntaxError) and error.filename:
        text = f"{type(error).__name__}: {error.msg}"
        places.append((error.filename, error.lineno))
    own = [place for place in places if not is_installed(place[0])] or places
    return f"{text} ({own[-1][0]}, line {own[-1][1]})" if own else text


def of_app(error: E) -> E:
    """Return the error with a traceback that begins in the app's code; whole if it never does."""
    inner: TracebackType | None = error.__traceback__
    while inner is not None and is_machinery(inner.tb_frame.f_code.co_filename):
        inner = inner.tb_next
    return error if inner is None else error.with_traceback(inner)


def is_machinery(filename: str) -> bool:
    """Whether the file only leads to an app's code: it is ours, or Python's to import with."""
    return filename.startswith((OURS, "<frozen ")) or filename == importlib.__file__


def is_installed(filename: str) -> bool:
    """Whether the file came with a library; compiled ones know no more than a name."""
    return filename.startswith(INSTALLED) or not Path(filename).is_absolute()
