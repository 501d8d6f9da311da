"""Who administers GuardDuty, Security Hub and Inspector for an organization, region by region, and Inspector's own state."""

from ministack.core.responses import AccountRegionScopedDict, get_account_id
from ministack.services import inspector2

import organization_service
from service_operations import ServiceError, provide

_INSPECTOR_KEYS = ("ec2", "ecr", "lambda", "lambdaCode")


class _Administration:
    """The administrator that one service was told, of the organization in this region."""

    def __init__(self, principal: str, refusal: str):
        self._principal = principal
        self._refusal = refusal
        self._administrator = AccountRegionScopedDict()

    def enable(self, account: str) -> None:
        self._refuse_others()
        if account == get_account_id() or not organization_service.is_member(account):
            raise ServiceError(self._refusal, f"Account {account} is not a member of the organization, or is its management account.")
        if self.administrators() not in ([], [account]):
            raise ServiceError(self._refusal, f"Another account, {self.administrators()[0]}, is already the administrator.")
        self._administrator["account"] = account
        organization_service.delegate(account, self._principal)

    def disable(self, account: str) -> None:
        self._refuse_others()
        if self.administrators() != [account]:
            raise ServiceError(self._refusal, f"Account {account} is not the administrator.")
        del self._administrator["account"]
        if account not in self._administrator._data.values():
            organization_service.undelegate(account, self._principal)

    def administrators(self) -> list[str]:
        self._refuse_others()
        return list(self._administrator.values())

    def _refuse_others(self) -> None:
        if get_account_id() != organization_service.management_account():
            raise ServiceError(self._refusal, "The request failed because the caller is not the management account of an organization.")


_guardduty = _Administration("guardduty.amazonaws.com", "BadRequestException")
_security_hub = _Administration("securityhub.amazonaws.com", "InvalidInputException")
_inspector = _Administration("inspector2.amazonaws.com", "ValidationException")


def install() -> None:
    provide("guardduty", {
        "EnableOrganizationAdminAccount": lambda request: _guardduty.enable(request["AdminAccountId"]),
        "DisableOrganizationAdminAccount": lambda request: _guardduty.disable(request["AdminAccountId"]),
        "ListOrganizationAdminAccounts": lambda request: {
            "AdminAccounts": [{"AdminAccountId": account, "AdminStatus": "ENABLED"} for account in _guardduty.administrators()]},
    })
    provide("securityhub", {
        "EnableOrganizationAdminAccount": lambda request: _security_hub.enable(request["AdminAccountId"]) or request,
        "DisableOrganizationAdminAccount": lambda request: _security_hub.disable(request["AdminAccountId"]),
        "ListOrganizationAdminAccounts": lambda request: {
            "AdminAccounts": [{"AccountId": account, "Status": "ENABLED"} for account in _security_hub.administrators()]},
    })
    provide("inspector2", {
        "EnableDelegatedAdminAccount": lambda request: _inspector.enable(request["delegatedAdminAccountId"]) or request,
        "DisableDelegatedAdminAccount": lambda request: _inspector.disable(request["delegatedAdminAccountId"]) or request,
        "ListDelegatedAdminAccounts": lambda request: {
            "delegatedAdminAccounts": [{"accountId": account, "status": "ENABLED"} for account in _inspector.administrators()]},
        "BatchGetAccountStatus": _inspector_status,
    })


def _inspector_status(request: dict) -> dict:
    """An account is enabled once something of it is scanned; ministack always says it is not."""
    accounts = []
    for account in request.get("accountIds") or [get_account_id()]:
        config = inspector2._get_config(account)
        states = {key: _state(config[key]["status"]) for key in _INSPECTOR_KEYS}
        enabled = any(state["status"] == "ENABLED" for state in states.values())
        accounts.append({"accountId": account, "state": _state("ENABLED" if enabled else "DISABLED"), "resourceState": states})
    return {"accounts": accounts, "failedAccounts": []}


def _state(status: str) -> dict:
    return {"status": status, "errorCode": "SUCCESS", "errorMessage": ""}
