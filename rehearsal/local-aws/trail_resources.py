"""AWS::CloudTrail::Trail acting on ministack's CloudTrail, which here knows what an organization trail needs."""

import json

from ministack.core.responses import get_account_id
from ministack.services import cloudtrail
from ministack.services.cloudformation.provisioners import _physical_name

import organization_service
from service_operations import ServiceError

_TYPE = "AWS::CloudTrail::Trail"
_PRINCIPAL = "cloudtrail.amazonaws.com"
_SETTINGS = {  # CloudFormation's name -> the service's
    "S3BucketName": "S3BucketName", "S3KeyPrefix": "S3KeyPrefix", "SnsTopicName": "SnsTopicName", "KMSKeyId": "KmsKeyId",
    "IncludeGlobalServiceEvents": "IncludeGlobalServiceEvents", "IsMultiRegionTrail": "IsMultiRegionTrail",
    "EnableLogFileValidation": "EnableLogFileValidation", "IsOrganizationTrail": "IsOrganizationTrail",
    "CloudWatchLogsLogGroupArn": "CloudWatchLogsLogGroupArn", "CloudWatchLogsRoleArn": "CloudWatchLogsRoleArn",
}


def install() -> None:
    for operation in ("CreateTrail", "UpdateTrail"):
        cloudtrail._DISPATCH[operation] = _guarded(cloudtrail._DISPATCH[operation])


def handlers() -> dict[str, dict]:
    return {_TYPE: {"create": _create, "update": _update, "delete": lambda physical_id, properties: _call("DeleteTrail", Name=physical_id)}}


def _guarded(plain):
    def operation(body):
        try:
            if body.get("IsOrganizationTrail"):
                _refuse_without_access()
        except ServiceError as error:
            return cloudtrail._err(error.code, error.message)
        return plain(body)

    return operation


def _refuse_without_access() -> None:
    management = organization_service.management_account()
    if management is None:
        raise ServiceError("OrganizationsNotInUseException", "This request is made from an account that is not a member of an organization.")
    account = get_account_id()
    if account != management and not organization_service.is_delegate(account, _PRINCIPAL):
        raise ServiceError(
            "NotOrganizationMasterAccountException",
            "This account is not the management account of the organization, nor a delegated administrator of CloudTrail.")
    if not organization_service.is_trusted(_PRINCIPAL):
        raise ServiceError("CloudTrailAccessNotEnabledException", "You do not have trusted access enabled between CloudTrail and AWS Organizations.")


def _create(logical_id, properties, stack_name):
    name = properties.get("TrailName") or _physical_name(stack_name, logical_id, max_len=128)
    _call("CreateTrail", Name=name, **_settings(properties))
    return _complete(name, properties)


def _update(physical_id, old_properties, new_properties, stack_name):
    if new_properties.get("TrailName", physical_id) != physical_id:
        return _create(None, new_properties, stack_name)
    _call("UpdateTrail", Name=physical_id, **_settings(new_properties))
    return _complete(physical_id, new_properties)


def _complete(name: str, properties: dict) -> tuple[str, dict]:
    """What the service takes in calls of their own, and what ministack's CreateTrail drops."""
    arn = _call("UpdateTrail", Name=name, **_settings(properties))["TrailARN"]
    if properties.get("Tags"):
        _call("AddTags", ResourceId=arn, TagsList=properties["Tags"])
    selectors = {key: properties[key] for key in ("EventSelectors", "AdvancedEventSelectors") if key in properties}
    if selectors:
        _call("PutEventSelectors", TrailName=name, **selectors)
    _call("StartLogging" if _is_true(properties["IsLogging"]) else "StopLogging", Name=name)
    return name, {"Arn": arn}


def _settings(properties: dict) -> dict:
    given = {theirs: properties[ours] for ours, theirs in _SETTINGS.items() if ours in properties}
    return {name: _is_true(value) if str(value).lower() in ("true", "false") else value for name, value in given.items()}


def _is_true(value) -> bool:
    return str(value).lower() == "true"


def _call(operation: str, **body) -> dict:
    status, _, answer = cloudtrail._DISPATCH[operation](body)
    content = json.loads(answer or b"{}")
    if status >= 400:
        raise ServiceError(content["__type"], content.get("message") or content.get("Message", ""))
    return content
