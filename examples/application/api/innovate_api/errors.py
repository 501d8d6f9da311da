"""Every failure leaves as JSON: {"error": {"code", "message", "fields"?}}."""

from __future__ import annotations

import logging

import psycopg
from flask import Flask, Response, jsonify
from werkzeug.exceptions import HTTPException

log = logging.getLogger(__name__)


class ValidationError(Exception):
    """What the client sent is well-formed but not acceptable; names each field at fault."""

    def __init__(self, fields: dict[str, str]) -> None:
        super().__init__("the request is not valid")
        self.fields = fields


def register_error_handlers(app: Flask) -> None:
    app.register_error_handler(ValidationError, _validation_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(psycopg.OperationalError, _database_unavailable)
    app.register_error_handler(Exception, _unexpected_error)


def error_response(status: int, code: str, message: str, fields: dict[str, str] | None = None) -> Response:
    error: dict[str, object] = {"code": code, "message": message}
    if fields:
        error["fields"] = fields
    response = jsonify(error=error)
    response.status_code = status
    return response


def _validation_error(error: ValidationError) -> Response:
    return error_response(400, "invalid", "the request is not valid", error.fields)


def _http_error(error: HTTPException) -> Response:
    status = error.code or 500
    response = error_response(status, error.name.lower().replace(" ", "_"), error.description or error.name)
    # 405 must say which methods are allowed, 429 and 503 when to come back
    for name, value in error.get_headers():
        if name.lower() not in ("content-type", "content-length"):
            response.headers[name] = value
    return response


def _database_unavailable(error: psycopg.OperationalError) -> Response:
    log.warning("database unavailable", extra={"error": str(error), "error_type": type(error).__name__})
    response = error_response(503, "database_unavailable", "the database does not answer; try again")
    response.headers["Retry-After"] = "5"
    return response


def _unexpected_error(error: Exception) -> Response:
    log.error("unhandled exception", exc_info=error)
    return error_response(500, "internal_server_error", "something went wrong on our side")
