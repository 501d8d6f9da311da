"""Every resource of every stack, readable through Cloud Control (`aws cloudcontrol get-resource`).

Cloud Control calls a resource by its primary identifier, CloudFormation by what
`Ref` returns. Real callers know which is which; here both are understood. Where
`Ref` is not unique (two records of one name), `<Ref>#<logical id>` is.
"""

import json

from ministack.core.responses import AccountRegionScopedDict
from ministack.services import cloudcontrol

from resource_schema import ResourceType

_identifiers = AccountRegionScopedDict()  # "type\0physical id", with and without "#logical id" -> primary identifier


def install() -> None:
    plain_get = cloudcontrol._get_resource

    def get_resource(request: dict):
        key = cloudcontrol._resource_key(request.get("TypeName"), request.get("Identifier"))
        return plain_get({**request, "Identifier": _identifiers.get(key, request.get("Identifier"))})

    cloudcontrol._get_resource = get_resource


def keep(resource_type: ResourceType, physical_id: str, logical_id: str, properties: dict, attributes: dict) -> None:
    model = _model(properties, attributes)
    identifier = "|".join(str(model.get(name, physical_id)) for name in resource_type.identifier) or physical_id
    cloudcontrol._resources[cloudcontrol._resource_key(resource_type.name, identifier)] = {
        "TypeName": resource_type.name, "Identifier": identifier, "Properties": json.dumps(model, sort_keys=True, default=str),
    }
    for name in (physical_id, f"{physical_id}#{logical_id}"):
        _identifiers[cloudcontrol._resource_key(resource_type.name, name)] = identifier


def correct(type_name: str, physical_id: str, attributes: dict) -> None:
    """Attributes of a kept resource that another one changed."""
    identifier = _identifiers.get(cloudcontrol._resource_key(type_name, physical_id))
    record = cloudcontrol._resources.get(cloudcontrol._resource_key(type_name, identifier))
    if record:
        record["Properties"] = json.dumps({**json.loads(record["Properties"]), **attributes}, sort_keys=True, default=str)


def forget(type_name: str, physical_id: str, logical_id: str) -> None:
    by_physical_id = _identifiers.pop(cloudcontrol._resource_key(type_name, physical_id), physical_id)
    identifier = _identifiers.pop(cloudcontrol._resource_key(type_name, f"{physical_id}#{logical_id}"), by_physical_id)
    cloudcontrol._resources.pop(cloudcontrol._resource_key(type_name, identifier), None)


def _model(properties: dict, attributes: dict) -> dict:
    """Properties and read-only attributes in one document; `Endpoint.Address` becomes nested."""
    model = json.loads(json.dumps(dict(properties), default=str))
    for path, value in attributes.items():
        target = model
        *parents, leaf = path.split(".")
        for parent in parents:
            child = target.get(parent)
            if not isinstance(child, dict):
                child = target[parent] = {}
            target = child
        target.setdefault(leaf, value)
    return model
