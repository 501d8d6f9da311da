"""sts:AssumeRole of a role that does not exist is refused; ministack makes a session of any ARN."""

from urllib.parse import parse_qs

from ministack.core.responses import get_account_id
from ministack.services import iam, sts

import organization_service


def install() -> None:
    plain_handle = sts.handle_request

    async def handle_request(method, path, headers, body, query_params):
        given = {**query_params, **parse_qs((body or b"").decode("utf-8", "replace"))}
        role_arn = (given.get("RoleArn") or [""])[0]
        if given.get("Action") == ["AssumeRole"] and not _may_be_assumed(role_arn):
            caller = f"arn:aws:iam::{get_account_id()}:root"
            return sts._error(403, "AccessDenied", f"User: {caller} is not authorized to perform: sts:AssumeRole on resource: {role_arn}", ns="sts")
        return await plain_handle(method, path, headers, body, query_params)

    sts.handle_request = handle_request


def _may_be_assumed(role_arn: str) -> bool:
    parts = role_arn.split(":")
    if len(parts) != 6 or not parts[5].startswith("role/"):
        return True  # malformed: ministack says so
    account, name = parts[4], parts[5].rsplit("/", 1)[-1]
    return (account, name) in iam._roles._data or organization_service.may_be_assumed(get_account_id(), account, name)
