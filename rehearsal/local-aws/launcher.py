"""Starts ministack, in this process, with a handler for every CloudFormation resource type.

Usage: launcher.py --port PORT --spec FILE --cache DIRECTORY
"""

import argparse
import asyncio
import os
import signal
import sys
import threading
import time

MINISTACK_VERSION = "1.5.33"
HOST = "127.0.0.1"


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
    import rehearsal_paths

    asyncio.run(_serve(rehearsal_paths.beside(app.app), options.port))


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
    import account_settings
    import assumed_resources
    import assumed_roles
    import consents
    import cost_tags
    import custom_resources
    import data_api
    import delegated_security
    import email_subscriptions
    import kubernetes_clusters
    import lambda_code
    import network_resources
    import organization_service
    import public_parameters
    import resource_handlers
    import root_access
    import service_linked_roles
    import stack_outputs
    import trail_resources
    from resource_schema import ResourceSchema

    lambda_code.install(os.path.abspath(options.cache))
    custom_resources.install()
    public_parameters.install()
    stack_outputs.install()
    for module in (account_settings, assumed_resources, assumed_roles, consents, cost_tags, data_api, delegated_security, email_subscriptions,
                   kubernetes_clusters, network_resources, organization_service, root_access, service_linked_roles, trail_resources):
        module.install()
    resource_handlers.install(ResourceSchema(options.spec))


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
