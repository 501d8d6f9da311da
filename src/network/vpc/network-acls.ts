import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import { Ipv6Network } from './ipv6-network';

/** The protocol numbers that a rule names; -1 is all of them. */
const ALL = -1;
const ICMP = 1;
const TCP = 6;
const UDP = 17;
const ICMPV6 = 58;

/** Where the answers to a connection go: clients, NAT gateways and CloudFront's VPC origins open theirs from these ports. */
const REPLY_PORTS = { from: 1024, to: 65535 };
const HTTPS = { from: 443, to: 443 };

/** Too large a packet, or nobody there: without these answers connections hang. */
const UNREACHABLE = { type: 3, code: -1 };
const UNREACHABLE_IPV6 = { type: 1, code: -1 };
const PACKET_TOO_BIG_IPV6 = { type: 2, code: -1 };

const ANY_IPV4 = '0.0.0.0/0';
const ANY_IPV6 = '::/0';

/** What a rule lets through. */
interface Traffic {
  readonly cidr: string;
  readonly protocol: number;
  readonly ports?: ec2.CfnNetworkAclEntry.PortRangeProperty;
  readonly icmp?: ec2.CfnNetworkAclEntry.IcmpProperty;
}

/** The rules of a tier by their numbers' order, with names that their construct ids are made of. */
interface TierRules {
  readonly inbound: Record<string, Traffic>;
  readonly outbound: Record<string, Traffic>;
}

/**
 * The network access control lists of a VPC: a second, stateless filter around its subnets, besides the security groups.
 *
 * @example
 * import { NetworkAcls, SecureVpc } from 'cdk-innovate-platform';
 *
 * new SecureVpc(this, 'Network', { networkAcls: NetworkAcls.perTier() });
 *
 * @see https://docs.aws.amazon.com/vpc/latest/userguide/vpc-network-acls.html
 */
export abstract class NetworkAcls {
  /** The VPC's default list, which lets everything through: routes and security groups alone decide. */
  public static none(): NetworkAcls {
    return new DefaultAcl();
  }

  /**
   * A list for each tier. From inside the VPC everything may enter; from outside only TCP and UDP to the ports from 1024 on, where replies arrive,
   * and the data subnets take only TCP there, for the replies of S3. Nothing enters the entrance from outside but what its load balancer admits of CloudFront.
   *
   * A list cannot tell a reply from a request to such a port, and CloudFront's VPC origins are not held back by inbound rules.
   * What enters over a peering, a VPN or a transit gateway is outside the VPC: add a rule of your own for it.
   */
  public static perTier(): NetworkAcls {
    return new AclPerTier();
  }

  /**
   * @param scope the construct that the lists belong to
   * @param vpc the VPC with its subnets
   * @param entrance its subnets for the load balancer
   * @param ipv6 its IPv6 side, if it has one
   *
   * @internal
   */
  public abstract _bind(scope: Construct, vpc: ec2.Vpc, entrance: ec2.ISubnet[], ipv6?: Ipv6Network): void;
}

class DefaultAcl extends NetworkAcls {
  public _bind(_scope: Construct, _vpc: ec2.Vpc, _entrance: ec2.ISubnet[], _ipv6?: Ipv6Network): void {
    // subnets without a list have the VPC's default one
  }
}

class AclPerTier extends NetworkAcls {
  public _bind(scope: Construct, vpc: ec2.Vpc, entrance: ec2.ISubnet[], ipv6?: Ipv6Network): void {
    addAcl(scope, 'ApplicationAcl', vpc, vpc.privateSubnets, leavingTierRules(vpc.vpcCidrBlock, ipv6), ipv6);
    addAcl(scope, 'DataAcl', vpc, vpc.isolatedSubnets, dataTierRules(vpc.vpcCidrBlock, ipv6), ipv6);
    addAcl(scope, 'EntranceAcl', vpc, entrance, entranceTierRules(vpc.vpcCidrBlock, ipv6), ipv6);
    if (vpc.publicSubnets.length > 0) { addAcl(scope, 'EgressAcl', vpc, vpc.publicSubnets, leavingTierRules(vpc.vpcCidrBlock), undefined); }
  }
}

