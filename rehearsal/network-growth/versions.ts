import { Ipv6, NatGateways, PrivateEndpoint, type SecureVpcProps } from 'cdk-innovate-platform';

/** One network as it is deployed, each version over the one before. */
export interface Version {
  readonly name: string;
  readonly network: SecureVpcProps;
  /** Whether it is of a version of the library whose networks had no subnets for the load balancer. @default false */
  readonly withoutEntrance?: boolean;
  readonly zones: number;
  /** Tiers with a subnet in each zone. */
  readonly tiers: readonly string[];
  readonly endpoints: number;
  readonly natGateways: number;
  readonly ipv6: boolean;
  /** The type of the one resource that is taken away, and not replaced. */
  readonly removes?: string;
}

const TWO_ZONES: SecureVpcProps = { cidr: '10.20.0.0/16', maxAzs: 2, endpoints: [...PrivateEndpoint.forSessionManager(), PrivateEndpoint.DYNAMODB] };
const THREE_ZONES: SecureVpcProps = { ...TWO_ZONES, maxAzs: 3 };
const ONE_MORE_ENDPOINT: SecureVpcProps = { ...THREE_ZONES, endpoints: [...TWO_ZONES.endpoints!, PrivateEndpoint.SECRETS_MANAGER] };
const WITH_IPV6: SecureVpcProps = { ...ONE_MORE_ENDPOINT, ipv6: Ipv6.egressOnly() };
const NAT_PER_ZONE: SecureVpcProps = { ...WITH_IPV6, natGateways: NatGateways.perZone() };

const START = { zones: 2, tiers: ['application', 'data', 'entrance'], endpoints: 4, natGateways: 1, ipv6: false };
const GROWN = { ...START, zones: 3, endpoints: 5, ipv6: true };

export const VERSIONS: readonly Version[] = [
  { ...START, name: 'two zones', network: TWO_ZONES, tiers: ['application', 'data'], withoutEntrance: true },
  { ...START, name: 'the entrance', network: TWO_ZONES },
  { ...START, name: 'a third zone', network: THREE_ZONES, zones: 3 },
  { ...GROWN, name: 'one more endpoint', network: ONE_MORE_ENDPOINT, ipv6: false },
  { ...GROWN, name: 'IPv6', network: WITH_IPV6 },
  // the gateway of the whole VPC goes once each zone has its own
  { ...GROWN, name: 'NAT per zone', network: NAT_PER_ZONE, tiers: [...START.tiers, 'egress'], natGateways: 3, removes: 'AWS::EC2::NatGateway' },
];
