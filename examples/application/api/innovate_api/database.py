"""Connections to PostgreSQL: always TLS with the server verified, never more than the pool allows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import psycopg
from psycopg.rows import TupleRow
from psycopg_pool import ConnectionPool

from .config import Settings
from .credentials import PasswordSource, password_source

CONNECT_TIMEOUT_SECONDS = 5
STATEMENT_TIMEOUT_SECONDS = 5
POOL_WAIT_SECONDS = 5.0
PROBE_WAIT_SECONDS = 2.0

Connection = psycopg.Connection[TupleRow]
Result = TypeVar("Result")


class ConnectionLostError(psycopg.OperationalError):
    """The server went away under a statement; whether that statement took effect is unknown."""


def connection_parameters(settings: Settings, password: PasswordSource) -> dict[str, Any]:
    return {
        "host": settings.host,
        "port": settings.port,
        "dbname": settings.name,
        "user": settings.user,
        "password": password(),
        "sslmode": "verify-full",
        "sslrootcert": str(settings.ca_bundle),
        # Kerberos is tried before TLS unless told otherwise
        "gssencmode": "disable",
        # after a failover the endpoint's old DNS answer may still lead to the demoted, read-only instance
        "target_session_attrs": "read-write",
        "connect_timeout": CONNECT_TIMEOUT_SECONDS,
        # a failed host answers nothing at all: without these a statement would wait for TCP's own two hours
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 10_000,
        "application_name": "innovate-api",
        "autocommit": True,
    }


class Database:
    def __init__(self, settings: Settings, password: PasswordSource | None = None) -> None:
        source = password or password_source(settings)
        limits = f"-c statement_timeout={STATEMENT_TIMEOUT_SECONDS}s -c lock_timeout=2s"
        self._pool: ConnectionPool[Connection] = ConnectionPool(
            # a callable, so that each new connection carries a password that is valid now
            kwargs=lambda: {**connection_parameters(settings, source), "options": limits},
            min_size=1,
            max_size=settings.pool_size,
            # beyond this queue a request is better refused at once than late
            max_waiting=settings.pool_size * 4,
            max_lifetime=1800,
            # the pool backs off between attempts; giving up early lets the next request try afresh
            reconnect_timeout=POOL_WAIT_SECONDS,
            num_workers=2,
            open=False,
        )

    def open(self) -> None:
        """Start connecting in the background: a process may start while its database is away."""
        self._pool.open(wait=False)

    def close(self) -> None:
        self._pool.close()

    def read(self, work: Callable[[Connection], Result], wait: float = POOL_WAIT_SECONDS) -> Result:
        """Run an idempotent statement; when the connection is lost under it, once more on a new one."""
        try:
            return self.write(work, wait)
        except ConnectionLostError:
            # one lost connection means a failover or a restart: the idle ones are as dead
            self._pool.drain()
            return self.write(work, wait)

    def write(self, work: Callable[[Connection], Result], wait: float = POOL_WAIT_SECONDS) -> Result:
        with self._pool.connection(timeout=wait) as connection:
            try:
                return work(connection)
            except psycopg.OperationalError as error:
                if connection.closed:
                    raise ConnectionLostError(str(error)) from error
                raise

    def probe(self) -> None:
        """Raise unless the database answers soon."""
        self.read(lambda connection: connection.execute("select 1"), PROBE_WAIT_SECONDS)
