from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from innovate_api.app import create_app
from innovate_api.config import Settings
from innovate_api.database import Database
from innovate_api.migrate import migrate

from .server import PostgresServer


@pytest.fixture(scope="session")
def server() -> Iterator[PostgresServer]:
    # a CI job that runs out of time is sent SIGTERM, which would leave the server behind
    signal.signal(signal.SIGTERM, lambda *_: pytest.exit("terminated", returncode=143))
    server = PostgresServer()
    yield server
    server.remove()


@pytest.fixture
def empty(server: PostgresServer) -> Iterator[Settings]:
    settings = server.create_database()
    yield settings
    server.drop_database(settings)


@pytest.fixture(scope="session")
def migrated(server: PostgresServer) -> Settings:
    settings = server.create_database()
    migrate(settings)
    return settings


@pytest.fixture
def settings(server: PostgresServer, migrated: Settings) -> Settings:
    """The application's database without notes: emptied, as making one anew costs ten times as much."""
    server.administer("truncate notes", migrated.name)
    return migrated


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    database = Database(settings)
    database.open()
    yield database
    database.close()


@pytest.fixture
def client(database: Database) -> FlaskClient:
    return create_app(database).test_client()
