"""The application factory."""

from __future__ import annotations

from flask import Flask, Response

from . import health, notes
from .database import Database
from .errors import register_error_handlers
from .logs import log_requests

# JSON may spend 12 bytes on one character: the longest note fits however it is escaped
MAX_REQUEST_BYTES = 128 * 1024


def create_app(database: Database) -> Flask:
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MAX_REQUEST_BYTES
    app.extensions["database"] = database

    log_requests(app)
    register_error_handlers(app)
    app.register_blueprint(health.blueprint)
    app.register_blueprint(notes.blueprint)

    @app.after_request
    def protect(response: Response) -> Response:
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        return response

    return app
