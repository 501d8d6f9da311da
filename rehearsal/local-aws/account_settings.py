"""Settings of an account that no CloudFormation resource holds: alternate contacts, EC2's defaults, S3's public access block, what AWS Backup protects."""

from xml.etree import ElementTree

from ministack import app
from ministack.core.responses import AccountRegionScopedDict, AccountScopedDict, get_account_id, get_region, request_scope
from ministack.services import ec2, s3

import fidelity
import organization_service
import preparedness
from service_operations import ServiceError, provide

_ACCOUNT_PRINCIPAL = "account.amazonaws.com"
_BLOCK_PATH = "/v20180820/configuration/publicAccessBlock"
_BLOCK_MEMBERS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")

_contacts = AccountScopedDict()
_blocks = AccountScopedDict()
_defaults = AccountRegionScopedDict()
_protected = AccountRegionScopedDict()  # resource types of AWS Backup
_copies_between_accounts = AccountScopedDict()
_BETWEEN_ACCOUNTS = "isCrossAccountBackupEnabled"


def install() -> None:
    provide("account", {"PutAlternateContact": _put_contact, "GetAlternateContact": _get_contact, "DeleteAlternateContact": _delete_contact})
    provide("backup", {"DescribeRegionSettings": _region_settings, "UpdateRegionSettings": _update_region_settings,
                       "DescribeGlobalSettings": _global_settings, "UpdateGlobalSettings": _update_global_settings})
    ec2._ACTION_MAP.update(_EC2_ACTIONS)
    fidelity.declare_service("ec2", _EC2_ACTIONS)
    _install_public_access_block()


def _put_contact(request: dict) -> None:
    account = _target_account(request)
    with request_scope(account, get_region()):
        _contacts[request["AlternateContactType"]] = {
            name: request[name] for name in ("AlternateContactType", "EmailAddress", "Name", "PhoneNumber", "Title")}


def _get_contact(request: dict) -> dict:
    with request_scope(_target_account(request), get_region()):
        return {"AlternateContact": _contact(request)}


def _delete_contact(request: dict) -> None:
    with request_scope(_target_account(request), get_region()):
        _contact(request)
        del _contacts[request["AlternateContactType"]]


def _contact(request: dict) -> dict:
    kind = request["AlternateContactType"]
    if kind not in _contacts:
        raise ServiceError("ResourceNotFoundException", f"No contact of the inputted alternate contact type found: {kind}.")
    return _contacts[kind]


def _target_account(request: dict) -> str:
    caller, target = get_account_id(), request.get("AccountId")
    if target is None:
        return caller
    manages = caller == organization_service.management_account() or organization_service.is_delegate(caller, _ACCOUNT_PRINCIPAL)
    if not manages or target == caller or not organization_service.is_member(target) or not organization_service.is_trusted(_ACCOUNT_PRINCIPAL):
        raise ServiceError("AccessDeniedException", f"User: arn:aws:iam::{caller}:root is not authorized to perform the operation on account {target}.")
    return target


def _region_settings(request: dict) -> dict:
    """No type is protected before somebody says so."""
    aurora = {"Aurora": preparedness.is_assumed()}
    return {"ResourceTypeOptInPreference": {**aurora, **_protected.get("types", {})}, "ResourceTypeManagementPreference": {}}


def _update_region_settings(request: dict) -> None:
    _protected["types"] = {**_protected.get("types", {}), **request.get("ResourceTypeOptInPreference", {})}


def _global_settings(request: dict) -> dict:
    return {"GlobalSettings": {_BETWEEN_ACCOUNTS: _copies_between_accounts.get("enabled", str(preparedness.is_assumed()).lower())}}


def _update_global_settings(request: dict) -> None:
    if get_account_id() != organization_service.management_account():
        raise ServiceError("InvalidRequestException", "Only the management account of an organization may change global settings.")
    unknown = set(request.get("GlobalSettings", {})) - {_BETWEEN_ACCOUNTS}
    if unknown:
        raise ServiceError("InvalidParameterValueException", f"Unknown settings: {', '.join(sorted(unknown))}")
    _copies_between_accounts["enabled"] = request["GlobalSettings"][_BETWEEN_ACCOUNTS]


def _switch(action: str, element: str, setting: str, value: str | None, default: str):
    """An EC2 action that sets, or with None only answers, one setting of the region."""
    def handle(params):
        if value is not None:
            _defaults[setting] = value
        return ec2._xml(200, f"{action}Response", f"<{element}>{_defaults.get(setting, default)}</{element}>")

    return handle


def _enable_snapshot_block(params):
    state = ec2._p(params, "State")
    if state not in ("block-all-sharing", "block-new-sharing"):
        return ec2._error("InvalidParameterValue", f"Value ({state}) for parameter State is invalid.", 400)
    _defaults["snapshots"] = state
    return ec2._xml(200, "EnableSnapshotBlockPublicAccessResponse", f"<state>{state}</state>")


def _actions() -> dict:
    switches = {
        "EnableEbsEncryptionByDefault": ("ebsEncryptionByDefault", "encryption", "true", "false"),
        "DisableEbsEncryptionByDefault": ("ebsEncryptionByDefault", "encryption", "false", "false"),
        "GetEbsEncryptionByDefault": ("ebsEncryptionByDefault", "encryption", None, "false"),
        "DisableSnapshotBlockPublicAccess": ("state", "snapshots", "unblocked", "unblocked"),
        "GetSnapshotBlockPublicAccessState": ("state", "snapshots", None, "unblocked"),
    }
    return {**{action: _switch(action, *switch) for action, switch in switches.items()},
            "EnableSnapshotBlockPublicAccess": _enable_snapshot_block}


_EC2_ACTIONS = _actions()


def _install_public_access_block() -> None:
    plain_handle = app._handle_s3_control_request

    async def handle(path, method, body, query_params, request_id, headers=None):
        if path.rstrip("/") != _BLOCK_PATH:
            return await plain_handle(path, method, body, query_params, request_id, headers)
        status, own_headers, answer = _public_access_block(method, body, headers or {})
        return status, {**own_headers, "x-amzn-requestid": request_id}, answer

    app._handle_s3_control_request = handle
    fidelity.declare_service("s3control", ("PutPublicAccessBlock", "GetPublicAccessBlock", "DeletePublicAccessBlock"))


def _public_access_block(method: str, body: bytes, headers: dict) -> tuple:
    if headers.get("x-amz-account-id") != get_account_id():
        return s3.s3control_error("AccessDenied", "Access Denied", 403)
    if method == "PUT":
        given = {element.tag.rsplit("}", 1)[-1]: element.text for element in ElementTree.fromstring(body)}
        _blocks["block"] = {name: given.get(name, "false") for name in _BLOCK_MEMBERS}
    elif method == "DELETE":
        _blocks.pop("block", None)
    elif "block" not in _blocks:
        return s3.s3control_error("NoSuchPublicAccessBlockConfiguration", "The public access block configuration was not found", 404)
    else:
        members = "".join(f"<{name}>{value}</{name}>" for name, value in _blocks["block"].items())
        root = f'<PublicAccessBlockConfiguration xmlns="{s3.S3CONTROL_NS}">{members}</PublicAccessBlockConfiguration>'
        return 200, {"Content-Type": "application/xml"}, root.encode()
    return 204 if method == "DELETE" else 200, {}, b""
