"""The Data API of Aurora PostgreSQL without a database behind it: it remembers the roles that committed transactions made.

ministack's own has transactions only where a container runs. Clusters, endpoint and secret
are checked as the service checks them; of SQL it knows roles and memberships, and that one
call takes one statement. That the SQL is right is proven on a real PostgreSQL elsewhere.
"""

import re
import uuid

from ministack import app
from ministack.core.responses import AccountRegionScopedDict
from ministack.services import rds, rds_data

from service_operations import ServiceError, provide

_QUOTED = re.compile(r"\$\$.*?\$\$|'(?:[^']|'')*'", re.DOTALL)
_CREATE = re.compile(r"\bCREATE ROLE (\w+)", re.IGNORECASE)
_LOGIN = re.compile(r"\bALTER ROLE (\w+) (NO)?LOGIN\b", re.IGNORECASE)
_GRANT = re.compile(r"\bGRANT (\w+) TO (\w+)\s*$", re.IGNORECASE)
_REVOKE = re.compile(r"\bREVOKE (\w+(?:, \w+)*) FROM (\w+)", re.IGNORECASE)

_transactions = AccountRegionScopedDict()  # id -> the cluster and its statements until they are committed
_roles = AccountRegionScopedDict()  # resource id of the cluster -> role -> {"login": …, "member_of": …}


def install() -> None:
    provide("rds-data", {
        "BeginTransaction": _begin, "ExecuteStatement": _execute, "CommitTransaction": _commit, "RollbackTransaction": _rollback})
    rds_data.handle_request = app.SERVICE_HANDLERS["rds-data"]  # ministack recognizes its paths before it looks for a service


def _begin(request: dict) -> dict:
    cluster = _cluster(request)
    transaction = uuid.uuid4().hex
    _transactions[transaction] = (cluster["DbClusterResourceId"], [])
    return {"transactionId": transaction}


def _execute(request: dict) -> dict:
    cluster, sql = _cluster(request), request["sql"]
    if ";" in _QUOTED.sub("", sql).rstrip("; \n"):
        raise ServiceError("BadRequestException", "Multistatements aren't supported.")
    if "transactionId" not in request:
        return {"numberOfRecordsUpdated": 0, "records": _answer(_roles.get(cluster["DbClusterResourceId"], {}), sql)}
    _, statements = _transaction(request, cluster)
    statements.append(sql)
    return {"numberOfRecordsUpdated": 0}


def _commit(request: dict) -> dict:
    cluster = _cluster(request)
    resource_id, statements = _transaction(request, cluster)
    roles = _roles.setdefault(resource_id, {})
    for sql in statements:
        _apply(roles, sql)
    del _transactions[request["transactionId"]]
    return {"transactionStatus": "Transaction Committed"}


def _rollback(request: dict) -> dict:
    _transaction(request, _cluster(request))
    del _transactions[request["transactionId"]]
    return {"transactionStatus": "Rollback Complete"}


def _cluster(request: dict) -> dict:
    """The cluster of a request, if the service would run SQL in it."""
    arn = request["resourceArn"]
    cluster = rds._resolve_cluster(arn)
    if cluster is None:
        raise ServiceError("BadRequestException", f"Database cluster not found for ARN: {arn}")
    if not cluster.get("HttpEndpointEnabled"):
        raise ServiceError("HttpEndpointNotEnabledException", f"HttpEndpoint is not enabled for resource {arn}")
    if not any(instance.get("DBClusterIdentifier") == cluster["DBClusterIdentifier"] for instance in rds._instances.values()):
        raise ServiceError("DatabaseNotFoundException", f"{arn} doesn't have a DB instance")
    managed = (cluster.get("MasterUserSecret") or {}).get("SecretArn")
    if managed and request["secretArn"] != managed:
        raise ServiceError("BadRequestException", "The secret is not the one of the administrator.")
    return cluster


def _transaction(request: dict, cluster: dict) -> tuple[str, list]:
    found = _transactions.get(request["transactionId"])
    if found is None or found[0] != cluster["DbClusterResourceId"]:
        raise ServiceError("TransactionNotFoundException", f"Transaction {request['transactionId']} is not found")
    return found


def _apply(roles: dict, sql: str) -> None:
    for name in _CREATE.findall(sql):
        roles.setdefault(name, {"login": False, "member_of": set()})
    for name, no in _LOGIN.findall(sql):
        _role(roles, name)["login"] = not no
    if " ON " in sql:
        return  # privileges on things, not memberships
    for granted, name in _GRANT.findall(sql):
        _role(roles, name)["member_of"].add(granted)
    for revoked, name in _REVOKE.findall(sql):
        _role(roles, name)["member_of"].difference_update(revoked.split(", "))


def _role(roles: dict, name: str) -> dict:
    """A role that no transaction made, the administrator for one, is nobody's to remember."""
    return roles.get(name, {"login": False, "member_of": set()})


def _answer(roles: dict, sql: str) -> list:
    """Two questions: who may log in, and who is a member of what."""
    if sql == "SELECT rolname, rolcanlogin FROM pg_roles":
        return [[{"stringValue": name}, {"booleanValue": role["login"]}] for name, role in sorted(roles.items())]
    if sql == "SELECT member::regrole, roleid::regrole FROM pg_auth_members":
        return [[{"stringValue": name}, {"stringValue": group}] for name, role in sorted(roles.items()) for group in sorted(role["member_of"])]
    raise ServiceError("BadRequestException", "The local AWS runs no SQL.")
