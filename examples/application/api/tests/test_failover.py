"""The database goes away and comes back; the process stays."""

from __future__ import annotations

import time

import pytest
from flask.testing import FlaskClient

from innovate_api.app import create_app
from innovate_api.config import Settings
from innovate_api.database import Connection, ConnectionLostError, Database

from .server import PostgresServer


def wait_until_ready(client: FlaskClient) -> float:
    started = time.monotonic()
    while client.get("/readyz").status_code != 200:
        assert time.monotonic() - started < 20, "not ready 20 s after the server came back"
        time.sleep(0.2)
    return time.monotonic() - started


def test_readiness_follows_the_database_and_liveness_does_not(client: FlaskClient, server: PostgresServer) -> None:
    assert client.get("/readyz").status_code == 200
    server.stop()
    try:
        refused = client.get("/readyz")
        assert refused.status_code == 503
        assert refused.get_json()["error"]["code"] == "database_unavailable"
        assert refused.headers["Retry-After"]
        assert client.get("/healthz").status_code == 200
    finally:
        server.start()
    wait_until_ready(client)
    assert client.post("/api/notes", json={"title": "after"}).status_code == 201


def test_a_process_may_start_before_its_database(settings: Settings, server: PostgresServer) -> None:
    server.stop()
    database = Database(settings)
    try:
        database.open()
        client = create_app(database).test_client()
        assert client.get("/readyz").status_code == 503
        server.start()
        wait_until_ready(client)
    finally:
        database.close()
        if server.stopped:
            server.start()


def test_a_read_survives_a_lost_connection(client: FlaskClient, server: PostgresServer, settings: Settings) -> None:
    assert client.get("/api/notes").status_code == 200
    server.disconnect_everybody(settings)
    assert client.get("/api/notes").status_code == 200


def test_a_read_is_repeated_once_only(database: Database, server: PostgresServer, settings: Settings) -> None:
    attempts = []

    def lose(connection: Connection) -> None:
        attempts.append(1)
        server.disconnect_everybody(settings)
        connection.execute("select 1")

    with pytest.raises(ConnectionLostError):
        database.read(lose)
    assert len(attempts) == 2


def test_a_write_is_never_repeated(database: Database, server: PostgresServer, settings: Settings) -> None:
    attempts = []

    def lose(connection: Connection) -> None:
        attempts.append(1)
        server.disconnect_everybody(settings)
        connection.execute("insert into notes (title) values ('once')")

    with pytest.raises(ConnectionLostError):
        database.write(lose)
    assert len(attempts) == 1


def test_a_statement_cut_off_by_its_timeout_is_not_a_lost_connection(database: Database) -> None:
    attempts = []

    def dawdle(connection: Connection) -> None:
        attempts.append(1)
        with connection.transaction():
            connection.execute("set local statement_timeout = '50ms'")
            connection.execute("select pg_sleep(5)")

    with pytest.raises(Exception, match="statement timeout"):
        database.read(dawdle)
    assert len(attempts) == 1
