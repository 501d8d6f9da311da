"""Lets EKS clusters be a real API server that runs beside the local AWS, where there is one.

REHEARSAL_KUBERNETES names a file with its address and certificate authority. Functions then act with their own role, because
the cluster asks who calls: access entries name roles.
"""

import json
import os
from urllib.parse import urlsplit

from ministack.core import lambda_runtime
from ministack.services import eks, iam, lambda_svc, sts


def install() -> None:
    file = os.environ.get("REHEARSAL_KUBERNETES")
    if not file:
        return
    with open(file, encoding="utf-8") as text:
        server = json.load(text)
    _answer_with(server)
    _act_with_own_role()
    _speak_tls_to(urlsplit(server["endpoint"]).port)


def _answer_with(server: dict) -> None:
    plain_create = eks._create_cluster

    def create(body, *arguments, **options):
        answer = plain_create(body, *arguments, **options)
        cluster = eks._clusters.get(body.get("name"))
        if cluster:
            cluster["certificateAuthority"]["data"] = server["certificateAuthority"]
        return answer

    eks._create_cluster = create
    eks._cluster_endpoint = lambda port: server["endpoint"]
    eks._get_docker = lambda: None  # otherwise it would start a cluster of its own


def _act_with_own_role() -> None:
    plain_credentials = lambda_runtime.execution_credentials

    def credentials(config: dict) -> dict[str, str]:
        role = config.get("Role", "")
        account, name = role.split(":")[4] if role.count(":") >= 5 else "", role.rsplit("/", 1)[-1]
        if (account, name) not in iam._roles._data:
            return plain_credentials(config)
        session = config.get("FunctionName", "function")[:64]
        key = "ASIA" + f"{abs(hash((role, session))):016X}"[:16]
        sts.register_session(key, {
            "Arn": f"arn:aws:sts::{account}:assumed-role/{name}/{session}", "UserId": f"{name}:{session}",
            "SecretAccessKey": "local", "SessionToken": f"session-{key}",
        })
        return {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": "local", "AWS_SESSION_TOKEN": f"session-{key}"}

    for module in (lambda_runtime, lambda_svc):
        module.execution_credentials = credentials


def _speak_tls_to(port: int) -> None:
    """Functions in JavaScript speak plain HTTP to whatever is on this machine, because ministack does."""
    before = "    // Downgrade HTTPS to HTTP for localhost"
    script = lambda_runtime._NODEJS_WORKER_SCRIPT
    if before not in script:
        raise RuntimeError("ministack's worker for JavaScript is another than the one that is known here")
    exception = f'    if (String(options.port) === "{port}") return origHttpsReq.apply(https, original);\n'
    lambda_runtime._NODEJS_WORKER_SCRIPT = script.replace(before, exception + before, 1)
