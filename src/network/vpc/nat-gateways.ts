import { Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import { reject } from '../../private/validation';

/**
 * How the application subnets of a VPC reach the internet.
 *
 * @example
 * import { NatGateways, SecureVpc } from 'cdk-innovate-platform';
 *
 * new SecureVpc(this, 'Network', { natGateways: NatGateways.single() });
 *
 * @see https://docs.aws.amazon.com/vpc/latest/userguide/vpc-nat-gateway.html
 */
export abstract class NatGateways {
  /**
   * One NAT gateway of the whole VPC: it follows the workloads into each zone, takes its own addresses and needs no public subnet.
   *
   * The regions of China and GovCloud do not have it.
   *
   * @see https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateways-regional.html
   */
  public static regional(): NatGateways {
    return new RegionalNatGateway();
  }

  /** One NAT gateway in each zone, each in an egress subnet: for regions without regional NAT gateways. */
  public static perZone(): NatGateways {
    return new ZonalNatGateways(Infinity);
  }

  /** One NAT gateway in the first zone: the cheapest; without that zone nothing reaches the internet. */
  public static single(): NatGateways {
    return new ZonalNatGateways(1);
  }

  /** No NAT gateway: the application subnets reach what is inside the VPC, and what you add routes or endpoints for. */
  public static none(): NatGateways {
    return new NoNatGateway();
  }

  /** @internal */
  public abstract get _leaves(): boolean;

  /** Refuses what the region does not have. @internal */
  public _validate(_scope: Construct): void {
    // zonal gateways are everywhere
  }

  /**
   * How many zonal NAT gateways a VPC makes; where it makes any, each of its zones has an egress subnet.
   *
   * @param zones the number of zones that the VPC spans
   *
   * @internal
   */
  public abstract _zonalGateways(zones: number): number;

  /**
   * Adds what the VPC does not make itself.
   *
   * @param vpc the VPC with its subnets and its internet gateway
   *
   * @internal
   */
  public abstract _bind(vpc: ec2.Vpc): void;
}

class ZonalNatGateways extends NatGateways {
  public readonly _leaves: boolean = true;

  constructor(private readonly limit: number) {
    super();
  }

  public _zonalGateways(zones: number): number {
    return Math.min(zones, this.limit);
  }

  public _bind(_vpc: ec2.Vpc): void {
    // ec2.Vpc makes zonal gateways and their routes
  }
}

class NoNatGateway extends NatGateways {
  public readonly _leaves = false;

  public _zonalGateways(_zones: number): number {
    return 0;
  }

  public _bind(_vpc: ec2.Vpc): void {
    // no route leads out
  }
}

class RegionalNatGateway extends NatGateways {
  public readonly _leaves = true;

  public _validate(scope: Construct): void {
    const { region } = Stack.of(scope);
    if (!/^(cn|us-gov)-/.test(region)) { return; }
    reject(scope, {
      prop: 'natGateways', value: 'NatGateways.regional()', problem: `${region} has no regional NAT gateways`, remedy: 'Give `NatGateways.perZone()`.',
    });
  }

  public _zonalGateways(_zones: number): number {
    return 0;
  }

  public _bind(vpc: ec2.Vpc): void {
    const gateway = new ec2.CfnNatGateway(vpc, 'NatGateway', {
      availabilityMode: 'regional',
      connectivityType: 'public',
      vpcId: vpc.vpcId,
    });
    gateway.node.addDependency(vpc.node.findChild('VPCGW'));
    for (const subnet of vpc.privateSubnets as ec2.PrivateSubnet[]) {
      // the id that ec2.Vpc gives to a zonal gateway's route, so that another variant updates the route in place
      subnet.addRoute('DefaultRoute', {
        routerType: ec2.RouterType.NAT_GATEWAY,
        routerId: gateway.ref,
        enablesInternetConnectivity: true,
      });
    }
  }
}
