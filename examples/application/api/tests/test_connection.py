"""The way to the database: encrypted, verified, and with a password of the moment."""

from __future__ import annotations

import itertools
import urllib.parse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import boto3
import psycopg
import pytest

from innovate_api.config import DatabaseAuth, Settings
from innovate_api.credentials import TOKEN_LIFETIME_SECONDS, IamToken, password_source
from innovate_api.database import Database, connection_parameters

from .certificates import Authority
from .server import AUTHORITY, ROLE, PostgresServer

REGION = "eu-west-1"


def connect(settings: Settings, **overrides: object) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(**{**connection_parameters(settings, password_source(settings)), **overrides})


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def iam_token(settings: Settings, clock: Clock, access_key: str = "AKIAIOSFODNN7EXAMPLE") -> IamToken:
    session = boto3.Session(aws_access_key_id=access_key, aws_secret_access_key="x" * 40, region_name=REGION)
    return IamToken(replace(settings, auth=DatabaseAuth.IAM, region=REGION), session, clock)


@pytest.fixture
def role_password(server: PostgresServer) -> Iterator[None]:
    yield
    server.set_role_password(server.role_password)


def test_every_connection_is_encrypted(database: Database) -> None:
    row = database.read(
        lambda connection: connection.execute(
            "select ssl, version from pg_stat_ssl where pid = pg_backend_pid()"
        ).fetchone()
    )
    assert row == (True, "TLSv1.3")


def test_the_server_refuses_plaintext(settings: Settings) -> None:
    with pytest.raises(psycopg.OperationalError, match="no encryption"):
        connect(settings, sslmode="disable")


# with the same name only the key tells the two authorities apart
@pytest.mark.parametrize(
    ("name", "message"),
    [("Some authority", "certificate verify failed"), (AUTHORITY, "certificate verify failed|signature failure")],
)
def test_another_authority_is_refused(settings: Settings, tmp_path: Path, name: str, message: str) -> None:
    impostor = tmp_path / "impostor.pem"
    impostor.write_bytes(Authority.create(name).pem)
    with pytest.raises(psycopg.OperationalError, match=message):
        connect(replace(settings, ca_bundle=impostor))


def test_another_host_name_is_refused(settings: Settings) -> None:
    with pytest.raises(psycopg.OperationalError, match="does not match host name"):
        connect(replace(settings, host="127.0.0.1"))


def test_a_wrong_password_is_refused(settings: Settings, tmp_path: Path) -> None:
    wrong = tmp_path / "password"
    wrong.write_text("wrong")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        connect(replace(settings, password_file=wrong))


def test_statements_are_cut_off(database: Database) -> None:
    limits = database.read(
        lambda connection: connection.execute(
            "select current_setting('statement_timeout'), current_setting('lock_timeout')"
        ).fetchone()
    )
    assert limits == ("5s", "2s")


def test_the_pool_is_bounded(settings: Settings, server: PostgresServer) -> None:
    database = Database(replace(settings, pool_size=2))
    database.open()
    try:

        def nested(depth: int) -> int:
            return database.write(lambda _: nested(depth - 1), wait=5) if depth else sessions()

        def sessions() -> int:
            found = server.administer(f"select count(*) from pg_stat_activity where datname = '{settings.name}'")
            return int(found[0][0])

        assert nested(2) == 2
        with pytest.raises(psycopg.OperationalError):
            database.write(lambda _: database.write(lambda _: database.write(lambda _: None, wait=0.2)))
    finally:
        database.close()


def test_the_token_names_host_port_user_and_region(settings: Settings) -> None:
    cluster = replace(settings, host="notes.cluster-abc.eu-west-1.rds.amazonaws.com", port=5432, user="app_user")
    token = iam_token(cluster, Clock())()
    address = urllib.parse.urlsplit(f"//{token}")
    query = urllib.parse.parse_qs(address.query, strict_parsing=True)
    assert (address.hostname, address.port, address.path) == (cluster.host, 5432, "/")
    assert query["Action"] == ["connect"]
    assert query["DBUser"] == ["app_user"]
    assert query["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    assert query["X-Amz-Expires"] == ["900"]
    assert query["X-Amz-SignedHeaders"] == ["host"]
    key, _date, region, service, terminator = query["X-Amz-Credential"][0].split("/")
    assert (key, region, service, terminator) == ("AKIAIOSFODNN7EXAMPLE", REGION, "rds-db", "aws4_request")
    assert len(query["X-Amz-Signature"][0]) == 64


def test_a_token_is_kept_for_less_than_it_lives(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    token = iam_token(settings, clock)
    signatures = itertools.count(1)
    monkeypatch.setattr(token._client, "generate_db_auth_token", lambda **_: f"token {next(signatures)}")
    assert TOKEN_LIFETIME_SECONDS < 15 * 60
    assert token() == "token 1"
    clock.now += TOKEN_LIFETIME_SECONDS - 1
    assert token() == "token 1"
    clock.now += 1
    assert token() == "token 2"


@pytest.mark.usefixtures("role_password")
def test_each_new_connection_logs_in_with_the_token_of_its_time(settings: Settings, server: PostgresServer) -> None:
    """The role's password becomes the token itself, so the server admits exactly that token."""
    clock = Clock()
    token = iam_token(settings, clock)
    asked = []

    def source() -> str:
        asked.append(token())
        return asked[-1]

    first = token()
    server.set_role_password(first)
    database = Database(settings, source)
    database.open()
    try:
        assert database.read(lambda connection: connection.execute("select current_user").fetchone()) == (ROLE,)
        assert set(asked) == {first}

        # with other credentials, or a second later, the signature differs
        clock.now += TOKEN_LIFETIME_SECONDS
        token._client = iam_token(settings, clock, access_key="AKIAI44QH8DHBEXAMPLE")._client
        second = token()
        assert second != first
        server.set_role_password(second)
        server.disconnect_everybody(settings)

        assert database.read(lambda connection: connection.execute("select current_user").fetchone()) == (ROLE,)
        assert asked[-1] == second
    finally:
        database.close()
    assert len(asked) == database._pool.get_stats()["connections_num"]


def test_a_rotated_password_file_is_read_again(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("one\n")
    source = password_source(replace(settings, password_file=file))
    assert source() == "one"
    file.write_text("two\n")
    assert source() == "two"
