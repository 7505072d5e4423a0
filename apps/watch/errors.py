"""In which form is an error told? Below /api as JSON, elsewhere as a page."""

from flask import Response, current_app, jsonify, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from apps.look import error_page


class InvalidAPIUsage(Exception):
    """A request to the API that cannot be fulfilled as asked."""

    def __init__(self, message: str, status: int = 400, **detail: object) -> None:
        super().__init__(message, status, detail)
        self.message, self.status, self.detail = message, status, detail


def invalid_usage(error: InvalidAPIUsage) -> Response:
    body = {"status": error.status, "message": error.message} | error.detail
    response = jsonify(error=body)
    response.status_code = error.status
    return response


def in_the_right_form(error: HTTPException) -> AnyResponse:
    """Answer an error of HTTP; a path that no route knows has no blueprint to ask."""
    if not f"{request.path}/".startswith("/api/"):
        return error_page(error)
    response = error.get_response()  # keeps headers such as Allow
    body = {"status": error.code, "message": f"{error.name}: {error.description}"}
    response.data = current_app.json.dumps({"error": body})
    response.content_type = "application/json"
    return response
