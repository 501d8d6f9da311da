"""Whatever goes wrong, the answer is JSON of one shape."""

from __future__ import annotations

import json
import logging

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from innovate_api.app import MAX_REQUEST_BYTES, create_app
from innovate_api.database import Database
from innovate_api.logs import JsonFormatter


def code(response: TestResponse) -> tuple[int, str]:
    assert response.is_json
    assert response.headers["Cache-Control"] == "no-store"
    return response.status_code, response.get_json()["error"]["code"]


def test_unknown_path(client: FlaskClient) -> None:
    assert code(client.get("/nowhere")) == (404, "not_found")


def test_malformed_id(client: FlaskClient) -> None:
    assert code(client.get("/api/notes/7")) == (404, "not_found")


def test_method_not_allowed_says_what_is(client: FlaskClient) -> None:
    response = client.put("/api/notes")
    assert code(response) == (405, "method_not_allowed")
    assert {"GET", "POST"} <= set(response.headers["Allow"].split(", "))


def test_malformed_json(client: FlaskClient) -> None:
    response = client.post("/api/notes", data="{", content_type="application/json")
    assert code(response) == (400, "bad_request")


def test_not_json(client: FlaskClient) -> None:
    assert code(client.post("/api/notes", data={"title": "x"})) == (415, "unsupported_media_type")


def test_too_large(client: FlaskClient) -> None:
    response = client.post("/api/notes", data=b" " * (MAX_REQUEST_BYTES + 1), content_type="application/json")
    assert code(response)[0] == 413


def test_unhandled_exception_tells_the_log_and_not_the_client(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    app = create_app(database)
    fail_on(app, "/fail")
    response = app.test_client().get("/fail")
    assert code(response) == (500, "internal_server_error")
    assert "secret detail" not in response.text

    record = next(record for record in caplog.records if record.message == "unhandled exception")
    entry = json.loads(JsonFormatter().format(record))
    assert entry["level"] == "error"
    assert "secret detail" in entry["exception"]


def test_requests_are_logged_and_probes_are_not(client: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    client.get("/healthz")
    client.get("/api/notes?limit=1", headers={"X-Amzn-Trace-Id": "Root=1-2-3"})
    entries = [json.loads(JsonFormatter().format(record)) for record in caplog.records if record.message == "request"]
    assert [(entry["method"], entry["path"], entry["status"], entry["trace_id"]) for entry in entries] == [
        ("GET", "/api/notes", 200, "Root=1-2-3")
    ]
    assert entries[0]["duration_ms"] >= 0


def fail_on(app: Flask, path: str) -> None:
    @app.get(path)
    def fail() -> str:
        raise ZeroDivisionError("secret detail")
