"""Handlers for the resource types that ministack does not have.

A stored resource has a life cycle, an identity and readable properties; nothing
happens because of it.
"""

import json

from ministack.core.responses import get_account_id, get_region
from ministack.services.cloudformation.provisioners import _physical_name

from made_up_values import MadeUpValues
from resource_schema import ResourceType


def handlers_of(resource_type: ResourceType) -> dict:
    def create(logical_id, properties, stack_name):
        return _describe(resource_type, logical_id, properties, stack_name)

    def update(physical_id, old_properties, new_properties, stack_name, logical_id=None):
        described = _describe(resource_type, logical_id, new_properties, stack_name)
        if _replaces(resource_type, old_properties, new_properties) and described[0] == physical_id:
            raise ValueError(
                "CloudFormation cannot update a stack when a custom-named resource requires replacing. "
                f"Rename {physical_id} and update the stack again.")
        return described

    return {"create": create, "update": update, "update_with_logical_id": True, "delete": lambda physical_id, properties: None}


def complete_attributes(resource_type: ResourceType, physical_id: str, properties: dict, attributes: dict) -> dict:
    """Adds the attributes that the type has and its own handler does not answer."""
    missing = [name for name in resource_type.attributes if name not in attributes]
    if not missing:
        return attributes
    values = _values(resource_type, physical_id, properties, physical_id)
    made_up = {name: values.attribute(name, resource_type.attributes[name], physical_id, properties) for name in missing}
    return {**made_up, **attributes}


def _describe(resource_type: ResourceType, logical_id: str, properties: dict, stack_name: str) -> tuple[str, dict]:
    physical_name = _physical_name(stack_name, logical_id, max_len=64)
    create_only = {name: properties[name] for name in resource_type.create_only() if name in properties}
    # A change of a create-only property is a replacement, so it has to give another identity.
    seed = f"{stack_name}/{logical_id}/{json.dumps(create_only, sort_keys=True, default=str)}"
    values = _values(resource_type, seed, properties, _given_name(resource_type, properties) or physical_name)

    names = list(dict.fromkeys([*resource_type.ref, *resource_type.identifier]))
    identity = {name: str(properties.get(name) or values.identifier(name)) for name in names}
    physical_id = "|".join(identity[name] for name in resource_type.ref) or values.identifier("Id")

    attributes = {name: value for name, value in identity.items() if name in resource_type.attributes or name not in properties}
    for name, kind in resource_type.attributes.items():
        if name not in attributes:
            attributes[name] = values.attribute(name, kind, physical_id, properties)
    return physical_id, attributes


def _values(resource_type: ResourceType, seed: str, properties: dict, name: str) -> MadeUpValues:
    return MadeUpValues(resource_type.name, resource_type.arn, get_account_id(), get_region(), seed, name)


def _given_name(resource_type: ResourceType, properties: dict) -> str | None:
    kind = resource_type.name.rsplit("::", 1)[-1]
    for candidate in ("Name", f"{kind}Name", "ConfigurationName", "TrailName"):
        if candidate in resource_type.properties and isinstance(properties.get(candidate), str):
            return properties[candidate]
    return None


def _replaces(resource_type: ResourceType, old_properties: dict, new_properties: dict) -> bool:
    return any(old_properties.get(name) != new_properties.get(name) for name in resource_type.create_only())
