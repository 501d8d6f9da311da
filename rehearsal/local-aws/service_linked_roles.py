"""Service-linked roles by the names that their services give them; ministack capitalizes the service."""

from ministack.services import iam

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_aws-services-that-work-with-iam.html
_NAMES = {
    "access-analyzer": "AccessAnalyzer", "cloudtrail": "CloudTrail", "guardduty": "AmazonGuardDuty",
    "inspector2": "AmazonInspector2", "securityhub": "SecurityHub", "spot": "EC2Spot",
}


def install() -> None:
    plain_create = iam._IAM_HANDLERS["CreateServiceLinkedRole"]

    def create(params):
        service = iam._p(params, "AWSServiceName")
        prefix = service.split(".")[0]
        if prefix not in _NAMES:
            return plain_create(params)
        name, made_as = f"AWSServiceRoleFor{_NAMES[prefix]}", f"AWSServiceRoleFor{prefix.capitalize()}"
        if name in iam._roles:
            return iam._error(400, "InvalidInput", f"Service role name {name} has been taken in this account, please try a different suffix.")
        status, headers, body = plain_create(params)
        role = iam._roles.pop(made_as)
        iam._roles[name] = {**role, "RoleName": name, "Arn": role["Arn"].replace(made_as, name)}
        return status, headers, body.replace(made_as.encode(), name.encode())

    iam._IAM_HANDLERS["CreateServiceLinkedRole"] = create
