"""The process as the container starts it: gunicorn, TLS, signals."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from innovate_api.config import Settings

API = Path(__file__).parent.parent


def test_gunicorn_serves_tls_and_leaves_on_sigterm(settings: Settings, tmp_path: Path) -> None:
    environment = {
        "PATH": os.environ["PATH"],
        "TMPDIR": str(tmp_path),
        "BIND": "127.0.0.1:0",
        "WEB_CONCURRENCY": "1",
        "DATABASE_HOST": settings.host,
        "DATABASE_PORT": str(settings.port),
        "DATABASE_NAME": settings.name,
        "DATABASE_USER": settings.user,
        "DATABASE_CA_BUNDLE": str(settings.ca_bundle),
        "DATABASE_AUTH": settings.auth.value,
        "DATABASE_PASSWORD_FILE": str(settings.password_file),
        "PYTHONUNBUFFERED": "1",
    }
    output = tmp_path / "output"
    with output.open("wb") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn"], cwd=API, env=environment, stdout=stream, stderr=subprocess.STDOUT
        )
    try:
        port = _port(process, output)
        # what the load balancer does: encrypt, trust anybody
        trusting = ssl._create_unverified_context()  # noqa: S323

        def get(path: str) -> object:
            with urllib.request.urlopen(f"https://127.0.0.1:{port}{path}", context=trusting, timeout=10) as response:
                return json.load(response)

        assert get("/healthz") == {"status": "ok"}
        assert get("/readyz") == {"status": "ok"}
        assert get("/api/notes") == {"items": [], "next": None}
        with socket.create_connection(("127.0.0.1", port)) as raw, trusting.wrap_socket(raw) as secured:
            assert secured.version() == "TLSv1.3"
        (key,) = tmp_path.glob("tls-*/tls.key")
        assert key.stat().st_mode & 0o077 == 0
    finally:
        process.send_signal(signal.SIGTERM)
        exit_code = process.wait(timeout=30)
    assert exit_code == 0
    entries = [json.loads(line) for line in output.read_text().splitlines()]
    assert {"request"} <= {entry["message"] for entry in entries}
    assert not [entry for entry in entries if entry["level"] in ("warning", "error", "critical")]


def _port(process: subprocess.Popen[bytes], output: Path) -> int:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and process.poll() is None:
        if found := re.search(r"Listening at: https://127\.0\.0\.1:(\d+)", output.read_text()):
            return int(found[1])
        time.sleep(0.05)
    raise AssertionError(f"gunicorn did not start:\n{output.read_text()}")
