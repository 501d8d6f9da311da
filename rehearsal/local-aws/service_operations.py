"""Operations that ministack lacks, in services it knows and in services it does not.

A service is named as botocore names it (`sso-admin`). botocore's own model says how a
request of it is read and how an answer is written, so an operation is a function from
the members of its input to those of its output. What is not provided here is passed on
to ministack.
"""

import functools
import json
import re
from typing import Callable

import botocore.session
from botocore.model import OperationModel, ServiceModel, Shape
from ministack import app
from ministack.core import router
from ministack.core.responses import error_response_json

import fidelity

Operation = Callable[[dict], dict | None]

# What requests are signed for, where it is not the service's name.
_SIGNED_FOR = {"sso-admin": "sso"}


class ServiceError(Exception):
    """What a service refuses, by the name that its API documents."""

    def __init__(self, code: str, message: str, **members):
        super().__init__(message)
        self.code = code
        self.message = message
        self.members = members


def provide(service: str, operations: dict[str, Operation]) -> None:
    """Puts operations in front of what ministack has of the service, if anything."""
    key = _SIGNED_FOR.get(service, service)
    router.SERVICE_PATTERNS.setdefault(key, {})  # of an unknown service the router reads every model that botocore has
    app.SERVICE_HANDLERS[key] = _handler(service, operations, app.SERVICE_HANDLERS.get(key))
    fidelity.declare_service(service, operations)


@functools.cache
def model_of(service: str) -> ServiceModel:
    """Read when it is first needed: all of them would take a second."""
    return botocore.session.get_session().get_service_model(service)


def _handler(service: str, operations: dict[str, Operation], otherwise):
    async def handle(method, path, headers, body, query_params):
        model = model_of(service)
        operation = _operation_of(model, method, path, headers)
        if operation is None or operation.name not in operations:
            if otherwise:
                return await otherwise(method, path, headers, body, query_params)
            name = operation.name if operation else f"{method} {path}"
            return error_response_json("UnknownOperationException", f"The local AWS has no {model.service_name} {name}.")
        try:
            output = operations[operation.name](_input_of(operation, path, body, query_params)) or {}
        except ServiceError as error:
            return refusal(service, error)
        return 200, {"Content-Type": "application/json"}, json.dumps(_to_wire(operation.output_shape, output), default=str).encode()

    return handle


def refusal(service: str, error: ServiceError) -> tuple:
    model, status = model_of(service), 400
    if error.code in model.shape_names:
        status = model.shape_for(error.code).metadata.get("error", {}).get("httpStatusCode", 400)
    return error_response_json(error.code, error.message, status, error.members)


def _operation_of(model: ServiceModel, method: str, path: str, headers: dict) -> OperationModel | None:
    if model.protocol == "json":
        name = headers.get("x-amz-target", "").rsplit(".", 1)[-1]
        return model.operation_model(name) if name in model.operation_names else None
    for name in model.operation_names:
        operation = model.operation_model(name)
        if operation.http["method"] == method and _path_pattern(operation).fullmatch(path):
            return operation
    return None


def _path_pattern(operation: OperationModel) -> re.Pattern:
    path = operation.http["requestUri"].split("?")[0]
    return re.compile(re.sub(r"\\\{(\w+)(\\\+)?\\\}", lambda label: f"(?P<{label[1]}>{'.+' if label[2] else '[^/]+'})", re.escape(path)) + "/?")


def _input_of(operation: OperationModel, path: str, body: bytes, query_params: dict) -> dict:
    shape = operation.input_shape
    if shape is None:
        return {}
    given = _from_wire(shape, json.loads(body) if body else {})
    labels = _path_pattern(operation).fullmatch(path).groupdict() if operation.service_model.protocol != "json" else {}
    for name, member in shape.members.items():
        source = {"uri": labels, "querystring": query_params}.get(member.serialization.get("location"), {})
        if _wire_name(name, member) in source:
            value = source[_wire_name(name, member)]
            given[name] = value[0] if isinstance(value, list) and member.type_name != "list" else value
    return given


def _wire_name(name: str, shape: Shape) -> str:
    return shape.serialization.get("name", name)


def _from_wire(shape: Shape, value):
    if shape.type_name == "structure":
        return {name: _from_wire(member, value[_wire_name(name, member)])
                for name, member in shape.members.items() if _wire_name(name, member) in value}
    if shape.type_name == "list":
        return [_from_wire(shape.member, item) for item in value]
    return value


def _to_wire(shape: Shape | None, value):
    if shape is None:
        return {}
    if shape.type_name == "structure":
        return {_wire_name(name, member): _to_wire(member, value[name])
                for name, member in shape.members.items() if value.get(name) is not None}
    if shape.type_name == "list":
        return [_to_wire(shape.member, item) for item in value]
    return value
