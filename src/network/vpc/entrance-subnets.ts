import { Tags } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { AddressPlan, ENTRANCE_TIER } from './address-plan';

/**
 * Makes a subnet of the entrance in each zone, with the local route only.
 *
 * They are no subnets of `ec2.Vpc`'s own: whoever selects the isolated ones means databases, and a selection of a type has all groups of it.
 */
export function createEntranceSubnets(vpc: ec2.Vpc, addresses: AddressPlan): ec2.PrivateSubnet[] {
  return vpc.availabilityZones.map((availabilityZone, zone) => {
    const subnet = new ec2.PrivateSubnet(vpc, `${ENTRANCE_TIER}Subnet${zone + 1}`, {
      vpcId: vpc.vpcId, availabilityZone, cidrBlock: addresses.subnetCidr(ENTRANCE_TIER, zone), mapPublicIpOnLaunch: false,
    });
    // as ec2.Vpc tags its own
    for (const [key, value] of [['name', ENTRANCE_TIER], ['type', ec2.SubnetType.PRIVATE_ISOLATED]]) {
      Tags.of(subnet).add(`aws-cdk:subnet-${key}`, value, { includeResourceTypes: [ec2.CfnSubnet.CFN_RESOURCE_TYPE_NAME] });
    }
    return subnet;
  });
}
