"""How does an error look? As a page of the app it happened in."""

from flask import render_template
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response


def error_page(error: HTTPException) -> Response:
    """Answer with the app's template for this status, or else the shared one.

    Headers of the error, such as Allow with 405, are kept.
    """
    response = error.get_response()
    response.data = render_template([f"{error.code}.html", "look/error.html"], error=error)
    response.content_type = "text/html; charset=utf-8"
    return response
