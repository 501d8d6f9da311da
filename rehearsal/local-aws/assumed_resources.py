"""Resources that an app expects to find in its accounts, made when its templates are first seen and reported.

Hosted zones are registered by hand, and records refer to them by id. An organization, connections and an
Identity Center instance that templates name by id, and that no stack makes, existed before.
"""

import json
import os
import re

from ministack.core.responses import get_account_id, get_region, request_scope
from ministack.services import route53
from ministack.services.cloudformation import changesets, handlers, stacks

import consents
import organization_service

_ORGANIZATIONS = "AWS::Organizations::"
_ORGANIZATION_ID = re.compile(r"(?<![\w-])o-[a-z0-9]{10,32}(?![\w-])")
_ROOT_ID = re.compile(r"(?<![\w-])r-[a-z0-9]{4,32}(?![\w-])")
_UNIT_ID = re.compile(r"ou-[a-z0-9]{4,32}-[a-z0-9]{8,32}")
_INSTANCE_ARN = re.compile(r"arn:aws:sso:::instance/ssoins-[a-z0-9]{16}")
_IDENTITY_STORE_ID = re.compile(r"(?<![\w-])d-[0-9a-f]{10}(?![\w-])")
_ACCOUNT = re.compile(r"\d{12}")

_assumed: dict[tuple[str, str], str] = {}
_managements: set[str] = set()  # management accounts of assumed organizations


def install() -> None:
    """Looks at every template before it is deployed."""
    plain_deploy = stacks._deploy_stack_async

    async def deploy(stack_name, stack_id, template, *arguments, **options):
        expect([(template, get_account_id(), get_region())])
        return await plain_deploy(stack_name, stack_id, template, *arguments, **options)

    for module in (stacks, handlers, changesets):
        module._deploy_stack_async = deploy


def expect_assembly(directory: str) -> None:
    """Makes what the templates of a cloud assembly expect, so it can be asked for before the first deployment."""
    expect(list(_templates(directory)))


def expect(templates: list[tuple[dict, str, str]]) -> None:
    """Templates, each with its account and region."""
    _expect_organization(templates)
    for template, account, region in templates:
        text = json.dumps(template.get("Resources") or {})
        for made in consents.assume_connections(text):
            _report(account, made)
        for resource in (template.get("Resources") or {}).values():
            properties = resource.get("Properties") or {}
            if consents.assume_workspace(account, properties):
                _report(account, f"Slack workspace {properties['SlackWorkspaceId']}, authorized in account {account}")
        with request_scope(account, region):
            for arn in sorted(set(_INSTANCE_ARN.findall(text))):
                if consents.assume_instance(arn, next(iter(_IDENTITY_STORE_ID.findall(text)), None)):
                    _report(account, f"Identity Center instance {arn} in account {account}, {region}")


def provide(type_name: str, properties: dict) -> None:
    zone_id = properties.get("HostedZoneId")
    if type_name != "AWS::Route53::RecordSet" or not zone_id or zone_id in route53._zones:
        return
    name = ".".join(properties["Name"].rstrip(".").split(".")[-2:]) + "."
    route53._zones[zone_id] = {
        "id": zone_id, "name": name, "caller_reference": zone_id, "comment": "assumed by the rehearsal", "private": False,
    }
    route53._records[zone_id] = route53._default_records(name)
    _report(get_account_id(), f"hosted zone {zone_id} ({name.rstrip('.')}) in account {get_account_id()}")


def report() -> list[str]:
    return sorted(_assumed.values())


def _report(account: str, text: str) -> None:
    _assumed[(account, text)] = text


def _templates(directory: str):
    with open(os.path.join(directory, "manifest.json"), encoding="utf-8") as file:
        artifacts = json.load(file).get("artifacts") or {}
    for artifact in artifacts.values():
        properties = artifact.get("properties") or {}
        if artifact["type"] == "cdk:cloud-assembly":
            yield from _templates(os.path.join(directory, properties["directoryName"]))
        if artifact["type"] == "aws:cloudformation:stack":
            account, region = artifact["environment"].removeprefix("aws://").split("/")
            with open(os.path.join(directory, properties["templateFile"]), encoding="utf-8") as file:
                yield json.load(file), account, region


def _expect_organization(templates: list[tuple[dict, str, str]]) -> None:
    """The account whose stacks manage an organization that none of them creates has one, with the apps' other accounts in it."""
    resources = [(resource, account) for template, account, _ in templates for resource in (template.get("Resources") or {}).values()]
    managing = {account for resource, account in resources if _manages_organization(resource)}
    creating = {account for resource, account in resources if resource["Type"] == f"{_ORGANIZATIONS}Organization"}
    if len(managing) != 1 or managing & creating:
        return
    [management] = managing
    own = [resource for resource, account in resources if account == management]
    with request_scope(management, get_region()):
        exists = organization_service.management_account()
    if exists is None:
        text = json.dumps([template for template, account, _ in templates])
        identifier = organization_service.assume(management, _first(_ORGANIZATION_ID, text), _first(_ROOT_ID, json.dumps(own)))
        _managements.add(management)
        _report(management, f"organization {identifier} of management account {management}")
    if management not in _managements:
        return
    named = {value for resource in own for value in _named_targets(resource)}
    for unit in sorted(filter(_UNIT_ID.fullmatch, named)):
        organization_service.assume_unit(management, unit)
    members = {account for _, account, _ in templates if _ACCOUNT.fullmatch(account)} | set(filter(_ACCOUNT.fullmatch, named))
    for account in sorted(members - {management}):
        organization_service.assume_member(management, account)


def _manages_organization(resource: dict) -> bool:
    is_trail = resource["Type"] == "AWS::CloudTrail::Trail" and (resource.get("Properties") or {}).get("IsOrganizationTrail") is True
    return resource["Type"].startswith(_ORGANIZATIONS) or is_trail


def _named_targets(resource: dict) -> list[str]:
    properties = resource.get("Properties") or {}
    if not resource["Type"].startswith(_ORGANIZATIONS):
        return []
    values = [properties.get("ParentId"), *(properties.get("ParentIds") or []), *(properties.get("TargetIds") or [])]
    return [value for value in values if isinstance(value, str)]


def _first(pattern: re.Pattern, text: str) -> str | None:
    return next(iter(pattern.findall(text)), None)
