import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as rds from 'aws-cdk-lib/aws-rds';
import { IConstruct } from 'constructs';
import { parseCidr, validatePrivateCidr } from '../../private/cidr';
import { reject } from '../../private/validation';

/**
 * One address inside the network that a vendor may reach through the bastion.
 *
 * @example
 * import { VendorTarget } from 'cdk-innovate-platform';
 * import { aws_rds as rds } from 'aws-cdk-lib';
 *
 * declare const database: rds.DatabaseCluster;
 *
 * const target = VendorTarget.database('database', database);
 *
 * @see https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-working-with-sessions-start.html
 */
export abstract class VendorTarget {
  /**
   * Anything else with security groups, which let the bastion in. The rules belong to the bastion's stack.
   *
   * @param name lower case, unique for the vendor
   * @param connectable what owns the security groups
   * @param host the target's DNS name or address, as the bastion resolves it
   * @param port the target's TCP port
   */
  public static connectable(name: string, connectable: ec2.IConnectable, host: string, port: number): VendorTarget {
    return new ConnectableTarget(name, host, port, connectable);
  }

  /**
   * A database: its writer.
   *
   * @param name lower case, unique for the vendor
   * @param database the cluster; of an `AuroraPostgres` its `cluster`
   */
  public static database(name: string, database: rds.IDatabaseCluster): VendorTarget {
    const { hostname, port } = database.clusterEndpoint;
    return VendorTarget.connectable(name, database, hostname, port);
  }

  /**
   * A service behind a load balancer.
   *
   * @param name lower case, unique for the vendor
   * @param loadBalancer such as `cluster.loadBalancer` of a `KarpenterCluster`
   * @param port the listener's port
   */
  public static loadBalancer(name: string, loadBalancer: elbv2.IApplicationLoadBalancer, port: number): VendorTarget {
    return VendorTarget.connectable(name, loadBalancer, loadBalancer.loadBalancerDnsName, port);
  }

  /**
   * A machine.
   *
   * @param name lower case, unique for the vendor
   * @param instance the machine
   * @param port the TCP port that its service listens on
   */
  public static instance(name: string, instance: ec2.Instance, port: number): VendorTarget {
    return VendorTarget.connectable(name, instance, instance.instancePrivateIp, port);
  }

  /**
   * A target whose security groups are opened elsewhere: the bastion may leave for the address. Where the host is a name,
   * no rule can name it, and the bastion may leave for the range that holds it, on the one port.
   *
   * @param name lower case, unique for the vendor
   * @param host the target's DNS name or IPv4 address, as the bastion resolves it
   * @param port the target's TCP port
   * @param range the private IPv4 range that holds the addresses of a host that is a name; by default the whole VPC's
   */
  public static host(name: string, host: string, port: number, range?: string): VendorTarget {
    return new HostTarget(name, host, port, range);
  }

  /** What the vendor calls the target. */
  public readonly name: string;

  /** The target's DNS name or address. */
  public readonly address: string;

  /** The target's TCP port. */
  public readonly port: number;

  protected constructor(name: string, address: string, port: number) {
    this.name = name;
    this.address = address;
    this.port = port;
  }

  /**
   * Refuses what the target alone can tell.
   *
   * @param scope the bastion
   * @param prop the target as the user writes it
   *
   * @internal
   */
  public abstract _validate(scope: IConstruct, prop: string): void;

  /**
   * Lets the bastion reach the target.
   *
   * @param bastion the bastion's security group
   * @param vpc the network of the bastion
   *
   * @internal
   */
  public abstract _bind(bastion: ec2.IConnectable, vpc: ec2.IVpc): void;
}

class ConnectableTarget extends VendorTarget {
  constructor(name: string, address: string, port: number, private readonly connectable: ec2.IConnectable) {
    super(name, address, port);
  }

  public _validate(_scope: IConstruct, _prop: string): void {
    // the security groups are the range
  }

  public _bind(bastion: ec2.IConnectable, _vpc: ec2.IVpc): void {
    bastion.connections.allowTo(this.connectable, ec2.Port.tcp(this.port), `Vendor target ${this.name}`);
  }
}

class HostTarget extends VendorTarget {
  constructor(name: string, address: string, port: number, private readonly range?: string) {
    super(name, address, port);
  }

  public _validate(scope: IConstruct, prop: string): void {
    validatePrivateCidr(scope, `${prop}.range`, this.range, 8, 32);
    if (this.range && this.ownRange) {
      reject(scope, { prop: `${prop}.range`, value: this.range, problem: 'the host is an address, which is its own range', remedy: 'Remove the range.' });
    }
  }

  public _bind(bastion: ec2.IConnectable, vpc: ec2.IVpc): void {
    const range = this.ownRange ?? this.range ?? vpc.vpcCidrBlock;
    bastion.connections.allowTo(ec2.Peer.ipv4(range), ec2.Port.tcp(this.port), `Vendor target ${this.name}`);
  }

  /** Undefined where the host is a name. */
  private get ownRange(): string | undefined {
    return parseCidr(`${this.address}/32`)?.cidr;
  }
}
