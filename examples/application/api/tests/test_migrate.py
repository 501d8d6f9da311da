from __future__ import annotations

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from innovate_api.config import Settings
from innovate_api.migrate import LOCK, MigrationError, migrate

from .server import PostgresServer


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    (tmp_path / "0001_first.sql").write_text("create table first (n int); insert into first values (1);")
    # slow enough that whoever comes second really meets it at work
    (tmp_path / "0002_second.sql").write_text("select pg_sleep(0.3); insert into first values (2);")
    return tmp_path


def rows(server: PostgresServer, settings: Settings, statement: str) -> list[tuple[object, ...]]:
    return server.administer(statement, settings.name)


def test_files_are_applied_once_in_order(server: PostgresServer, empty: Settings, directory: Path) -> None:
    assert migrate(empty, directory=directory) == ["0001_first.sql", "0002_second.sql"]
    assert migrate(empty, directory=directory) == []
    (directory / "0003_third.sql").write_text("insert into first values (3)")
    assert migrate(empty, directory=directory) == ["0003_third.sql"]
    assert rows(server, empty, "select n from first order by n") == [(1,), (2,), (3,)]


def test_two_at_once_apply_each_file_once(server: PostgresServer, empty: Settings, directory: Path) -> None:
    together = threading.Barrier(2)

    def run() -> list[str]:
        together.wait()
        return migrate(empty, directory=directory)

    with ThreadPoolExecutor(2) as executor:
        results = [future.result() for future in [executor.submit(run) for _ in range(2)]]
    assert sorted(results) == [[], ["0001_first.sql", "0002_second.sql"]]
    assert rows(server, empty, "select n from first order by n") == [(1,), (2,)]


def test_a_failing_file_leaves_nothing_and_keeps_no_lock(
    server: PostgresServer, empty: Settings, directory: Path
) -> None:
    broken = directory / "0003_broken.sql"
    broken.write_text("create table half (n int); select 1 / 0;")
    with pytest.raises(psycopg.errors.DivisionByZero):
        migrate(empty, directory=directory)
    assert rows(server, empty, "select to_regclass('half') is null") == [(True,)]
    assert rows(server, empty, "select name from schema_migrations order by name") == [
        ("0001_first.sql",),
        ("0002_second.sql",),
    ]
    assert rows(server, empty, f"select pg_try_advisory_lock({LOCK})") == [(True,)]

    broken.write_text("create table half (n int);")
    assert migrate(empty, directory=directory) == ["0003_broken.sql"]


def test_an_applied_file_must_not_change(empty: Settings, directory: Path) -> None:
    migrate(empty, directory=directory)
    (directory / "0001_first.sql").write_text("create table other (n int)")
    with pytest.raises(MigrationError, match=r"0001_first.sql was changed"):
        migrate(empty, directory=directory)


def test_an_older_release_leaves_newer_migrations_alone(empty: Settings, directory: Path) -> None:
    migrate(empty, directory=directory)
    (directory / "0002_second.sql").unlink()
    assert migrate(empty, directory=directory) == []


def test_the_command(empty: Settings) -> None:
    environment = {
        **os.environ,
        "DATABASE_HOST": empty.host,
        "DATABASE_PORT": str(empty.port),
        "DATABASE_NAME": empty.name,
        "DATABASE_USER": empty.user,
        "DATABASE_CA_BUNDLE": str(empty.ca_bundle),
        "DATABASE_AUTH": empty.auth.value,
        "DATABASE_PASSWORD_FILE": str(empty.password_file),
    }
    command = [sys.executable, "-m", "innovate_api.migrate"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert '"applied": ["0001_notes.sql"]' in done.stdout

    environment["DATABASE_NAME"] = "missing"
    failed = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert failed.returncode == 1
    assert '"message": "migration failed"' in failed.stdout
