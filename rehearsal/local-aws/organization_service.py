"""AWS Organizations as accounts share it.

ministack gives every account an organization of its own at the first call. Here an account is in
none until it creates one, or until one is assumed; its members see the same organization, and only
its management account may change it. The records are ministack's; what it knows and has right, it does.
"""

import hashlib
import json
import re
import time

from ministack.core.responses import AccountScopedDict, get_account_id, get_region, request_scope
from ministack.services import organizations

import fidelity
from organization_policies import OPERATIONS as POLICY_OPERATIONS
from organization_policies import attach_defaults, detach_everything, plain_call, turn_on
import preparedness
from service_operations import ServiceError, model_of, refusal

ACCESS_ROLE = "OrganizationAccountAccessRole"
_ACCOUNTS_AT_MOST = 10
_PREPARED_SERVICES = (
    "access-analyzer", "account", "backup", "cloudtrail", "compute-optimizer", "config", "config-multiaccountsetup", "ec2",
    "guardduty", "iam", "inspector2", "member.org.stacksets.cloudformation", "ram", "securityhub", "sso", "tagpolicies.tag",
)
_OF_ANY_MEMBER = {"DescribeOrganization"}

_management_of: dict[str, str] = {}
_roles: dict[str, str] = {}  # account -> the role that the management account may assume in it
_trusted = AccountScopedDict()  # service principal -> since when
_delegated = AccountScopedDict()  # account -> {service principal: since when}


def install() -> None:
    organizations._POLICY_TYPES = tuple(model_of("organizations").shape_for("PolicyType").enum)

    async def handle_request(method, path, headers, body, query_params):
        try:
            answer = call(headers.get("x-amz-target", "").rsplit(".", 1)[-1], **json.loads(body or b"{}"))
        except ServiceError as error:
            return refusal("organizations", error)
        return organizations._json(200, answer)

    organizations.handle_request = handle_request
    fidelity.declare_service("organizations", {**organizations._DISPATCH, **_OPERATIONS})


def call(operation: str, **payload) -> dict:
    """One call of the API as the account of the current request."""
    account = get_account_id()
    if operation == "CreateOrganization":
        return _create_organization(**payload)
    management = _management_of.get(account)
    if management is None:
        raise ServiceError("AWSOrganizationsNotInUseException", "Your account is not a member of an organization.")
    if account != management and operation not in _OF_ANY_MEMBER and not _delegate_reads(management, account, operation):
        raise ServiceError("AccessDeniedException", "You don't have permissions to access this resource.")
    with request_scope(management, get_region()):
        own = _OPERATIONS.get(operation)
        return (own(**payload) if own else plain_call(operation, payload)) or {}


def management_account() -> str | None:
    """Of the organization that the account of the current request is in."""
    return _management_of.get(get_account_id())


def is_member(account: str) -> bool:
    """Whether an account is in the organization of the current request's account, its management account included."""
    return account in _management_of and _management_of[account] == management_account()


def is_trusted(principal: str) -> bool:
    with request_scope(management_account() or "", get_region()):
        return principal in _trusted


def is_delegate(account: str, principal: str) -> bool:
    with request_scope(management_account() or "", get_region()):
        return principal in (_delegated.get(account) or {})


def delegate(account: str, principal: str) -> None:
    """What a service does when it is told its administrator: it takes its trusted access and registers the account."""
    with request_scope(management_account(), get_region()):
        _trusted.setdefault(principal, _now())
        _delegated[account] = {**(_delegated.get(account) or {}), principal: _now()}


def undelegate(account: str, principal: str) -> None:
    with request_scope(management_account(), get_region()):
        _delegated[account] = {name: since for name, since in (_delegated.get(account) or {}).items() if name != principal}


def may_be_assumed(caller: str, account: str, role: str) -> bool:
    """Whether a role is the one that Organizations left in a member account for its management account."""
    return _management_of.get(account) == caller != account and _roles.get(account) == role


def assume(management: str, organization_id: str | None, root_id: str | None) -> str:
    """Makes an organization that existed before anything was deployed; returns its id."""
    with request_scope(management, get_region()):
        return _found(organization_id, root_id)["Id"]


