"""The example's API as its container runs it, over TLS, with a PostgreSQL of its own: until it is told to end.

Arguments: the folder of the API, the folder of the npm packages that hold PostgreSQL, the port.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path


def main(folder: str, packages: str, port: str) -> int:
    sys.path.insert(0, folder)
    from tests import server as postgres

    postgres._PACKAGES = Path(packages)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    server = postgres.PostgresServer()
    try:
        settings = server.create_database()
        environment = {
            **os.environ,
            "DATABASE_HOST": settings.host,
            "DATABASE_PORT": str(settings.port),
            "DATABASE_NAME": settings.name,
            "DATABASE_USER": settings.user,
            "DATABASE_CA_BUNDLE": str(settings.ca_bundle),
            "DATABASE_AUTH": settings.auth.value,
            "DATABASE_PASSWORD_FILE": str(settings.password_file),
            "BIND": f"127.0.0.1:{port}",
            "WEB_CONCURRENCY": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        subprocess.run([sys.executable, "-m", "innovate_api.migrate"], cwd=folder, env=environment, check=True)
        api = subprocess.Popen([sys.executable, "-m", "gunicorn"], cwd=folder, env=environment)
        return api.wait()
    finally:
        server.remove()


sys.exit(main(*sys.argv[1:]))
