"""Starts ministack, in this process, with a handler for every CloudFormation resource type.

Usage: launcher.py --port PORT --spec FILE --cache DIRECTORY
"""

import argparse
import asyncio
import json
import os
import signal
import sys
import threading
import time

MINISTACK_VERSION = "1.5.33"
HOST = "127.0.0.1"
STATUS_PATH = "/_rehearsal/status"


def main() -> None:
    options = _options()
    _configure(options.port)
    _end_with_parent()

    from importlib.metadata import version

    if version("ministack") != MINISTACK_VERSION:
        sys.exit(f"The launcher is made for ministack {MINISTACK_VERSION}, not {version('ministack')}: install requirements.txt.")

    from ministack import app

    _install(options)
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    asyncio.run(_serve(_with_status(app.app), options.port))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--spec", required=True)
    parser.add_argument("--cache", required=True)
    return parser.parse_args()


def _configure(port: int) -> None:
    """ministack reads its settings when it is imported."""
    os.environ.pop("AWS_ENDPOINT_URL", None)
    os.environ.pop("AWS_ENDPOINT_URL_S3", None)
    os.environ.update(
        BIND_HOST=HOST, MINISTACK_HOST=HOST, GATEWAY_PORT=str(port),
        IOT_MTLS_ENABLED="0", SFTP_ENABLED="0", LAMBDA_EXECUTOR="local",
        AWS_EC2_METADATA_DISABLED="true", LOG_LEVEL=os.environ.get("LOG_LEVEL", "WARNING"),
    )


def _end_with_parent() -> None:
    """A killed parent cannot end its children, so the launcher watches for it."""
    if os.environ.get("REHEARSAL_KEEP") == "1":
        return
    parent = os.getppid()

    def watch():
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _install(options: argparse.Namespace) -> None:
    import custom_resources
    import lambda_code
    import public_parameters
    import resource_handlers
    import stack_outputs
    from resource_schema import ResourceSchema

    lambda_code.install(os.path.abspath(options.cache))
    custom_resources.install()
    public_parameters.install()
    stack_outputs.install()
    resource_handlers.install(ResourceSchema(options.spec))


def _with_status(app):
    """Answers what happens with each resource type, beside the AWS APIs."""
    import assumed_resources
    import fidelity

    async def application(scope, receive, send):
        if scope["type"] != "http" or scope["path"] != STATUS_PATH:
            await app(scope, receive, send)
            return
        body = json.dumps({"pid": os.getpid(), "types": fidelity.report(), "assumed": assumed_resources.report()}).encode()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
        await send({"type": "http.response.body", "body": body})

    return application


async def _serve(application, port: int) -> None:
    from hypercorn.asyncio import serve
    from hypercorn.config import Config

    config = Config()
    config.bind = [f"{HOST}:{port}"]
    config.keep_alive_timeout = 75
    config.loglevel = os.environ["LOG_LEVEL"]
    await serve(application, config)


if __name__ == "__main__":
    main()
