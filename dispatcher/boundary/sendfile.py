"""Which bodies are plain files, that a server may have the kernel send."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

FILES = (io.BufferedReader, io.FileIO, io.BufferedRandom)
"""The kinds of file that run none of an app's code when they are read."""


def size_to_send(wrapper: Any, announced: int) -> int | None:
    """Return the bytes to come of a ``wsgi.file_wrapper``, None where it is no plain file.

    ``announced`` is what Content-Length says, -1 without: a file that is too short for it
    is none that can be left to the server.
    """
    file: Any = getattr(wrapper, "filelike", None)
    if type(file) not in FILES or not hasattr(wrapper, "__dict__"):
        return None
    try:
        at = os.lseek(file.fileno(), 0, os.SEEK_CUR)
        if at != file.tell():  # it was read from, and the rest is in Python's buffer
            return None
        left = os.fstat(file.fileno()).st_size - at
    except (OSError, ValueError):
        return None
    if announced > left:
        return None
    return announced if announced >= 0 else left


@dataclass(slots=True)
class Closing:
    """What is left to be done for a body that the server has taken."""

    close: Callable[[], object]


def taken_over(wrapper: Any, close: Callable[[], None]) -> Closing:
    """Have ``close`` called where a wrapper is closed; return what was to be called then.

    That is not always the file's own: it may say that a tenant's app is in use no longer.
    """
    closing = Closing(getattr(wrapper, "close", wrapper.filelike.close))
    wrapper.close = close
    return closing
