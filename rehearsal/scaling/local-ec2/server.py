"""Starts moto, in this process, as a local EC2 in which Karpenter can launch machines.

What moto lacks of it is in the modules beside this one; `/_local/…` is for the rehearsal alone.

Usage: server.py --port PORT --account ID --region NAME --prices FILE
"""

import argparse
import importlib.metadata
import os
import signal
import sys
import threading
import time
from contextlib import nullcontext
from io import BytesIO

MOTO_VERSION = "5.2.5"
HOST = "127.0.0.1"


def main() -> None:
    options = _options()
    _end_with_parent()
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    if importlib.metadata.version("moto") != MOTO_VERSION:
        sys.exit(f"The local EC2 is made for moto {MOTO_VERSION}, not {importlib.metadata.version('moto')}: install requirements.txt.")

    # moto reads its settings when it is imported
    os.environ.update(MOTO_ACCOUNT_ID=options.account, MOTO_EC2_LOAD_DEFAULT_AMIS="false", MOTO_IAM_LOAD_MANAGED_POLICIES="false")
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
    from werkzeug.serving import make_server

    import control
    import fleets
    import instance_types
    import missing_services
    import prices
    import public_images

    price_list = prices.PriceList(options.prices, options.region)
    market = fleets.Market(price_list)
    instance_types.install(price_list)
    prices.install(price_list)
    fleets.install(market)
    public_images.install(options.account, options.region)

    moto = DomainDispatcherApplication(create_backend_app)
    application = control.before(missing_services.before(moto, price_list), market, options.account, options.region)
    server = make_server(HOST, options.port, _one_at_a_time(application), threaded=True, request_handler=_quiet(MotoRequestHandler))
    server.serve_forever()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--account", required=True)
    parser.add_argument("--region", required=True)
    parser.add_argument("--prices", required=True, help="node-prices.json")
    return parser.parse_args()


def _one_at_a_time(application):
    """moto's models are not made for several threads; connections are kept alive, so a thread each they need."""
    import missing_services

    lock = threading.Lock()

    def locked(environ, start_response):
        # read first: a client that is slow to send holds up nobody
        environ["wsgi.input"] = BytesIO(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)))
        with nullcontext() if missing_services.service_of(environ) == "sqs" else lock:  # a queue is waited at, for twenty seconds at a time
            return list(application(environ, start_response))

    return locked


def _quiet(handler):
    class Quiet(handler):
        protocol_version = "HTTP/1.1"

        def log_request(self, code="-", size="-") -> None:
            if str(code)[0] in "45":
                super().log_request(code, size)

    return Quiet


def _end_with_parent() -> None:
    """A killed parent cannot end its children, so the server watches for it."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(0)

    threading.Thread(target=watch, daemon=True).start()


if __name__ == "__main__":
    main()
