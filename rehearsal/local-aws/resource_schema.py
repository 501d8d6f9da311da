"""What CloudFormation knows about resource types: the file that resource-spec.ts writes."""

import json
from dataclasses import dataclass

# Read as JSON text by CloudFormation itself, so its inside is not checked.
_OPEN_TYPES = ("json", "null")


@dataclass(frozen=True)
class ResourceType:
    name: str
    identifier: list
    ref: list
    arn: str | None
    properties: dict
    attributes: dict

    def create_only(self) -> list[str]:
        return sorted(name for name, prop in self.properties.items() if prop.get("createOnly"))


class ResourceSchema:
    def __init__(self, path: str):
        with open(path, encoding="utf-8") as file:
            spec = json.load(file)
        self._definitions = spec["definitions"]
        self.types = {
            name: ResourceType(
                name=name,
                identifier=entry["identifier"],
                ref=entry["ref"],
                arn=entry.get("arn"),
                properties=entry["properties"],
                attributes=entry["attributes"],
            )
            for name, entry in spec["resources"].items()
        }

    def properties_of(self, reference: str) -> dict:
        return self._definitions[reference]

    def refuse_invalid(self, type_name: str, properties: dict) -> None:
        """Raises what CloudFormation answers to unknown and to missing properties."""
        resource_type = self.types.get(type_name)
        if resource_type is None:
            return
        problem = self._problem(resource_type.properties, properties, "#")
        if problem:
            raise ValueError(f"Properties validation failed for resource of type {type_name} with message: {problem}")

    def _problem(self, allowed: dict, given: dict, path: str) -> str | None:
        for name in given:
            if name not in allowed:
                return f"{path}: extraneous key [{name}] is not permitted"
        for name, prop in allowed.items():
            if prop.get("required") and name not in given:
                return f"{path}: required key [{name}] not found"
        for name, value in given.items():
            problem = self._value_problem(allowed[name]["type"], value, f"{path}/{name}")
            if problem:
                return problem
        return None

    def _value_problem(self, kind, value, path: str) -> str | None:
        if isinstance(kind, str):
            if kind not in _OPEN_TYPES and kind != "tag" and isinstance(value, (dict, list)):
                return f"{path}: expected type: {kind}, found: {type(value).__name__}"
            return None
        if "any" in kind:
            problems = [self._value_problem(member, value, path) for member in kind["any"]]
            return None if None in problems else problems[0]
        if "list" in kind:
            if not isinstance(value, list):
                return f"{path}: expected type: list, found: {type(value).__name__}"
            return self._first(self._value_problem(kind["list"], item, f"{path}/{i}") for i, item in enumerate(value))
        if not isinstance(value, dict):
            return f"{path}: expected type: object, found: {type(value).__name__}"
        if "map" in kind:
            return self._first(self._value_problem(kind["map"], item, f"{path}/{key}") for key, item in value.items())
        return self._problem(self._definitions[kind["ref"]], value, path)

    @staticmethod
    def _first(problems) -> str | None:
        return next((problem for problem in problems if problem), None)
