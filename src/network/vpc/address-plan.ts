import { Fn } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { parseCidr } from '../../private/cidr';

/** Zones that every tier has room for from the first deployment on: as many as the largest region has. */
export const RESERVED_ZONES = 6;

/** The smallest subnet that AWS permits. */
const SMALLEST_SUBNET = 28;

/**
 * A load balancer asks for a /27 with eight free addresses in each zone, and takes more as it grows.
 *
 * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html#subnets-load-balancer
 */
const ENTRANCE_SUBNET = 26;

/** The tier of the load balancer. */
export const ENTRANCE_TIER = 'entrance';

/** The tiers in the order of their addresses, to which new ones are appended, each with the prefix of its subnets in a VPC of a given prefix. */
const TIERS = [
  { name: 'application', subnetPrefix: (vpcPrefix: number) => vpcPrefix + 3 },
  { name: 'data', subnetPrefix: (vpcPrefix: number) => vpcPrefix + 6 },
  { name: 'egress', subnetPrefix: (vpcPrefix: number) => Math.min(SMALLEST_SUBNET, vpcPrefix + 10) },
  { name: ENTRANCE_TIER, subnetPrefix: () => ENTRANCE_SUBNET },
];

/** The /64 ranges in the /56 that AWS gives a VPC. Another count would number them differently. */
const IPV6_SLOTS = 256;

/** The /64 ranges that each tier has: its number is then the first digit of the range's last two, and the zone the second. */
const IPV6_SLOTS_PER_TIER = 16;

/**
 * Gives each zone's subnet of each tier a fixed place in the VPC, whichever zones and tiers exist.
 *
 * `reservedAzs` of `ec2.Vpc` would reserve the same addresses, but it also lists made-up zones in `vpc.availabilityZones`.
 */
export class AddressPlan implements ec2.IIpAddresses {
  constructor(private readonly cidr: string) {}

  public allocateVpcCidr(): ec2.VpcIpamOptions {
    return { cidrBlock: this.cidr };
  }

  public allocateSubnetsCidr({ requestedSubnets }: ec2.AllocateCidrRequest): ec2.SubnetIpamOptions {
    const zonesOfTier = new Map<string, number>();
    return {
      allocatedSubnets: requestedSubnets.map(({ configuration }) => {
        const zone = zonesOfTier.get(configuration.name) ?? 0;
        zonesOfTier.set(configuration.name, zone + 1);
        return { cidr: this.subnetCidr(configuration.name, zone) };
      }),
    };
  }

  /** The place of a zone's subnet. */
  public subnetCidr(tierName: string, zone: number): string {
    const { first, prefix } = parseCidr(this.cidr)!;
    let address = first;
    for (const tier of TIERS) {
      const subnetPrefix = tier.subnetPrefix(prefix);
      const subnetSize = 2 ** (32 - subnetPrefix);
      // a range begins at a multiple of its size: in a small VPC, the entrance leaves a gap before it
      address = Math.ceil(address / subnetSize) * subnetSize;
      if (tier.name === tierName) { return `${formatIpv4(address + zone * subnetSize)}/${subnetPrefix}`; }
      address += RESERVED_ZONES * subnetSize;
    }
    throw new Error(`The address plan has no tier "${tierName}".`);
  }
}

/** The place of a subnet in the IPv6 range of its VPC, a /56: fixed as the IPv4 one is. */
export function ipv6SubnetCidr(vpcCidr: string, tierName: string, zone: number): string {
  const tier = TIERS.findIndex(({ name }) => name === tierName);
  return Fn.select(tier * IPV6_SLOTS_PER_TIER + zone, Fn.cidr(vpcCidr, IPV6_SLOTS, '64'));
}

function formatIpv4(address: number): string {
  return [24, 16, 8, 0].map(shift => Math.floor(address / 2 ** shift) % 256).join('.');
}
