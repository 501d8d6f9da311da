"""Cost allocation tags: the management account activates keys that resources of the organization carry."""

import datetime
import json

from ministack.core.responses import AccountScopedDict, get_account_id
from ministack.services import cloudcontrol

import organization_service
from service_operations import ServiceError, provide

_active = AccountScopedDict()  # tag key -> {status, since}


def install() -> None:
    provide("ce", {"UpdateCostAllocationTagsStatus": _update, "ListCostAllocationTags": _list})


def _update(request: dict) -> dict:
    _refuse_members()
    known = _used_keys()
    errors = []
    for entry in request["CostAllocationTagsStatus"]:
        if entry["TagKey"] in known:
            _active[entry["TagKey"]] = {"Status": entry["Status"], "LastUpdatedDate": _today()}
        else:
            errors.append({"TagKey": entry["TagKey"], "Code": "TagKeyNotFound", "Message": "The tag key was not found."})
    return {"Errors": errors}


def _list(request: dict) -> dict:
    _refuse_members()
    tags = [{"TagKey": key, "Type": "UserDefined", "Status": "Inactive", "LastUsedDate": _today(), **(_active.get(key) or {})}
            for key in sorted(_used_keys())]
    return {"CostAllocationTags": [
        tag for tag in tags
        if request.get("Status") in (None, tag["Status"]) and request.get("Type") in (None, tag["Type"])
        and (not request.get("TagKeys") or tag["TagKey"] in request["TagKeys"])
    ]}


def _refuse_members() -> None:
    if organization_service.management_account() not in (None, get_account_id()):
        raise ServiceError("AccessDeniedException", "Only the management account has access to cost allocation tags.")


def _used_keys() -> set[str]:
    """AWS lists a key up to a day after its first use; here at once."""
    keys = set()
    for (account, *_), record in cloudcontrol._resources._data.items():
        if account == get_account_id() or organization_service.is_member(account):
            keys.update(_keys_of(json.loads(record["Properties"]).get("Tags")))
    return {key for key in keys if not key.startswith("aws:")}


def _keys_of(tags) -> set[str]:
    if isinstance(tags, dict):
        return set(tags)
    return {tag["Key"] for tag in tags or [] if isinstance(tag, dict) and "Key" in tag}


def _today() -> str:
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT00:00:00Z")
