"""Where the database password comes from, asked anew for every connection."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import boto3

from .config import DatabaseAuth, Settings

# RDS refuses a token after 15 minutes. A token also dies with the role credentials that signed it, which botocore
# renews in their last 10 minutes: a token kept for 5 is valid on both counts.
TOKEN_LIFETIME_SECONDS = 300.0

PasswordSource = Callable[[], str]


def password_source(settings: Settings) -> PasswordSource:
    if settings.auth is DatabaseAuth.IAM:
        return IamToken(settings)
    password_file = settings.password_file
    if password_file is None:
        raise ValueError("password_file is required when auth is password-file")
    # read each time, so that a rotated secret is picked up by the next connection
    return lambda: password_file.read_text(encoding="utf-8").rstrip("\n")


class IamToken:
    """An RDS authentication token, signed locally with the pod's role.

    See https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/UsingWithRDS.IAMDBAuth.html
    """

    def __init__(
        self,
        settings: Settings,
        session: Any = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._client = (session or boto3.Session()).client("rds", region_name=settings.region)
        self._clock = clock
        self._lock = threading.Lock()
        self._token = ""
        self._renew_at = float("-inf")

    def __call__(self) -> str:
        with self._lock:
            now = self._clock()
            if now >= self._renew_at:
                self._token = self._client.generate_db_auth_token(
                    DBHostname=self._settings.host,
                    Port=self._settings.port,
                    DBUsername=self._settings.user,
                    Region=self._settings.region,
                )
                self._renew_at = now + TOKEN_LIFETIME_SECONDS
            return self._token
