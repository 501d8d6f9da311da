from __future__ import annotations

from pathlib import Path

import pytest

from innovate_api.config import ConfigurationError, DatabaseAuth, Settings


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    bundle = tmp_path / "bundle.pem"
    bundle.touch()
    return {
        "DATABASE_HOST": "db.example",
        "DATABASE_PORT": "5433",
        "DATABASE_NAME": "notes",
        "DATABASE_USER": "app_user",
        "DATABASE_CA_BUNDLE": str(bundle),
        "DATABASE_AUTH": "iam",
        "AWS_REGION": "eu-west-1",
    }


def test_minimal(environment: dict[str, str]) -> None:
    del environment["DATABASE_PORT"], environment["DATABASE_AUTH"]
    settings = Settings.from_environment(environment)
    assert (settings.port, settings.auth, settings.pool_size) == (5432, DatabaseAuth.IAM, 4)


def test_password_file_needs_no_region(environment: dict[str, str]) -> None:
    del environment["AWS_REGION"]
    settings = Settings.from_environment(
        {**environment, "DATABASE_AUTH": "password-file", "DATABASE_PASSWORD_FILE": "/run/secrets/database"}
    )
    assert settings.password_file == Path("/run/secrets/database")


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("DATABASE_HOST", "", "DATABASE_HOST is not set"),
        ("DATABASE_NAME", " ", "DATABASE_NAME is not set"),
        ("DATABASE_USER", "", "DATABASE_USER is not set"),
        ("DATABASE_PORT", "0", "DATABASE_PORT must be a number from 1 to 65535, got '0'"),
        ("DATABASE_PORT", "5432x", "DATABASE_PORT must be"),
        ("DATABASE_POOL_SIZE", "-1", "DATABASE_POOL_SIZE must be"),
        ("DATABASE_CA_BUNDLE", "/nowhere.pem", "which is not a file"),
        ("DATABASE_AUTH", "password", "DATABASE_AUTH must be iam or password-file, got 'password'"),
        ("DATABASE_AUTH", "password-file", "DATABASE_PASSWORD_FILE is not set"),
        ("AWS_REGION", "", "AWS_REGION is not set and DATABASE_AUTH=iam needs it"),
    ],
)
def test_a_wrong_variable_is_named(environment: dict[str, str], variable: str, value: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        Settings.from_environment({**environment, variable: value})
