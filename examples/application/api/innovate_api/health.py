"""What the kubelet and the load balancer ask."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, jsonify

from .database import Database

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def alive() -> Response:
    # the database is left out on purpose: restarting every pod does not bring a database back
    return jsonify(status="ok")


@blueprint.get("/readyz")
def ready() -> Response:
    database: Database = current_app.extensions["database"]
    database.probe()
    return jsonify(status="ok")
