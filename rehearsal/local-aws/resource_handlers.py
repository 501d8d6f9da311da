"""Puts a handler for every resource type into ministack's registry, and the same checks in front of all of them."""

from ministack.services.cloudformation.provisioners import _RESOURCE_HANDLERS

import assumed_resources
import consents
import fidelity
import metric_math
import network_resources
import organization_resources
import resource_records
import service_gaps
import stored_resources
import trail_resources
from resource_schema import ResourceSchema, ResourceType
from stack_outputs import refuse_unresolved

# Their life is CloudFormation's own affair: nothing is created, or it is created elsewhere.
_OWN_CATEGORY = {
    "AWS::CDK::Metadata": "shape",
    "AWS::CloudFormation::CustomResource": "real",
    "AWS::CloudFormation::Stack": "real",
    "AWS::CloudFormation::WaitCondition": "real",
    "AWS::CloudFormation::WaitConditionHandle": "real",
}


def install(schema: ResourceSchema) -> None:
    resource_records.install()
    service_gaps.install()
    metric_math.install()
    for module in (organization_resources, trail_resources, consents):
        _RESOURCE_HANDLERS.update(module.handlers())
    _RESOURCE_HANDLERS.update(network_resources.handlers(schema))
    for name, kind in _OWN_CATEGORY.items():
        fidelity.declare(name, kind)
    for name, resource_type in schema.types.items():
        if name in _OWN_CATEGORY or name.startswith("AWS::CloudFormation::"):
            continue
        own = _RESOURCE_HANDLERS.get(name)
        fidelity.declare(name, "real" if own else "stored")
        handler = _Handler(schema, resource_type, own)
        _RESOURCE_HANDLERS[name] = handler.registration()


class _Handler:
    """One resource type: checked, handed to whoever keeps it, and recorded."""

    def __init__(self, schema: ResourceSchema, resource_type: ResourceType, own: dict | None):
        self._schema = schema
        self._type = resource_type
        self._own = own
        self._handler = own or stored_resources.handlers_of(resource_type)

    def registration(self) -> dict:
        registered = {**self._handler, "create": self._create, "delete": self._delete, "delete_with_logical_id": True}
        if "update" in self._handler:
            registered.update(update=self._update, update_with_logical_id=True)
        return registered

    def _create(self, logical_id, properties, stack_name):
        self._check(properties)
        physical_id, attributes = self._handler["create"](logical_id, self._watched(properties), stack_name)
        return self._keep(physical_id, logical_id, properties, attributes)

    def _update(self, physical_id, old_properties, new_properties, stack_name, logical_id=None):
        self._check(new_properties)
        arguments = [physical_id, old_properties, self._watched(new_properties), stack_name]
        if self._handler.get("update_with_logical_id"):
            arguments.append(logical_id)
        new_physical_id, attributes = self._handler["update"](*arguments)
        return self._keep(new_physical_id, logical_id, new_properties, attributes)

    def _delete(self, physical_id, properties, logical_id=None):
        service_gaps.refuse_delete(self._type.name, physical_id)
        arguments = [physical_id, properties]
        if self._handler.get("delete_with_logical_id"):
            arguments.append(logical_id)
        self._handler["delete"](*arguments)
        resource_records.forget(self._type.name, physical_id, logical_id)

    def _check(self, properties: dict) -> None:
        _complete_stack_tags(self._type.name, properties)
        refuse_unresolved(self._type.name, properties)
        self._schema.refuse_invalid(self._type.name, properties)
        assumed_resources.provide(self._type.name, properties)
        consents.refuse_without_consent(self._type.name, properties)

    def _watched(self, properties: dict) -> dict:
        return fidelity.WatchedProperties(self._type.name, properties) if self._own else properties

    def _keep(self, physical_id: str, logical_id: str, properties: dict, attributes: dict | None) -> tuple[str, dict]:
        if self._own:
            fidelity.acted_on(self._type.name, service_gaps.fill(self._type.name, physical_id, properties))
            attributes = service_gaps.correct_attributes(self._type.name, physical_id, attributes or {})
        attributes = stored_resources.complete_attributes(self._type, physical_id, properties, dict(attributes or {}))
        resource_records.keep(self._type, physical_id, logical_id, properties, attributes)
        return physical_id, attributes


def _complete_stack_tags(type_name: str, properties: dict) -> None:
    """ministack adds the stack's tags in the common shape, also where a type's tags have a third member."""
    if type_name == "AWS::AutoScaling::AutoScalingGroup":
        for tag in properties.get("Tags") or []:
            tag.setdefault("PropagateAtLaunch", True)
