"""The CloudFormation types of AWS Organizations, acting on the service."""

import json

from organization_service import call

_PREFIX = "AWS::Organizations::"


def handlers() -> dict[str, dict]:
    return {
        f"{_PREFIX}Organization": {"create": _create_organization, "update": _update_organization, "delete": _delete_organization},
        f"{_PREFIX}OrganizationalUnit": {"create": _create_unit, "update": _update_unit, "delete": _delete_unit},
        f"{_PREFIX}Account": {"create": _create_account, "update": _update_account, "delete": _delete_account},
        f"{_PREFIX}Policy": {"create": _create_policy, "update": _update_policy, "delete": _delete_policy},
    }


def _create_organization(logical_id, properties, stack_name):
    organization = call("CreateOrganization", FeatureSet=properties.get("FeatureSet", "ALL"))["Organization"]
    return organization["Id"], {
        "Id": organization["Id"], "Arn": organization["Arn"], "RootId": call("ListRoots")["Roots"][0]["Id"],
        "ManagementAccountArn": organization["MasterAccountArn"], "ManagementAccountId": organization["MasterAccountId"],
        "ManagementAccountEmail": organization["MasterAccountEmail"],
    }


def _update_organization(physical_id, old_properties, new_properties, stack_name):
    raise ValueError("The local AWS does not change the feature set of an organization.")


def _delete_organization(physical_id, properties):
    call("DeleteOrganization")


def _create_unit(logical_id, properties, stack_name):
    unit = call("CreateOrganizationalUnit", ParentId=properties["ParentId"], Name=properties["Name"], Tags=properties.get("Tags"))
    return _described_unit(unit["OrganizationalUnit"])


def _update_unit(physical_id, old_properties, new_properties, stack_name):
    if new_properties["ParentId"] != old_properties["ParentId"]:
        return _create_unit(None, new_properties, stack_name)
    unit = call("UpdateOrganizationalUnit", OrganizationalUnitId=physical_id, Name=new_properties["Name"])["OrganizationalUnit"]
    _retag(physical_id, old_properties, new_properties)
    return _described_unit(unit)


def _delete_unit(physical_id, properties):
    call("DeleteOrganizationalUnit", OrganizationalUnitId=physical_id)


def _described_unit(unit: dict) -> tuple[str, dict]:
    return unit["Id"], {name: unit[name] for name in ("Id", "Arn", "Path")}


def _create_account(logical_id, properties, stack_name):
    optional = {name: properties[name] for name in ("RoleName", "Tags") if name in properties}
    status = call("CreateAccount", Email=properties["Email"], AccountName=properties["AccountName"], **optional)["CreateAccountStatus"]
    if status["State"] != "SUCCEEDED":
        raise ValueError(f"Account creation failed: {status['FailureReason']} ({properties['Email']})")
    _move(status["AccountId"], properties)
    return _described_account(status["AccountId"])


def _update_account(physical_id, old_properties, new_properties, stack_name):
    for name in ("AccountName", "Email", "RoleName"):
        if new_properties.get(name) != old_properties.get(name):
            raise ValueError(f"{name} of account {physical_id} cannot be changed by CloudFormation.")
    _move(physical_id, new_properties)
    _retag(physical_id, old_properties, new_properties)
    return _described_account(physical_id)


def _delete_account(physical_id, properties):
    call("CloseAccount", AccountId=physical_id)


def _move(account: str, properties: dict) -> None:
    parents = properties.get("ParentIds") or []
    if len(parents) > 1:
        raise ValueError("An account has one parent: ParentIds holds more.")
    current = call("ListParents", ChildId=account)["Parents"][0]["Id"]
    if parents and parents[0] != current:
        call("MoveAccount", AccountId=account, SourceParentId=current, DestinationParentId=parents[0])


def _described_account(account: str) -> tuple[str, dict]:
    record = call("DescribeAccount", AccountId=account)["Account"]
    return account, {
        "AccountId": account, **{name: record[name] for name in ("Arn", "JoinedMethod", "Paths", "State", "Status")},
        "JoinedTimestamp": str(record["JoinedTimestamp"]),
    }


def _create_policy(logical_id, properties, stack_name):
    policy = call("CreatePolicy", Name=properties["Name"], Type=properties["Type"], Description=properties.get("Description", ""),
                  Content=_content(properties), Tags=properties.get("Tags"))["Policy"]["PolicySummary"]
    try:
        _attach(policy["Id"], [], properties.get("TargetIds") or [])
    except Exception:
        _delete_policy(policy["Id"], properties)
        raise
    return _described_policy(policy)


def _update_policy(physical_id, old_properties, new_properties, stack_name):
    if new_properties["Type"] != old_properties["Type"]:
        return _create_policy(None, new_properties, stack_name)
    policy = call("UpdatePolicy", PolicyId=physical_id, Name=new_properties["Name"], Description=new_properties.get("Description", ""),
                  Content=_content(new_properties))["Policy"]["PolicySummary"]
    _attach(physical_id, old_properties.get("TargetIds") or [], new_properties.get("TargetIds") or [])
    _retag(physical_id, old_properties, new_properties)
    return _described_policy(policy)


def _delete_policy(physical_id, properties):
    for target in call("ListTargetsForPolicy", PolicyId=physical_id)["Targets"]:
        call("DetachPolicy", PolicyId=physical_id, TargetId=target["TargetId"])
    call("DeletePolicy", PolicyId=physical_id)


def _attach(policy_id: str, old_targets: list, new_targets: list) -> None:
    for target in new_targets:
        if target not in old_targets:
            call("AttachPolicy", PolicyId=policy_id, TargetId=target)
    for target in old_targets:
        if target not in new_targets:
            call("DetachPolicy", PolicyId=policy_id, TargetId=target)


def _content(properties: dict) -> str:
    content = properties["Content"]
    return content if isinstance(content, str) else json.dumps(content, separators=(",", ":"))


def _described_policy(policy: dict) -> tuple[str, dict]:
    return policy["Id"], {"Id": policy["Id"], "Arn": policy["Arn"], "AwsManaged": policy["AwsManaged"]}


def _retag(resource_id: str, old_properties: dict, new_properties: dict) -> None:
    old, new = ({tag["Key"]: tag["Value"] for tag in properties.get("Tags") or []} for properties in (old_properties, new_properties))
    if gone := sorted(old.keys() - new.keys()):
        call("UntagResource", ResourceId=resource_id, TagKeys=gone)
    if new:
        call("TagResource", ResourceId=resource_id, Tags=[{"Key": key, "Value": value} for key, value in new.items()])
