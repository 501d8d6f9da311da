"""`python -m innovate_api.migrate`: bring the schema up to date.

A Job runs it before each release. It may be started again while the first still works: an advisory lock lets one work
while the others wait and then find nothing to do.
"""

from __future__ import annotations

import hashlib
import logging
import logging.config
import os
import sys
from pathlib import Path

import psycopg

from .config import ConfigurationError, Settings
from .credentials import PasswordSource, password_source
from .database import Connection, connection_parameters
from .logs import LOGGING

log = logging.getLogger(__name__)

MIGRATIONS = Path(__file__).parent / "migrations"

# any number will do, as long as nothing else in this database locks it
LOCK = 7_205_759_403_792_794

WAIT_FOR_OTHERS = "120s"
# a schema change that waits for a table blocks every statement behind it: fail early, the Job tries again
WAIT_FOR_TABLE = "5s"


class MigrationError(Exception):
    """The files and the database disagree about the past."""


def migrate(settings: Settings, password: PasswordSource | None = None, directory: Path = MIGRATIONS) -> list[str]:
    """Apply what is missing, in the order of the names; return what was applied."""
    parameters = connection_parameters(settings, password or password_source(settings))
    with psycopg.connect(**parameters) as connection:
        _set_lock_timeout(connection, WAIT_FOR_OTHERS)
        connection.execute("select pg_advisory_lock(%s)", (LOCK,))
        _set_lock_timeout(connection, WAIT_FOR_TABLE)
        return _apply_missing(connection, directory)


def _apply_missing(connection: Connection, directory: Path) -> list[str]:
    connection.execute(
        "create table if not exists schema_migrations ("
        " name text primary key, sha256 text not null, applied_at timestamptz not null default now())"
    )
    applied: dict[str, str] = dict(connection.execute("select name, sha256 from schema_migrations").fetchall())
    missing = []
    for file in sorted(directory.glob("*.sql")):
        statements = file.read_bytes()
        digest = hashlib.sha256(statements).hexdigest()
        if file.name not in applied:
            with connection.transaction():
                connection.execute(statements)
                connection.execute("insert into schema_migrations (name, sha256) values (%s, %s)", (file.name, digest))
            missing.append(file.name)
        elif applied[file.name] != digest:
            raise MigrationError(f"{file.name} was changed after it had been applied: add a new file instead")
    # a name that only the database knows belongs to a newer release: after a rollback that is as it should be
    return missing


def _set_lock_timeout(connection: Connection, timeout: str) -> None:
    connection.execute("select set_config('lock_timeout', %s, false)", (timeout,))


def main() -> int:
    logging.config.dictConfig(LOGGING)
    try:
        applied = migrate(Settings.from_environment(os.environ))
    except (ConfigurationError, MigrationError, psycopg.Error) as error:
        log.error("migration failed", extra={"error": str(error), "error_type": type(error).__name__})
        return 1
    log.info("schema is up to date", extra={"applied": applied})
    return 0


if __name__ == "__main__":
    sys.exit(main())
