"""Identifiers and attributes for resources that nothing behind them creates.

Every value is a hash of what the resource is, so two runs of the same app make
the same values, and each has the form that the service gives its own.
"""

import hashlib
import re

# The ids that other resources of a template check or embed; everything else gets a UUID.
_ID_PREFIXES = {
    "AWS::EC2::CustomerGateway": "cgw", "AWS::EC2::DHCPOptions": "dopt", "AWS::EC2::EIP": "eipalloc",
    "AWS::EC2::EgressOnlyInternetGateway": "eigw", "AWS::EC2::FlowLog": "fl", "AWS::EC2::Host": "h",
    "AWS::EC2::Instance": "i", "AWS::EC2::InternetGateway": "igw", "AWS::EC2::LaunchTemplate": "lt",
    "AWS::EC2::NatGateway": "nat", "AWS::EC2::NetworkAcl": "acl", "AWS::EC2::NetworkInterface": "eni",
    "AWS::EC2::PrefixList": "pl", "AWS::EC2::RouteTable": "rtb", "AWS::EC2::SecurityGroup": "sg",
    "AWS::EC2::SecurityGroupEgress": "sgr", "AWS::EC2::SecurityGroupIngress": "sgr", "AWS::EC2::Subnet": "subnet",
    "AWS::EC2::SubnetNetworkAclAssociation": "aclassoc", "AWS::EC2::TransitGateway": "tgw", "AWS::EC2::VPC": "vpc",
    "AWS::EC2::VPCCidrBlock": "vpc-cidr-assoc", "AWS::EC2::VPCEndpoint": "vpce", "AWS::EC2::VPCEndpointService": "vpce-svc",
    "AWS::EC2::VPCPeeringConnection": "pcx", "AWS::EC2::Volume": "vol", "AWS::EFS::FileSystem": "fs",
    "AWS::EKS::PodIdentityAssociation": "a", "AWS::CloudFront::VpcOrigin": "vo",
}

_GLOBAL_SERVICES = {"budgets", "cloudfront", "iam", "organizations", "route53", "sso", "chatbot", "globalaccelerator", "artifact"}
_SERVICE_IN_ARN = {"elasticloadbalancingv2": "elasticloadbalancing", "certificatemanager": "acm", "cognito": "cognito-idp"}


class MadeUpValues:
    """The values of one resource in one account and region."""

    def __init__(self, type_name: str, arn_template: str | None, account: str, region: str, seed: str, name: str):
        self._type = type_name
        self._arn_template = arn_template
        self._account = account
        self._region = region
        self._name = name
        self._hex = hashlib.sha256(f"{account}/{region}/{type_name}/{seed}".encode()).hexdigest()

    def identifier(self, attribute: str) -> str:
        special = _SPECIAL_IDS.get((self._type, attribute))
        if special:
            return special(self._hex)
        if attribute.endswith("Arn"):
            return self.arn(self._name)
        if attribute.endswith("Name"):
            return self._name
        prefix = _ID_PREFIXES.get(self._type)
        if prefix:
            return f"{prefix}-{self._hex[:17]}"
        return _uuid(self._hex)

    def attribute(self, name: str, kind, identifier: str, properties: dict):
        """A read-only attribute; one that repeats a property has the property's value."""
        echoed = _at_path(properties, name)
        if echoed is not None:
            return echoed
        if isinstance(kind, dict):
            return self._composite(name, kind, identifier)
        if kind in ("integer", "number"):
            return 443 if name.endswith("Port") else 1
        if kind == "boolean":
            return True
        if kind == "json":
            return {}
        return self._text(name, identifier)

    def _composite(self, name: str, kind: dict, identifier: str):
        if "list" in kind:
            return [self._text(f"{name}0", identifier)] if kind["list"] == "string" else []
        if "any" in kind:
            return self.attribute(name, kind["any"][0], identifier, {})
        return {}

    def _text(self, name: str, identifier: str) -> str:
        leaf = name.rsplit(".", 1)[-1]
        if leaf.endswith(("Arn", "ARN")):
            return self.arn(identifier)
        if leaf.endswith(("AccountId", "OwnerId")):
            return self._account
        if leaf in ("Id", "Identifier") or self._type.endswith(f"::{leaf.removesuffix('Id')}"):
            return identifier
        if leaf.endswith(("DNSName", "DnsName", "DomainName", "Address", "Endpoint", "Hostname")):
            return f"{self._name.lower()}.{self._hex[:12]}.{self._service()}.{self._region}.amazonaws.com"
        if leaf.endswith(("Time", "Timestamp", "Date", "CreatedAt", "UpdatedAt")):
            return "2026-01-01T00:00:00Z"
        if leaf in ("Status", "State"):
            return "ACTIVE"
        if leaf.endswith(("Version", "VersionNumber")):
            return "1"
        if leaf == "AvailabilityZone":
            return f"{self._region}a"
        if leaf in ("PrivateIp", "PrivateIpAddress", "PrimaryPrivateIpAddress"):
            return f"10.{int(self._hex[:2], 16)}.{int(self._hex[2:4], 16)}.{int(self._hex[4:6], 16) or 1}"
        return f"{_kebab(leaf)}-{self._hex[:17]}"

    def arn(self, resource: str) -> str:
        if resource.startswith("arn:"):
            return resource
        if self._arn_template:
            return self._fill(self._arn_template, resource)
        kind = _kebab(self._type.rsplit("::", 1)[-1])
        region = "" if self._service() in _GLOBAL_SERVICES else self._region
        return f"arn:aws:{self._service()}:{region}:{self._account}:{kind}/{resource}"

    def _fill(self, template: str, resource: str) -> str:
        known = {"Partition": "aws", "Region": self._region, "Account": self._account}
        return re.sub(r"\$\{(\w+)\}", lambda match: known.get(match[1], resource), template)

    def _service(self) -> str:
        service = self._type.split("::")[1].lower()
        return _SERVICE_IN_ARN.get(service, service)


def _uuid(hexadecimal: str) -> str:
    return "-".join((hexadecimal[:8], hexadecimal[8:12], hexadecimal[12:16], hexadecimal[16:20], hexadecimal[20:32]))


_SPECIAL_IDS = {
    ("AWS::CloudFront::Distribution", "Id"): lambda h: f"E{h[:13].upper()}",
    ("AWS::Route53::HostedZone", "Id"): lambda h: f"Z{h[:20].upper()}",
}


def _at_path(properties: dict, path: str):
    value = properties
    for part in path.split("."):
        if not isinstance(value, dict) or part not in value:
            return None
        value = value[part]
    return value


def _kebab(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", name).lower()
