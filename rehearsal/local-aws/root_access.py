"""Central root access of an organization, which IAM keeps: both features need IAM's trusted access."""

from ministack.core.responses import AccountScopedDict, get_account_id
from ministack.services import iam

import fidelity
import organization_service
from service_operations import ServiceError

_PRINCIPAL = "iam.amazonaws.com"
_FEATURES = {"RootCredentialsManagement": "EnableOrganizationsRootCredentialsManagement", "RootSessions": "EnableOrganizationsRootSessions"}

_enabled = AccountScopedDict()


def install() -> None:
    operations = {operation: _answering(operation, feature) for feature, operation in _FEATURES.items()}
    operations["ListOrganizationsFeatures"] = _answering("ListOrganizationsFeatures", None)
    iam._IAM_HANDLERS.update(operations)
    fidelity.declare_service("iam", operations)


def _answering(operation: str, feature: str | None):
    def handle(params):
        try:
            organization_id = _organization_id()
        except ServiceError as error:
            return iam._error(409, error.code, error.message)
        if feature:
            _enabled[feature] = True
        members = "".join(f"<member>{name}</member>" for name in sorted(_enabled))
        result = f"<OrganizationId>{organization_id}</OrganizationId><EnabledFeatures>{members}</EnabledFeatures>"
        return iam._xml(200, f"{operation}Response", f"<{operation}Result>{result}</{operation}Result>")

    return handle


def _organization_id() -> str:
    management = organization_service.management_account()
    if management is None:
        raise ServiceError("OrganizationNotFoundException", "The request was rejected because no organization is associated with your account.")
    if management != get_account_id():
        raise ServiceError("CallerIsNotManagementAccountException", "The request was rejected because the caller is not the management account.")
    if not organization_service.is_trusted(_PRINCIPAL):
        raise ServiceError("ServiceAccessNotEnabledException", "The request was rejected because trusted access is not enabled for IAM.")
    return organization_service.call("DescribeOrganization")["Organization"]["Id"]
