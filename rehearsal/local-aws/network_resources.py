"""Network resources that ministack's EC2 knows and its CloudFormation does not, or that neither knows whole:
addresses, NAT gateways (regional ones, too), egress-only gateways, further ranges of a VPC and IPv6 ranges of subnets.
A subnet whose range is another one's is refused, as EC2 refuses it.
"""

import ipaddress
import re
import uuid

from ministack.core.responses import get_account_id
from ministack.services import ec2
from ministack.services.cloudformation import provisioners

import resource_records
from resource_schema import ResourceSchema, ResourceType

# Amazon's ranges, of which each VPC gets one.
_IPV6_POOL = "2a05:d018:{:x}:{:x}00::/56"


def install() -> None:
    _refuse_overlapping_subnets()
    _answer_ipv6()
    _answer_nat_gateways()


def handlers(schema: ResourceSchema) -> dict[str, dict]:
    return {name: _handler(schema.types[name], make, remove) for name, (make, remove) in _TYPES.items()}


def vpc_attributes(vpc_id: str) -> dict:
    """What GetAtt of a VPC answers. The list is the one that a later range joins, so that it is as current as on AWS."""
    return {"Ipv6CidrBlocks": _ipv6_ranges_of(vpc_id)}


def _handler(resource_type: ResourceType, make, remove) -> dict:
    def create(logical_id, properties, stack_name):
        physical_id, attributes = make(properties)
        provisioners._ec2_apply_tags(_tagged(physical_id), properties)
        return physical_id, attributes

    def update(physical_id, old_properties, new_properties, stack_name, logical_id=None):
        if any(old_properties.get(name) != new_properties.get(name) for name in resource_type.create_only()):
            return create(logical_id, new_properties, stack_name)
        provisioners._ec2_apply_tags(_tagged(physical_id), new_properties, old_properties)
        return physical_id, {}

    def delete(physical_id, properties):
        ec2._tags.pop(_tagged(physical_id), None)
        remove(physical_id, properties)

    return {"create": create, "update": update, "update_with_logical_id": True, "delete": delete}


def _tagged(physical_id: str) -> str:
    """An address is called by its number in CloudFormation and by its allocation in EC2."""
    return _allocation_of(physical_id) or physical_id


def _make_address(properties: dict) -> tuple[str, dict]:
    _, _, answer = ec2._allocate_address({"Domain": [properties.get("Domain", "vpc")]})
    allocation = re.search(rb"<allocationId>([\w-]+)<", answer)[1].decode()
    public_ip = ec2._addresses[allocation]["PublicIp"]
    return public_ip, {"PublicIp": public_ip, "AllocationId": allocation}


def _remove_address(public_ip: str, properties: dict) -> None:
    ec2._addresses.pop(_allocation_of(public_ip), None)


def _allocation_of(public_ip: str) -> str | None:
    return next((allocation for allocation, address in ec2._addresses.items() if address["PublicIp"] == public_ip), None)


def _make_nat_gateway(properties: dict) -> tuple[str, dict]:
    gateway = _new_id("nat")
    subnet = ec2._subnets.get(properties.get("SubnetId"))
    mode = properties.get("AvailabilityMode", "zonal")
    if mode == "zonal" and subnet is None:
        raise ValueError(f"The subnet ID '{properties.get('SubnetId')}' does not exist (Service: EC2, Error Code: InvalidSubnetID.NotFound)")
    ec2._nat_gateways[gateway] = {
        "NatGatewayId": gateway, "SubnetId": properties.get("SubnetId", ""), "VpcId": subnet["VpcId"] if subnet else properties["VpcId"],
        "AllocationId": properties.get("AllocationId", ""), "ConnectivityType": properties.get("ConnectivityType", "public"),
        "AvailabilityMode": mode, "State": "available", "CreateTime": ec2._now_ts(), "Tags": [],
    }
    return gateway, {"NatGatewayId": gateway}


def _remove_nat_gateway(gateway: str, properties: dict) -> None:
    ec2._delete_nat_gateway({"NatGatewayId": [gateway]})  # it is listed as deleted for some time, as on AWS


