"""Networks, by CloudFormation and by EC2's API, asked of a started launcher."""

import json
import unittest

from botocore.exceptions import ClientError

from test_settings import LocalAws

VPC = {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}}
IPV6 = {"Type": "AWS::EC2::VPCCidrBlock", "Properties": {"VpcId": {"Ref": "Vpc"}, "AmazonProvidedIpv6CidrBlock": True}}
ADDRESS = {"Type": "AWS::EC2::EIP", "Properties": {"Domain": "vpc"}}
REGIONAL = {"Type": "AWS::EC2::NatGateway", "Properties": {"VpcId": {"Ref": "Vpc"}, "AvailabilityMode": "regional", "ConnectivityType": "public"}}
ZONAL = {"Type": "AWS::EC2::NatGateway", "Properties": {"SubnetId": {"Ref": "A"}, "AllocationId": {"Fn::GetAtt": ["Address", "AllocationId"]}}}


def subnet(cidr: str, zone: int = 0, tag: str = "one") -> dict:
    return {"Type": "AWS::EC2::Subnet", "Properties": {
        "VpcId": {"Ref": "Vpc"}, "CidrBlock": cidr, "AvailabilityZone": {"Fn::Select": [zone, {"Fn::GetAZs": ""}]},
        "Tags": [{"Key": "Name", "Value": tag}]}}


def ipv6_of(name: str, number: int) -> dict:
    ranges = {"Fn::Cidr": [{"Fn::Select": [0, {"Fn::GetAtt": ["Vpc", "Ipv6CidrBlocks"]}]}, 256, "64"]}
    return {"Type": "AWS::EC2::SubnetCidrBlock", "DependsOn": "Ipv6",
            "Properties": {"SubnetId": {"Ref": name}, "Ipv6CidrBlock": {"Fn::Select": [number, ranges]}}}


def setUpModule():
    global aws
    aws = LocalAws("fresh")


def tearDownModule():
    aws.stop()