function addAcl(scope: Construct, id: string, vpc: ec2.Vpc, subnets: ec2.ISubnet[], rules: TierRules, ipv6: Ipv6Network | undefined): void {
  const acl = new ec2.CfnNetworkAcl(scope, id, { vpcId: vpc.vpcId });
  const entries = [...addEntries(acl, 'Inbound', rules.inbound), ...addEntries(acl, 'Outbound', rules.outbound)];
  if (ipv6) { entries.forEach(entry => entry.node.addDependency(ipv6.association)); }
  for (const subnet of subnets) {
    const association = new ec2.CfnSubnetNetworkAclAssociation(subnet, 'AclAssociation', { networkAclId: acl.ref, subnetId: subnet.subnetId });
    // a list without its rules lets nothing through
    entries.forEach(entry => association.addDependency(entry));
  }
}

function addEntries(acl: Construct & { readonly ref: string }, direction: 'Inbound' | 'Outbound', rules: Record<string, Traffic>): ec2.CfnNetworkAclEntry[] {
  return Object.entries(rules).map(([name, { cidr, protocol, ports, icmp }], index) => new ec2.CfnNetworkAclEntry(acl, `${direction}${name}`, {
    networkAclId: acl.ref,
    egress: direction === 'Outbound',
    // spaced, so that rules of one's own fit between
    ruleNumber: (index + 1) * 100,
    ruleAction: 'allow',
    ...name.endsWith('Ipv6') ? { ipv6CidrBlock: cidr } : { cidrBlock: cidr },
    protocol,
    portRange: ports,
    icmp,
  }));
}

/** The rules of subnets that open connections to the internet. */
function leavingTierRules(vpcCidr: string, ipv6?: Ipv6Network): TierRules {
  return {
    inbound: {
      Vpc: { cidr: vpcCidr, protocol: ALL },
      TcpReplies: { cidr: ANY_IPV4, protocol: TCP, ports: REPLY_PORTS },
      UdpReplies: { cidr: ANY_IPV4, protocol: UDP, ports: REPLY_PORTS },
      Unreachable: { cidr: ANY_IPV4, protocol: ICMP, icmp: UNREACHABLE },
      ...ipv6 && { VpcIpv6: { cidr: ipv6.cidr, protocol: ALL } },
      ...ipv6?.leaves && {
        TcpRepliesIpv6: { cidr: ANY_IPV6, protocol: TCP, ports: REPLY_PORTS },
        UdpRepliesIpv6: { cidr: ANY_IPV6, protocol: UDP, ports: REPLY_PORTS },
        UnreachableIpv6: { cidr: ANY_IPV6, protocol: ICMPV6, icmp: UNREACHABLE_IPV6 },
        PacketTooBigIpv6: { cidr: ANY_IPV6, protocol: ICMPV6, icmp: PACKET_TOO_BIG_IPV6 },
      },
    },
    outbound: {
      // VPC origins answer CloudFront's addresses: a list that names only the VPC would stop them
      All: { cidr: ANY_IPV4, protocol: ALL },
      ...ipv6 && { AllIpv6: { cidr: ipv6.leaves ? ANY_IPV6 : ipv6.cidr, protocol: ALL } },
    },
  };
}

/** The rules of subnets that reach the VPC, and S3 through its gateway endpoint, whose addresses a list cannot name. */
function dataTierRules(vpcCidr: string, ipv6?: Ipv6Network): TierRules {
  return {
    inbound: {
      Vpc: { cidr: vpcCidr, protocol: ALL },
      S3Replies: { cidr: ANY_IPV4, protocol: TCP, ports: REPLY_PORTS },
      ...ipv6 && { VpcIpv6: { cidr: ipv6.cidr, protocol: ALL } },
    },
    outbound: {
      Vpc: { cidr: vpcCidr, protocol: ALL },
      S3: { cidr: ANY_IPV4, protocol: TCP, ports: HTTPS },
      ...ipv6 && { VpcIpv6: { cidr: ipv6.cidr, protocol: ALL } },
    },
  };
}

/**
 * The rules of the load balancer's subnets: from and to its targets, and to CloudFront, whose VPC origins no inbound rule holds back.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-vpc-origins.html
 */
function entranceTierRules(vpcCidr: string, ipv6?: Ipv6Network): TierRules {
  return {
    inbound: {
      Vpc: { cidr: vpcCidr, protocol: ALL },
      ...ipv6 && { VpcIpv6: { cidr: ipv6.cidr, protocol: ALL } },
    },
    outbound: {
      Vpc: { cidr: vpcCidr, protocol: ALL },
      CloudFrontReplies: { cidr: ANY_IPV4, protocol: TCP, ports: REPLY_PORTS },
      // last, as everywhere: another number replaces a rule
      ...ipv6 && { VpcIpv6: { cidr: ipv6.cidr, protocol: ALL } },
    },
  };
}
