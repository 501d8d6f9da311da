import { Fn } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { ENTRANCE_TIER, ipv6SubnetCidr } from './address-plan';
import { Ipv6Network } from './ipv6-network';

/**
 * Whether a VPC has IPv6 addresses besides its IPv4 ones, and where they lead.
 *
 * Switching it on adds a range to the VPC and to each application, data and entrance subnet, and replaces none of them. A host takes an address only where it
 * asks for one (`Ipv6AddressCount` of a launch template, `ipv6AllowedForDualStack` of a function): the subnets give none by themselves.
 *
 * @example
 * import { Ipv6, SecureVpc } from 'cdk-innovate-platform';
 *
 * new SecureVpc(this, 'Network', { ipv6: Ipv6.egressOnly() });
 *
 * @see https://docs.aws.amazon.com/vpc/latest/userguide/egress-only-internet-gateway.html
 */
export abstract class Ipv6 {
  /** IPv4 only. */
  public static none(): Ipv6 {
    return new NoIpv6();
  }

  /** Dual stack inside the VPC: nothing enters or leaves over IPv6. */
  public static isolated(): Ipv6 {
    return new DualStack(false);
  }

  /**
   * Dual stack with an egress-only internet gateway: the application subnets open connections to the internet over IPv6, past NAT and without its price
   * per gigabyte. Nobody opens one to them.
   */
  public static egressOnly(): Ipv6 {
    return new DualStack(true);
  }

  /** @internal */
  public abstract get _leaves(): boolean;

  /**
   * @param vpc the VPC with its subnets
   * @param entrance its subnets for the load balancer
   *
   * @internal
   */
  public abstract _bind(vpc: ec2.Vpc, entrance: ec2.ISubnet[]): Ipv6Network | undefined;
}

class NoIpv6 extends Ipv6 {
  public get _leaves(): boolean {
    return false;
  }

  public _bind(_vpc: ec2.Vpc, _entrance: ec2.ISubnet[]): Ipv6Network | undefined {
    return undefined;
  }
}

class DualStack extends Ipv6 {
  constructor(public readonly _leaves: boolean) {
    super();
  }

  public _bind(vpc: ec2.Vpc, entrance: ec2.ISubnet[]): Ipv6Network {
    const association = new ec2.CfnVPCCidrBlock(vpc, 'Ipv6Cidr', { vpcId: vpc.vpcId, amazonProvidedIpv6CidrBlock: true });
    const cidr = Fn.select(0, vpc.vpcIpv6CidrBlocks);
    for (const [tier, subnets] of [['application', vpc.privateSubnets], ['data', vpc.isolatedSubnets], [ENTRANCE_TIER, entrance]] as const) {
      subnets.forEach((subnet, zone) => {
        // `Ipv6CidrBlock` of the subnet itself may replace it, says the service's specification; this resource never does
        new ec2.CfnSubnetCidrBlock(subnet, 'Ipv6Cidr', {
          subnetId: subnet.subnetId, ipv6CidrBlock: ipv6SubnetCidr(cidr, tier, zone),
        }).addDependency(association);
      });
    }
    if (this._leaves) { addEgressOnlyGateway(vpc); }
    return { cidr, association, leaves: this._leaves };
  }
}

function addEgressOnlyGateway(vpc: ec2.Vpc): void {
  const gateway = new ec2.CfnEgressOnlyInternetGateway(vpc, 'EgressOnlyGateway', { vpcId: vpc.vpcId });
  for (const subnet of vpc.privateSubnets) {
    new ec2.CfnRoute(subnet, 'DefaultRouteIpv6', {
      routeTableId: subnet.routeTable.routeTableId,
      destinationIpv6CidrBlock: '::/0',
      egressOnlyInternetGatewayId: gateway.ref,
    });
  }
}