def _make_egress_only_gateway(properties: dict) -> tuple[str, dict]:
    gateway = _new_id("eigw")
    ec2._egress_igws[gateway] = {"EgressOnlyInternetGatewayId": gateway, "VpcId": properties["VpcId"], "State": "attached", "Tags": []}
    return gateway, {"Id": gateway}


def _make_vpc_range(properties: dict) -> tuple[str, dict]:
    vpc_id = properties["VpcId"]
    kind, cidr = ("CidrBlock", properties["CidrBlock"]) if "CidrBlock" in properties else ("Ipv6CidrBlock", _ipv6_range(properties))
    association = _new_id("vpc-cidr-assoc")
    ec2._vpcs[vpc_id].setdefault("FurtherRanges", {})[association] = (kind, cidr)
    if kind == "Ipv6CidrBlock":
        _ipv6_ranges_of(vpc_id).append(cidr)
        resource_records.correct("AWS::EC2::VPC", vpc_id, vpc_attributes(vpc_id))
    return f"{association}|{vpc_id}", {"Id": association}


def _remove_vpc_range(physical_id: str, properties: dict) -> None:
    association, vpc_id = physical_id.split("|")
    kind, cidr = ec2._vpcs[vpc_id]["FurtherRanges"].pop(association)
    if kind == "Ipv6CidrBlock":
        _ipv6_ranges_of(vpc_id).remove(cidr)
        resource_records.correct("AWS::EC2::VPC", vpc_id, vpc_attributes(vpc_id))


def _ipv6_range(properties: dict) -> str:
    taken = {cidr for vpc in ec2._vpcs.values() for _, cidr in vpc.get("FurtherRanges", {}).values()}
    free = (_IPV6_POOL.format(int(get_account_id()) % 0xffff + 1, number) for number in range(0x10, 0x100))
    return properties.get("Ipv6CidrBlock") or next(cidr for cidr in free if cidr not in taken)


class _Ranges(list):
    """A list that is still the VPC's in the copy that CloudFormation makes of a stack before it updates it."""

    def __deepcopy__(self, memo):
        return self


def _ipv6_ranges_of(vpc_id: str) -> list[str]:
    return ec2._vpcs[vpc_id].setdefault("Ipv6Ranges", _Ranges())


def _make_subnet_range(properties: dict) -> tuple[str, dict]:
    subnet = ec2._subnets[properties["SubnetId"]]
    cidr = properties["Ipv6CidrBlock"]
    if not any(ipaddress.ip_network(cidr).subnet_of(ipaddress.ip_network(each)) for each in _ipv6_ranges_of(subnet["VpcId"])):
        raise ValueError(f"The CIDR '{cidr}' is invalid: it is in no range of the VPC (Service: EC2, Error Code: InvalidSubnet.Range)")
    taken = [each for other in ec2._subnets.values() if other["VpcId"] == subnet["VpcId"] for each in other.get("Ipv6Ranges", {}).values()]
    if problem := _conflict(cidr, taken):
        raise ValueError(f"{problem} (Service: EC2, Error Code: InvalidSubnet.Conflict)")
    association = _new_id("subnet-cidr-assoc")
    subnet.setdefault("Ipv6Ranges", {})[association] = cidr
    return association, {"Id": association}


def _remove_subnet_range(association: str, properties: dict) -> None:
    subnet = ec2._subnets.get(properties["SubnetId"])
    if subnet:
        subnet["Ipv6Ranges"].pop(association)


def _refuse_overlapping_subnets() -> None:
    plain_create = provisioners._ec2_subnet_create
    plain_call = ec2._ACTION_MAP["CreateSubnet"]

    def create(logical_id, properties, stack_name):
        if problem := _subnet_conflict(properties.get("VpcId"), properties.get("CidrBlock")):
            raise ValueError(f"{problem} (Service: EC2, Error Code: InvalidSubnet.Conflict)")
        return plain_create(logical_id, properties, stack_name)

    def call(request):
        problem = _subnet_conflict(ec2._p(request, "VpcId"), ec2._p(request, "CidrBlock"))
        return ec2._error("InvalidSubnet.Conflict", problem, 400) if problem else plain_call(request)

    provisioners._ec2_subnet_create = create  # by which an update replaces
    provisioners._RESOURCE_HANDLERS["AWS::EC2::Subnet"]["create"] = create
    ec2._ACTION_MAP["CreateSubnet"] = call


