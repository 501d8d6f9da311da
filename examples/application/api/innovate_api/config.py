"""What the process is told by its environment, checked once at start."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path


class ConfigurationError(Exception):
    """The environment does not describe a database the process could log in to."""


class DatabaseAuth(Enum):
    IAM = "iam"
    PASSWORD_FILE = "password-file"  # noqa: S105 - the name of a method, not a password


@dataclass(frozen=True, kw_only=True)
class Settings:
    host: str
    port: int
    name: str
    user: str
    ca_bundle: Path
    auth: DatabaseAuth
    region: str | None = None
    password_file: Path | None = None
    pool_size: int = 4

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        def required(variable: str, why: str = "") -> str:
            if value := environment.get(variable, "").strip():
                return value
            raise ConfigurationError(f"{variable} is not set{why}")

        def number(variable: str, default: int, highest: int) -> int:
            text = environment.get(variable, str(default)).strip()
            if text.isascii() and text.isdigit() and 1 <= int(text) <= highest:
                return int(text)
            raise ConfigurationError(f"{variable} must be a number from 1 to {highest}, got {text!r}")

        method = environment.get("DATABASE_AUTH", DatabaseAuth.IAM.value)
        try:
            auth = DatabaseAuth(method)
        except ValueError as error:
            raise ConfigurationError(f"DATABASE_AUTH must be iam or password-file, got {method!r}") from error

        # libpq would report a missing bundle only at the first connection, as one failure among many
        ca_bundle = Path(required("DATABASE_CA_BUNDLE"))
        if not ca_bundle.is_file():
            raise ConfigurationError(f"DATABASE_CA_BUNDLE names {str(ca_bundle)!r}, which is not a file")

        return cls(
            host=required("DATABASE_HOST"),
            port=number("DATABASE_PORT", default=5432, highest=65535),
            name=required("DATABASE_NAME"),
            user=required("DATABASE_USER"),
            ca_bundle=ca_bundle,
            auth=auth,
            region=required("AWS_REGION", " and DATABASE_AUTH=iam needs it") if auth is DatabaseAuth.IAM else None,
            password_file=(
                Path(required("DATABASE_PASSWORD_FILE", " and DATABASE_AUTH=password-file needs it"))
                if auth is DatabaseAuth.PASSWORD_FILE
                else None
            ),
            pool_size=number("DATABASE_POOL_SIZE", default=4, highest=100),
        )
