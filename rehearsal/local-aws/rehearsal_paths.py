"""Paths of the rehearsal's own, beside the AWS APIs.

GET  /_rehearsal/status   what happens with each resource type, which operations were added, what was assumed
POST /_rehearsal/expect   {"assembly": directory, "prepared": whether the first-run checklist is taken as done}: makes what its
                          templates expect to exist
POST /_rehearsal/consent  what a person grants on AWS: {"connection": ARN}, {"slackWorkspace": id, "account": id},
                          or {"subscription": e-mail address, "account": id}
"""

import json
import os

import assumed_resources
import consents
import email_subscriptions
import fidelity
import preparedness
from service_operations import ServiceError

_PREFIX = "/_rehearsal/"


def beside(app):
    """An application that answers these paths, and passes everything else on.

    It also takes what is sent as to a proxy: the AWS CLI puts the account in front of the host name for
    S3's account settings, and such a name of a loopback address is found by nobody.
    """
    async def application(scope, receive, send):
        if scope["type"] == "http" and scope["path"].startswith("http://"):
            scope = {**scope, **{name: _path_of(scope[name]) for name in ("path", "raw_path")}}
        if scope["type"] != "http" or not scope["path"].startswith(_PREFIX):
            await app(scope, receive, send)
            return
        status, answer = _answer(scope["method"], scope["path"].removeprefix(_PREFIX), await _body(receive))
        await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", b"application/json")]})
        await send({"type": "http.response.body", "body": json.dumps(answer).encode()})

    return application


def _answer(method: str, name: str, body: bytes) -> tuple[int, dict]:
    action = _ACTIONS.get((method, name))
    if action is None:
        return 404, {"message": f"There is no {method} {_PREFIX}{name}."}
    try:
        return 200, action(json.loads(body or b"{}")) or {}
    except (ServiceError, KeyError, OSError, ValueError) as error:
        return 400, {"message": str(error)}


def _status(_request: dict) -> dict:
    return {"pid": os.getpid(), "types": fidelity.report(), "services": fidelity.services(), "assumed": assumed_resources.report()}


def _expect(request: dict) -> None:
    preparedness.assume(request["prepared"])
    assumed_resources.expect_assembly(request["assembly"])


def _consent(request: dict) -> None:
    if "connection" in request:
        consents.give_connection(request["connection"])
    elif "subscription" in request:
        email_subscriptions.confirm(request["account"], request["subscription"])
    else:
        consents.give_workspace(request["account"], request["slackWorkspace"])


def _path_of(target):
    """`/path` of `http://host/path`, as text or as bytes."""
    slash = target[:0] + ("/" if isinstance(target, str) else b"/")
    return slash + (target.split(slash, 3) + [target[:0]])[3]


async def _body(receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            return body


_ACTIONS = {
    ("GET", "status"): _status,
    ("POST", "expect"): _expect,
    ("POST", "consent"): _consent,
}