def assume_member(management: str, account: str) -> None:
    if account not in _management_of:
        with request_scope(management, get_region()):
            _join(account, f"assumed-{account}", f"assumed+{account}@example.com", "INVITED")
            _roles[account] = ACCESS_ROLE


def assume_unit(management: str, unit_id: str) -> None:
    with request_scope(management, get_region()):
        if unit_id not in organizations._ous:
            _keep_unit(unit_id, f"assumed-{unit_id}", _root_id())


def _create_organization(FeatureSet: str = "ALL") -> dict:
    if get_account_id() in _management_of:
        raise ServiceError("AlreadyInOrganizationException", "The AWS account is already a member of an organization.")
    organization = _found()
    if FeatureSet == "ALL":
        turn_on("SERVICE_CONTROL_POLICY")
    organizations._orgs["self"] = {**organization, "FeatureSet": FeatureSet}
    return {"Organization": organizations._orgs["self"]}


def _found(organization_id: str | None = None, root_id: str | None = None) -> dict:
    management = get_account_id()
    organization_id = organization_id or f"o-{_hash(management)[:10]}"
    root_id = root_id or f"r-{_hash(management)[10:14]}"
    email = f"management+{management}@example.com"
    organization = {
        "Id": organization_id,
        "Arn": f"arn:aws:organizations::{management}:organization/{organization_id}",
        "FeatureSet": "ALL",
        "MasterAccountArn": _account_arn(organization_id, management),
        "MasterAccountId": management,
        "MasterAccountEmail": email,
        "AvailablePolicyTypes": [{"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}],
    }
    organizations._orgs["self"] = organization
    organizations._roots[root_id] = {
        "Id": root_id, "Arn": f"arn:aws:organizations::{management}:root/{organization_id}/{root_id}", "Name": "Root", "PolicyTypes": [],
    }
    _join(management, "management", email, "INVITED")
    if preparedness.is_assumed():
        for policy_type in organizations._POLICY_TYPES:
            turn_on(policy_type)
        _trusted.update({f"{service}.amazonaws.com": _now() for service in _PREPARED_SERVICES})
    return organization


def _delete_organization() -> None:
    management = get_account_id()
    if len(organizations._accounts) > 1:
        raise ServiceError("OrganizationNotEmptyException", "To delete an organization you must first remove all member accounts.")
    for store in (organizations._orgs, organizations._accounts, organizations._ous, organizations._roots, organizations._tags,
                  organizations._policies, organizations._attachments, organizations._create_statuses, _trusted, _delegated):
        for key in list(store):
            del store[key]
    del _management_of[management]


def _join(account: str, name: str, email: str, method: str) -> None:
    management = get_account_id()
    _management_of[account] = management
    root_id = _root_id()
    organizations._accounts[account] = {
        "Id": account, "Arn": _account_arn(organizations._orgs["self"]["Id"], account), "Email": email, "Name": name,
        "Status": "ACTIVE", "State": "ACTIVE", "JoinedMethod": method, "JoinedTimestamp": _now(),
        "Paths": [f"{_path_of(root_id)}{account}/"], "_ParentId": root_id,
    }
    attach_defaults(account)


def _create_account(Email: str, AccountName: str, RoleName: str = ACCESS_ROLE, Tags: list | None = None, **_) -> dict:
    status = {"Id": f"car-{_hash(Email)[:32]}", "AccountName": AccountName, "RequestedTimestamp": _now(), "CompletedTimestamp": _now()}
    if any(record["Email"].lower() == Email.lower() for record in organizations._accounts._data.values()):
        status.update(State="FAILED", FailureReason="EMAIL_ALREADY_EXISTS")
    elif len(organizations._accounts) >= _ACCOUNTS_AT_MOST:
        status.update(State="FAILED", FailureReason="ACCOUNT_LIMIT_EXCEEDED")
    else:
        account = f"9{int(_hash(Email.lower()), 16) % 10 ** 11:011d}"
        _join(account, AccountName, Email, "CREATED")
        _roles[account] = RoleName
        organizations._tags[account] = {tag["Key"]: tag["Value"] for tag in Tags or []}
        status.update(State="SUCCEEDED", AccountId=account)
    organizations._create_statuses[status["Id"]] = status
    return {"CreateAccountStatus": status}


def _close_account(AccountId: str) -> dict:
    if AccountId == get_account_id():
        raise ServiceError(
            "ConstraintViolationException", "You cannot close the management account of an organization.", Reason="CANNOT_CLOSE_MANAGEMENT_ACCOUNT")
    answer = plain_call("CloseAccount", {"AccountId": AccountId})
    organizations._accounts[AccountId] = {**organizations._accounts[AccountId], "State": "SUSPENDED"}
    return answer


def _move_account(**payload) -> dict:
    record = organizations._accounts.get(payload["AccountId"])
    if record and record["_ParentId"] != payload["SourceParentId"] and payload["SourceParentId"] != payload["DestinationParentId"]:
        raise ServiceError("SourceParentNotFoundException", "You specified a source parent that is not the parent of the account.")
    plain_call("MoveAccount", payload)
    moved = organizations._accounts[payload["AccountId"]]
    organizations._accounts[moved["Id"]] = {**moved, "Paths": [f"{_path_of(moved['_ParentId'])}{moved['Id']}/"]}
    return {}


def _create_unit(ParentId: str, Name: str, Tags: list | None = None) -> dict:
    if ParentId not in organizations._roots and ParentId not in organizations._ous:
        raise ServiceError("ParentNotFoundException", f"You specified parent that doesn't exist: {ParentId}.")
    _refuse_second_unit(ParentId, Name)
    unit_id = f"ou-{_root_id()[2:]}-{_hash(ParentId + Name)[:8]}"
    _keep_unit(unit_id, Name, ParentId)
    organizations._tags[unit_id] = {tag["Key"]: tag["Value"] for tag in Tags or []}
    return {"OrganizationalUnit": organizations._public_ou(organizations._ous[unit_id])}


def _keep_unit(unit_id: str, name: str, parent_id: str) -> None:
    organization_id = organizations._orgs["self"]["Id"]
    organizations._ous[unit_id] = {
        "Id": unit_id, "Arn": f"arn:aws:organizations::{get_account_id()}:ou/{organization_id}/{unit_id}", "Name": name,
        "Path": f"{_path_of(parent_id)}{unit_id}/", "_ParentId": parent_id,
    }
    attach_defaults(unit_id)


def _update_unit(OrganizationalUnitId: str, Name: str | None = None) -> dict:
    unit = _unit(OrganizationalUnitId)
    if Name and Name != unit["Name"]:
        _refuse_second_unit(unit["_ParentId"], Name)
        organizations._ous[OrganizationalUnitId] = {**unit, "Name": Name}
    return {"OrganizationalUnit": organizations._public_ou(organizations._ous[OrganizationalUnitId])}


def _delete_unit(OrganizationalUnitId: str) -> dict:
    _unit(OrganizationalUnitId)
    children = [record for store in (organizations._ous, organizations._accounts) for record in store.values()]
    if any(child["_ParentId"] == OrganizationalUnitId for child in children):
        raise ServiceError("OrganizationalUnitNotEmptyException", "The organizational unit is not empty. Move all accounts and delete all child units first.")
    detach_everything(OrganizationalUnitId)
    return plain_call("DeleteOrganizationalUnit", {"OrganizationalUnitId": OrganizationalUnitId})


def _refuse_second_unit(parent_id: str, name: str) -> None:
    if any(unit["_ParentId"] == parent_id and unit["Name"] == name for unit in organizations._ous.values()):
        raise ServiceError("DuplicateOrganizationalUnitException", f"An OU with the name {name} already exists in {parent_id}.")


def _unit(unit_id: str) -> dict:
    if unit_id not in organizations._ous:
        raise ServiceError("OrganizationalUnitNotFoundException", f"You specified an organizational unit that doesn't exist: {unit_id}.")
    return organizations._ous[unit_id]


def _enable_service_access(ServicePrincipal: str) -> None:
    _trusted.setdefault(_principal(ServicePrincipal), _now())


def _disable_service_access(ServicePrincipal: str) -> None:
    if any(ServicePrincipal in services for services in _delegated.values()):
        raise ServiceError("ConstraintViolationException", f"Deregister the delegated administrator of {ServicePrincipal} first.",
                           Reason="DELEGATED_ADMINISTRATOR_EXISTS_FOR_THIS_SERVICE")
    _trusted.pop(_principal(ServicePrincipal), None)


def _list_service_access(**_) -> dict:
    return {"EnabledServicePrincipals": [{"ServicePrincipal": name, "DateEnabled": since} for name, since in sorted(_trusted.items())]}


def _register_administrator(AccountId: str, ServicePrincipal: str) -> None:
    _principal(ServicePrincipal)
    if AccountId not in organizations._accounts:
        raise ServiceError("AccountNotFoundException", f"You specified an account that is not in the organization: {AccountId}.")
    if AccountId == get_account_id():
        raise ServiceError("ConstraintViolationException", "You cannot register the management account as a delegated administrator.",
                           Reason="CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR")
    if ServicePrincipal not in _trusted:
        raise ServiceError("ConstraintViolationException", f"Enable the service access of {ServicePrincipal} before you register an administrator.",
                           Reason="SERVICE_ACCESS_NOT_ENABLED")
    if is_delegate(AccountId, ServicePrincipal):
        raise ServiceError("AccountAlreadyRegisteredException", f"The account is already a delegated administrator of {ServicePrincipal}.")
    delegate(AccountId, ServicePrincipal)


def _deregister_administrator(AccountId: str, ServicePrincipal: str) -> None:
    if AccountId not in organizations._accounts:
        raise ServiceError("AccountNotFoundException", f"You specified an account that is not in the organization: {AccountId}.")
    if not is_delegate(AccountId, ServicePrincipal):
        raise ServiceError("AccountNotRegisteredException", f"The account is not a delegated administrator of {ServicePrincipal}.")
    undelegate(AccountId, ServicePrincipal)


def _list_administrators(ServicePrincipal: str | None = None, **_) -> dict:
    return {"DelegatedAdministrators": [
        {**organizations._public_account(organizations._accounts[account]), "DelegationEnabledDate": min(services.values())}
        for account, services in sorted(_delegated.items()) if services and (ServicePrincipal is None or ServicePrincipal in services)
    ]}


def _list_services_of(AccountId: str, **_) -> dict:
    return {"DelegatedServices": [{"ServicePrincipal": name, "DelegationEnabledDate": since}
                                  for name, since in sorted((_delegated.get(AccountId) or {}).items())]}


def _principal(name: str) -> str:
    if not re.fullmatch(r"[a-z0-9.-]+\.amazonaws\.com", name):
        raise ServiceError("InvalidInputException", "You specified an unrecognized service principal.", Reason="UNRECOGNIZED_SERVICE_PRINCIPAL")
    return name


def _delegate_reads(management: str, account: str, operation: str) -> bool:
    with request_scope(management, get_region()):
        return operation.startswith(("Describe", "List")) and bool(_delegated.get(account))


def _root_id() -> str:
    return next(iter(organizations._roots))


def _path_of(parent_id: str) -> str:
    if parent_id in organizations._ous:
        return organizations._ous[parent_id]["Path"]
    return f"{organizations._orgs['self']['Id']}/{parent_id}/"


def _account_arn(organization_id: str, account: str) -> str:
    return f"arn:aws:organizations::{get_account_id()}:account/{organization_id}/{account}"


def _hash(seed: str) -> str:
    return hashlib.sha256(seed.encode()).hexdigest()


def _now() -> int:
    return int(time.time())


_OPERATIONS = {
    **POLICY_OPERATIONS,
    "CreateAccount": _create_account, "CloseAccount": _close_account, "MoveAccount": _move_account,
    "CreateOrganizationalUnit": _create_unit, "UpdateOrganizationalUnit": _update_unit, "DeleteOrganizationalUnit": _delete_unit,
    "DeleteOrganization": _delete_organization, "EnableAWSServiceAccess": _enable_service_access,
    "DisableAWSServiceAccess": _disable_service_access, "ListAWSServiceAccessForOrganization": _list_service_access,
    "RegisterDelegatedAdministrator": _register_administrator, "DeregisterDelegatedAdministrator": _deregister_administrator,
    "ListDelegatedAdministrators": _list_administrators, "ListDelegatedServicesForAccount": _list_services_of,
}
