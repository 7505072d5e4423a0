"""How does an app give out a large file? ``from dispatcher.downloads import send_download``.

A worker is free again at once: nginx sends what lies below ``downloads`` in the folder of the app's
data. Where there is no nginx, and of all other files, the worker sends the same.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from werkzeug.utils import send_file

from dispatcher.loading.flask_module import flask_module

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment
    from werkzeug.wrappers import Response

FOLDER = "site.downloads"
"""The key of environ that says where the files are that nginx may send; it need not exist."""

HEADER = "X-Sendfile"
"""By which an app names the file that is to be sent instead of what it returns."""


def send_download(
    path: str | os.PathLike[str],
    name: str = "",
    *,
    attachment: bool = True,
    environ: WSGIEnvironment | None = None,
    **more: Any,
) -> Response:
    """Return an answer that is the file at ``path``, called ``name`` by whoever saves it.

    A view of Flask returns it; another WSGI app gives its ``environ`` and calls what it gets with
    that. Without ``attachment`` a browser shows what it can. What else is given goes to
    `werkzeug.utils.send_file`. Ranges and conditions are seen to. Raises FileNotFoundError.
    """
    if environ is None:
        environ = flask_module().request.environ
    file = Path(path)
    known = environ.get(FOLDER, "")
    handed = bool(known) and file.is_relative_to(known)
    answer = send_file(
        file,
        environ,
        as_attachment=attachment,
        download_name=name or file.name,
        conditional=not handed,
        use_x_sendfile=handed,
        etag=etag(file.stat()),
        **more,
    )
    if handed:  # PEP 3333: headers are bytes, as latin-1 has them
        answer.headers[HEADER] = os.fsencode(file).decode("latin-1")
    return answer


def etag(state: os.stat_result) -> str:
    """Return what nginx makes of a file's time and size, so that a browser keeps one copy.

    >>> etag(os.stat_result((0, 0, 0, 0, 0, 0, 255, 0, 16, 0)))
    '10-ff'
    """
    return f"{int(state.st_mtime):x}-{state.st_size:x}"
