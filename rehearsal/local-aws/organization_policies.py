"""The policies of an organization: which types are on, what is attached where, and how much of it AWS takes.

Every function works in the scope of the management account.
"""

import json

from ministack.services import organizations

from service_operations import ServiceError

# What AWS attaches to everything by itself, and never lets be the last to go.
_DEFAULTS = {"SERVICE_CONTROL_POLICY": "FullAWSAccess", "RESOURCE_CONTROL_POLICY": "RCPFullAWSAccess"}

# Characters of a document and policies of a target; see "Quotas for AWS Organizations". The quotas of
# service control policies are those since May 2026.
_CHARACTERS = {"SERVICE_CONTROL_POLICY": 10240, "RESOURCE_CONTROL_POLICY": 5120, "AISERVICES_OPT_OUT_POLICY": 2500}
_PER_TARGET = {"SERVICE_CONTROL_POLICY": 10, "RESOURCE_CONTROL_POLICY": 5, "AISERVICES_OPT_OUT_POLICY": 5, "CHATBOT_POLICY": 5}
_OTHER_CHARACTERS = 10000
_OTHER_PER_TARGET = 10


def plain_call(operation: str, payload: dict) -> dict:
    """ministack's own answer, with its errors raised."""
    if operation not in organizations._DISPATCH:
        raise ServiceError("UnknownOperationException", f"The local AWS has no organizations {operation}.")
    status, _, body = organizations._DISPATCH[operation](payload)
    answer = json.loads(body or b"{}")
    if status >= 400:
        raise ServiceError(answer["__type"], answer["message"])
    return answer


def turn_on(policy_type: str) -> None:
    """Enables a type unless it is."""
    if not organizations._policy_type_enabled(policy_type):
        _enable(next(iter(organizations._roots)), policy_type)


def attach_defaults(target_id: str) -> None:
    """What a new unit or account gets."""
    for policy_type in _DEFAULTS:
        if organizations._policy_type_enabled(policy_type):
            _attach_default(policy_type, [target_id])


def detach_everything(target_id: str) -> None:
    for policy_id, targets in list(organizations._attachments.items()):
        organizations._attachments[policy_id] = [target for target in targets if target != target_id]


def _attach_default(policy_type: str, targets: list[str]) -> None:
    name = _DEFAULTS[policy_type]
    policy_id = f"p-{name}"
    organizations._policies.setdefault(policy_id, {
        "Id": policy_id, "Arn": f"arn:aws:organizations::aws:policy/{policy_type.lower()}/{policy_id}", "Name": name,
        "Description": "Allows access to every operation", "Type": policy_type, "AwsManaged": True,
        "_Content": json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", **({"Principal": "*"} if name.startswith("RCP") else {}), "Action": "*", "Resource": "*"}]}),
    })
    attached = organizations._attachments.get(policy_id) or []
    organizations._attachments[policy_id] = [*attached, *(target for target in targets if target not in attached)]


def _enable(RootId: str, PolicyType: str) -> dict:
    plain_call("EnablePolicyType", {"RootId": RootId, "PolicyType": PolicyType})
    if PolicyType in _DEFAULTS:
        _attach_default(PolicyType, [*organizations._roots, *organizations._ous, *organizations._accounts])
    return {"Root": organizations._roots[RootId]}


def _disable(RootId: str, PolicyType: str) -> dict:
    answer = plain_call("DisablePolicyType", {"RootId": RootId, "PolicyType": PolicyType})
    for policy in organizations._policies.values():
        if policy["Type"] == PolicyType:
            organizations._attachments[policy["Id"]] = []
    return answer


def _create(**payload) -> dict:
    _refuse_size(payload.get("Type"), payload.get("Content"))
    return plain_call("CreatePolicy", payload)


def _update(**payload) -> dict:
    policy = organizations._policies.get(payload.get("PolicyId")) or {}
    _refuse_size(policy.get("Type"), payload.get("Content"))
    return plain_call("UpdatePolicy", payload)


def _refuse_size(policy_type: str | None, content: str | None) -> None:
    limit = _CHARACTERS.get(policy_type, _OTHER_CHARACTERS)
    if content and len(content) > limit:
        raise ServiceError(
            "ConstraintViolationException", f"You have exceeded the maximum size of a policy of type {policy_type}: {len(content)} of {limit} characters.",
            Reason="POLICY_CONTENT_LIMIT_EXCEEDED")


def _attach(PolicyId: str, TargetId: str) -> dict:
    policy = organizations._policies.get(PolicyId)
    attached = _attached_to(TargetId, policy["Type"]) if policy else []
    if policy and PolicyId not in attached and len(attached) >= _PER_TARGET.get(policy["Type"], _OTHER_PER_TARGET):
        raise ServiceError(
            "ConstraintViolationException", f"You have attached the maximum number of policies of type {policy['Type']} to {TargetId}.",
            Reason="MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED")
    return plain_call("AttachPolicy", {"PolicyId": PolicyId, "TargetId": TargetId})


def _detach(PolicyId: str, TargetId: str) -> dict:
    policy = organizations._policies.get(PolicyId)
    is_last = policy and _attached_to(TargetId, policy["Type"]) == [PolicyId]
    if PolicyId == "p-RCPFullAWSAccess" or (is_last and policy["Type"] == "SERVICE_CONTROL_POLICY"):
        raise ServiceError("ConstraintViolationException", f"You cannot detach {PolicyId} from {TargetId}: it would have too few policies of its type.",
                           Reason="MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED")
    return plain_call("DetachPolicy", {"PolicyId": PolicyId, "TargetId": TargetId})


def _attached_to(target_id: str, policy_type: str) -> list[str]:
    return [policy["Id"] for policy in organizations._policies.values()
            if policy["Type"] == policy_type and target_id in (organizations._attachments.get(policy["Id"]) or [])]


OPERATIONS = {
    "EnablePolicyType": _enable, "DisablePolicyType": _disable, "CreatePolicy": _create, "UpdatePolicy": _update,
    "AttachPolicy": _attach, "DetachPolicy": _detach,
}
