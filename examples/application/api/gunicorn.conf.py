"""Settings of gunicorn, which reads this file from the working directory."""

import os
import ssl
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from innovate_api.logs import LOGGING
from innovate_api.tls import create_self_signed_certificate

wsgi_app = "innovate_api.wsgi:app"
bind = os.environ.get("BIND", "0.0.0.0:8443")

worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
# a request holds at most one connection: as many threads as connections, and no thread waits for another's
threads = int(os.environ.get("DATABASE_POOL_SIZE", "4"))

# longer than the load balancer's idle timeout of 60 s, or it may reuse a connection that is being closed
keepalive = 75
timeout = 30
graceful_timeout = 25

certfile = os.environ.get("TLS_CERT_FILE")
keyfile = os.environ.get("TLS_KEY_FILE")
if not (certfile and keyfile):
    certfile, keyfile = map(str, create_self_signed_certificate(Path(tempfile.mkdtemp(prefix="tls-"))))

logconfig_dict = LOGGING
# the root file system is read-only, and nothing in the pod would speak to the socket
control_socket_disable = True


def ssl_context(_config: Any, default_ssl_context_factory: Callable[[], ssl.SSLContext]) -> ssl.SSLContext:
    context = default_ssl_context_factory()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
