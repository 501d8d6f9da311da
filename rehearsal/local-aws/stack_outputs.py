"""Native `Fn::GetStackOutput`, across regions and accounts, and no intrinsic left unresolved.

ministack looks for the producer in the consumer's own account and region. With
`Region` the producer is elsewhere, with `RoleArn` it is in that role's account.
"""

from ministack.core.responses import get_account_id, get_region
from ministack.services import cloudformation, iam
from ministack.services.cloudformation import changesets, engine, handlers, provisioners, stacks

_FUNCTION = "Fn::GetStackOutput"


def install() -> None:
    plain_resolve = engine._resolve_refs

    def resolve(value, *context):
        if isinstance(value, dict) and _FUNCTION in value:
            reference = {name: resolve(part, *context) for name, part in value[_FUNCTION].items()}
            return stack_output(**reference)
        return plain_resolve(value, *context)

    for module in (engine, stacks, changesets, handlers, provisioners):
        if hasattr(module, "_resolve_refs"):
            module._resolve_refs = resolve


def stack_output(StackName: str, OutputName: str, Region: str | None = None, RoleArn: str | None = None) -> str:
    region = Region or get_region()
    account = _account_of(RoleArn) if RoleArn else get_account_id()
    where = f"stack '{StackName}' in {account}/{region}"
    stack = cloudformation._stacks.get_scoped(account, region, StackName.rsplit(":stack/", 1)[-1].split("/")[0])
    if stack is None or stack["StackStatus"].startswith("DELETE"):
        raise ValueError(f"{_FUNCTION} cannot read output '{OutputName}': there is no {where}; deploy it first")
    for output in stack.get("Outputs", []):
        if output["OutputKey"] == OutputName:
            return output["OutputValue"]
    raise ValueError(f"{_FUNCTION} found no output '{OutputName}' in {where}")


def _account_of(role_arn: str) -> str:
    account, name = role_arn.split(":")[4], role_arn.rsplit("/", 1)[-1]
    if account != get_account_id() and (account, name) not in iam._roles._data:
        raise ValueError(f"{_FUNCTION} cannot assume {role_arn}: there is no such role")
    return account


def refuse_unresolved(type_name: str, value, path: str = "") -> None:
    """Raises when a property still holds an intrinsic function or a CDK token."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name.startswith("Fn::") and len(value) == 1:
                raise ValueError(f"{type_name}{path} holds {name}, which nothing resolved")
            refuse_unresolved(type_name, inner, f"{path}/{name}")
    elif isinstance(value, (list, tuple)):
        for index, inner in enumerate(value):
            refuse_unresolved(type_name, inner, f"{path}/{index}")
    elif isinstance(value, str) and "${Token[" in value:
        raise ValueError(f"{type_name}{path} holds a CDK token which nothing resolved: {value}")