class Ranges(unittest.TestCase):
    account = "100000000001"

    def test_a_subnet_in_the_place_of_another_is_refused(self):
        status, reason, _ = aws.deploy(self.account, "overlap", {"Vpc": VPC, "A": subnet("10.0.0.0/20"), "B": subnet("10.0.8.0/21", 1) | {"DependsOn": "A"}})
        self.assertEqual(status, "ROLLBACK_COMPLETE")
        self.assertIn("conflicts with another subnet", reason)

    def test_an_update_that_moves_a_subnet_onto_another_is_rolled_back(self):
        first = {"Vpc": VPC, "A": subnet("10.0.0.0/20"), "B": subnet("10.0.16.0/20", 1)}
        _, _, before = aws.deploy(self.account, "moved", first)
        self.assertEqual(aws.update(self.account, "moved", {**first, "A": subnet("10.0.16.0/21")}), "UPDATE_ROLLBACK_COMPLETE")
        [found] = aws.client("ec2", self.account).describe_subnets(SubnetIds=[before["A"]])["Subnets"]
        self.assertEqual(found["CidrBlock"], "10.0.0.0/20")

    def test_so_does_the_api_and_another_vpc_may_have_the_range(self):
        ec2 = aws.client("ec2", self.account)
        one, other = (ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"] for _ in range(2))
        ec2.create_subnet(VpcId=one, CidrBlock="10.1.0.0/24")
        ec2.create_subnet(VpcId=other, CidrBlock="10.1.0.0/24")
        with self.assertRaises(ClientError) as refused:
            ec2.create_subnet(VpcId=one, CidrBlock="10.1.0.128/25")
        self.assertEqual(refused.exception.response["Error"]["Code"], "InvalidSubnet.Conflict")


class Ipv6(unittest.TestCase):
    account = "100000000002"

    def test_it_is_added_to_a_network_that_is_there_and_taken_away(self):
        ec2 = aws.client("ec2", self.account)
        plain = {"Vpc": VPC, "A": subnet("10.0.0.0/20"), "B": subnet("10.0.16.0/20", 1)}
        dual = {**plain, "Ipv6": IPV6, "A6": ipv6_of("A", 0), "B6": ipv6_of("B", 17)}
        _, _, ids = aws.deploy(self.account, "dual", plain)
        self.assertEqual(aws.update(self.account, "dual", dual), "UPDATE_COMPLETE")
        self.assertEqual(self.ranges(ec2, ids)[0], [self.vpc_range(ec2, ids).replace("/56", "/64")])
        model = aws.client("cloudcontrol", self.account).get_resource(TypeName="AWS::EC2::VPC", Identifier=ids["Vpc"])["ResourceDescription"]["Properties"]
        self.assertEqual(json.loads(model)["Ipv6CidrBlocks"], [self.vpc_range(ec2, ids)])
        self.assertEqual(self.ranges(ec2, ids)[1], [self.vpc_range(ec2, ids).replace("00::/56", "11::/64")])
        self.assertEqual(aws.update(self.account, "dual", plain), "UPDATE_COMPLETE")
        self.assertEqual(self.ranges(ec2, ids), [[], []])

    def test_a_range_of_two_subnets_is_refused(self):
        resources = {"Vpc": VPC, "A": subnet("10.0.0.0/20"), "B": subnet("10.0.16.0/20", 1), "Ipv6": IPV6, "A6": ipv6_of("A", 3), "B6": ipv6_of("B", 3)}
        status, reason, _ = aws.deploy(self.account, "twice", resources)
        self.assertEqual(status, "ROLLBACK_COMPLETE")
        self.assertIn("InvalidSubnet.Conflict", reason)

    def test_vpcs_have_ranges_of_their_own(self):
        ec2 = aws.client("ec2", self.account)
        stacks = [aws.deploy(self.account, name, {"Vpc": VPC, "Ipv6": IPV6})[2] for name in ("first", "second")]
        self.assertNotEqual(*[self.vpc_range(ec2, ids) for ids in stacks])

    @staticmethod
    def vpc_range(ec2, ids: dict) -> str:
        [vpc] = ec2.describe_vpcs(VpcIds=[ids["Vpc"]])["Vpcs"]
        [association] = vpc["Ipv6CidrBlockAssociationSet"]
        return association["Ipv6CidrBlock"]

    @staticmethod
    def ranges(ec2, ids: dict) -> list[list[str]]:
        return [[each["Ipv6CidrBlock"] for each in ec2.describe_subnets(SubnetIds=[ids[name]])["Subnets"][0]["Ipv6CidrBlockAssociationSet"]] for name in "AB"]


class Gateways(unittest.TestCase):
    account = "100000000003"

    def test_a_regional_gateway_gives_way_to_one_of_a_zone(self):
        ec2 = aws.client("ec2", self.account)
        _, _, ids = aws.deploy(self.account, "nat", {"Vpc": VPC, "Nat": REGIONAL})
        [regional] = ec2.describe_nat_gateways(NatGatewayIds=[ids["Nat"]])["NatGateways"]
        self.assertEqual((regional["AvailabilityMode"], regional["VpcId"]), ("regional", ids["Vpc"]))
        self.assertNotIn("SubnetId", regional)

        zonal = {"Vpc": VPC, "A": subnet("10.0.0.0/28"), "Address": ADDRESS, "ZoneNat": ZONAL}
        self.assertEqual(aws.update(self.account, "nat", zonal), "UPDATE_COMPLETE")
        found = {gateway["NatGatewayId"]: gateway for gateway in ec2.describe_nat_gateways()["NatGateways"]}
        self.assertEqual(found.pop(ids["Nat"])["State"], "deleted")
        [gateway] = found.values()
        [address] = ec2.describe_addresses()["Addresses"]
        self.assertEqual(gateway["NatGatewayAddresses"], [{"AllocationId": address["AllocationId"], "PublicIp": address["PublicIp"]}])
        self.assertEqual(gateway["AvailabilityMode"], "zonal")

        aws.delete(self.account, "nat")
        self.assertEqual(ec2.describe_addresses()["Addresses"], [])
        self.assertEqual({each["State"] for each in ec2.describe_nat_gateways()["NatGateways"]}, {"deleted"})

    def test_tags_change_in_place_and_another_place_replaces(self):
        ec2 = aws.client("ec2", self.account)
        before = {"Vpc": VPC, "A": subnet("10.0.0.0/28"), "B": subnet("10.0.1.0/28", 1), "Address": ADDRESS, "Nat": ZONAL}
        _, _, ids = aws.deploy(self.account, "tags", before)
        tagged = {**ZONAL, "Properties": {**ZONAL["Properties"], "Tags": [{"Key": "Name", "Value": "two"}]}}
        aws.update(self.account, "tags", {**before, "Nat": tagged})
        [gateway] = ec2.describe_nat_gateways(NatGatewayIds=[ids["Nat"]])["NatGateways"]
        self.assertEqual((gateway["State"], gateway["Tags"]), ("available", [{"Key": "Name", "Value": "two"}]))
        elsewhere = {**ZONAL, "Properties": {**ZONAL["Properties"], "SubnetId": {"Ref": "B"}}}
        aws.update(self.account, "tags", {**before, "Nat": elsewhere})
        [gateway] = ec2.describe_nat_gateways(NatGatewayIds=[ids["Nat"]])["NatGateways"]
        self.assertEqual(gateway["State"], "deleted")
        aws.delete(self.account, "tags")

    def test_an_egress_only_gateway(self):
        ec2 = aws.client("ec2", self.account)
        _, _, ids = aws.deploy(self.account, "egress", {"Vpc": VPC, "Out": {"Type": "AWS::EC2::EgressOnlyInternetGateway", "Properties": {"VpcId": {"Ref": "Vpc"}}}})
        [gateway] = ec2.describe_egress_only_internet_gateways(EgressOnlyInternetGatewayIds=[ids["Out"]])["EgressOnlyInternetGateways"]
        self.assertEqual(gateway["Attachments"], [{"State": "attached", "VpcId": ids["Vpc"]}])
        aws.delete(self.account, "egress")
        self.assertEqual(ec2.describe_egress_only_internet_gateways()["EgressOnlyInternetGateways"], [])


if __name__ == "__main__":
    unittest.main()
