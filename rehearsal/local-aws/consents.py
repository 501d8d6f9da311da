"""What only a person can grant: connections to a code host, Slack workspaces, an Identity Center instance.

Each is there because templates name it. Connections are pending and workspaces are not
authorized until a rehearsal gives the consent that a person gives on AWS; see rehearsal_paths.py.
"""

import hashlib
import re

from ministack.core.responses import AccountRegionScopedDict, AccountScopedDict, get_account_id, get_region, request_scope
from ministack.services.cloudformation.provisioners import _physical_name

import preparedness
from service_operations import ServiceError, provide

_CONNECTION = re.compile(r"arn:aws:code(?:connections|star-connections):([a-z0-9-]+):(\d{12}):connection/([0-9a-f-]{36})")
_CONNECTION_TYPES = {"AWS::CodeConnections::Connection": "codeconnections", "AWS::CodeStarConnections::Connection": "codestar-connections"}
_SLACK_CHANNEL = "AWS::Chatbot::SlackChannelConfiguration"

_connections = AccountRegionScopedDict()  # id -> Connection
_workspaces = AccountScopedDict()  # Slack team id -> SlackWorkspace, authorized ones
_instances = AccountRegionScopedDict()  # ARN -> Identity Center instance


def install() -> None:
    for service in ("codeconnections", "codestar-connections"):
        provide(service, {
            "GetConnection": lambda request: {"Connection": _connection(request["ConnectionArn"])},
            "ListConnections": _list_connections,
            "CreateConnection": lambda request, service=service: {
                "ConnectionArn": _create_connection(service, request["ConnectionName"], request), "Tags": request.get("Tags")},
            "DeleteConnection": lambda request: _delete_connection(request["ConnectionArn"]),
        })
    provide("chatbot", {"DescribeSlackWorkspaces": lambda request: {"SlackWorkspaces": list(_workspaces.values())}})
    provide("sso-admin", {"ListInstances": lambda request: {"Instances": list(_instances.values())}})


def handlers() -> dict[str, dict]:
    return {name: _connection_handlers(service) for name, service in _CONNECTION_TYPES.items()}


def assume_connections(text: str) -> list[str]:
    """Makes the connections whose ARNs a text names; returns what was made."""
    made = []
    for match in _CONNECTION.finditer(text):
        region, account, connection_id = match.groups()
        with request_scope(account, region):
            if connection_id not in _connections:
                _connections[connection_id] = _record(match[0], f"assumed-{connection_id[:8]}", "GitHub")
                made.append(f"connection {match[0]}, whose consent is pending until it is given")
    return made


def assume_instance(arn: str, store_id: str | None) -> bool:
    """Makes an Identity Center instance in the account and region of the current request."""
    if arn in _instances:
        return False
    _instances[arn] = {
        "InstanceArn": arn, "IdentityStoreId": store_id or f"d-{hashlib.sha256(arn.encode()).hexdigest()[:10]}",
        "OwnerAccountId": get_account_id(), "Status": "ACTIVE", "CreatedDate": 1767225600,
    }
    return True


def assume_workspace(account: str, properties: dict) -> bool:
    """Authorizes the Slack workspace that a channel names, if that was asked for."""
    team_id = properties.get("SlackWorkspaceId")
    with request_scope(account, get_region()):
        wanted = preparedness.is_assumed() and isinstance(team_id, str) and team_id not in _workspaces
    if wanted:
        give_workspace(account, team_id)
    return wanted


def refuse_without_consent(type_name: str, properties: dict) -> None:
    """Raises where AWS does not make a resource before a person has agreed."""
    if type_name == _SLACK_CHANNEL and properties["SlackWorkspaceId"] not in _workspaces:
        raise ValueError(f"Invalid request provided: Slack workspace {properties['SlackWorkspaceId']} is not authorized with AWS account {get_account_id()}.")


def give_connection(arn: str) -> None:
    match = _CONNECTION.fullmatch(arn)
    if match is None:
        raise ServiceError("ValidationException", f"{arn} is not the ARN of a connection.")
    with request_scope(match[2], match[1]):
        _connections[match[3]] = {**_connection(arn), "ConnectionStatus": "AVAILABLE"}


def give_workspace(account: str, team_id: str) -> None:
    with request_scope(account, get_region()):
        _workspaces[team_id] = {"SlackTeamId": team_id, "SlackTeamName": team_id.lower(), "State": "ENABLED"}


def _connection(arn: str) -> dict:
    connection_id = arn.rsplit("/", 1)[-1]
    if connection_id not in _connections:
        raise ServiceError("ResourceNotFoundException", f"[Connection] Connection not found: {arn}")
    return _connections[connection_id]


def _list_connections(request: dict) -> dict:
    wanted = request.get("ProviderTypeFilter")
    return {"Connections": [connection for connection in _connections.values() if wanted in (None, connection["ProviderType"])]}


def _create_connection(service: str, name: str, properties: dict) -> str:
    digest = hashlib.sha256(f"{get_account_id()}/{get_region()}/{name}".encode()).hexdigest()
    connection_id = "-".join((digest[:8], digest[8:12], digest[12:16], digest[16:20], digest[20:32]))
    arn = f"arn:aws:{service}:{get_region()}:{get_account_id()}:connection/{connection_id}"
    _connections[connection_id] = _record(arn, name, properties.get("ProviderType"), properties.get("HostArn"))
    return arn


def _delete_connection(arn: str) -> None:
    _connection(arn)
    del _connections[arn.rsplit("/", 1)[-1]]


def _record(arn: str, name: str, provider_type: str | None, host_arn: str | None = None) -> dict:
    return {"ConnectionName": name, "ConnectionArn": arn, "ProviderType": provider_type, "OwnerAccountId": get_account_id(),
            "ConnectionStatus": "PENDING", "HostArn": host_arn}


def _connection_handlers(service: str) -> dict:
    def create(logical_id, properties, stack_name):
        arn = _create_connection(service, properties.get("ConnectionName") or _physical_name(stack_name, logical_id, max_len=32), properties)
        record = _connection(arn)
        return arn, {"ConnectionArn": arn, "ConnectionStatus": record["ConnectionStatus"], "OwnerAccountId": record["OwnerAccountId"]}

    return {"create": create, "delete": lambda physical_id, properties: _delete_connection(physical_id)}