def _subnet_conflict(vpc_id: str | None, cidr: str | None) -> str | None:
    return _conflict(cidr, [subnet["CidrBlock"] for subnet in ec2._subnets.values() if subnet["VpcId"] == vpc_id]) if vpc_id and cidr else None


def _conflict(cidr: str, taken: list[str]) -> str | None:
    network = ipaddress.ip_network(cidr)
    return f"The CIDR '{cidr}' conflicts with another subnet" if any(network.overlaps(ipaddress.ip_network(other)) for other in taken) else None


def _answer_ipv6() -> None:
    """DescribeVpcs and DescribeSubnets leave out every range but the first."""
    plain_vpc, plain_subnet = ec2._vpc_fields_xml, ec2._subnet_fields_xml

    def vpc_xml(vpc, tag="item"):
        further = vpc.get("FurtherRanges", {}).items()
        ipv4, ipv6 = ("".join(_association_xml(kind, association, cidr) for association, (of, cidr) in further if of == kind)
                      for kind in ("CidrBlock", "Ipv6CidrBlock"))
        text = plain_vpc(vpc, tag).replace("</cidrBlockAssociationSet>", f"{ipv4}</cidrBlockAssociationSet>")
        return _with_member(text, tag, f"<ipv6CidrBlockAssociationSet>{ipv6}</ipv6CidrBlockAssociationSet>")

    def subnet_xml(subnet, tag="item"):
        ipv6 = "".join(_association_xml("Ipv6CidrBlock", association, cidr) for association, cidr in subnet.get("Ipv6Ranges", {}).items())
        return _with_member(plain_subnet(subnet, tag), tag, f"<ipv6CidrBlockAssociationSet>{ipv6}</ipv6CidrBlockAssociationSet>")

    ec2._vpc_fields_xml, ec2._subnet_fields_xml = vpc_xml, subnet_xml


def _answer_nat_gateways() -> None:
    """DescribeNatGateways knows neither addresses nor that a gateway can be a region's."""
    plain_describe = ec2._ACTION_MAP["DescribeNatGateways"]

    def describe(request):
        status, headers, body = plain_describe(request)
        for gateway in ec2._nat_gateways.values():
            name = f"<natGatewayId>{gateway['NatGatewayId']}</natGatewayId>"
            body = body.replace(name.encode(), f"{name}{_nat_gateway_members(gateway)}".encode())
        return status, headers, re.sub(rb"<subnetId></subnetId>|<natGatewayAddressSet/>", b"", body)

    ec2._ACTION_MAP["DescribeNatGateways"] = describe


def _nat_gateway_members(gateway: dict) -> str:
    allocation = gateway.get("AllocationId", "")
    public_ip = (ec2._addresses.get(allocation) or {}).get("PublicIp", "")
    address = f"<item><allocationId>{allocation}</allocationId><publicIp>{public_ip}</publicIp></item>" if allocation else ""
    mode = gateway.get("AvailabilityMode", "zonal")
    return f"<availabilityMode>{mode}</availabilityMode><natGatewayAddressSet>{address}</natGatewayAddressSet>"


def _association_xml(kind: str, association: str, cidr: str) -> str:
    member = kind[0].lower() + kind[1:]
    return (f"<item><associationId>{association}</associationId><{member}>{cidr}</{member}>"
            f"<{member}State><state>associated</state></{member}State></item>")


def _with_member(text: str, tag: str, member: str) -> str:
    head, end = text.rsplit(f"</{tag}>", 1)
    return f"{head}{member}</{tag}>{end}"


def _new_id(prefix: str) -> str:
    return f"{prefix}-{uuid.uuid4().hex[:17]}"


_TYPES = {  # how each is made from its properties, and how it is removed
    "AWS::EC2::EIP": (_make_address, _remove_address),
    "AWS::EC2::NatGateway": (_make_nat_gateway, _remove_nat_gateway),
    "AWS::EC2::EgressOnlyInternetGateway": (_make_egress_only_gateway, lambda gateway, properties: ec2._egress_igws.pop(gateway)),
    "AWS::EC2::VPCCidrBlock": (_make_vpc_range, _remove_vpc_range),
    "AWS::EC2::SubnetCidrBlock": (_make_subnet_range, _remove_subnet_range),
}
