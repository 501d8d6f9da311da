import { Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import { isDeployTime, reject } from '../../private/validation';

/** Options of a block of a whole account. */
export interface AccountBlockOptions {
  /**
   * Whether this VPC is excluded from the block: CloudFront's VPC origins do not reach it otherwise. Without it nothing reaches the VPC from the internet.
   *
   * @default true
   */
  readonly excludeVpc?: boolean;
}

/**
 * VPC Block Public Access: a switch of a whole account and region, above all routes and security groups.
 *
 * The block is never of one VPC. It stops every VPC of the account in the region, made by this app or not: what reaches them through an internet gateway,
 * public load balancers, NAT instances, Global Accelerator and, it has to be assumed, CloudFront's VPC origins. Only what is excluded goes on as before.
 *
 * @example
 * import { SecureVpc, VpcBlockPublicAccess } from 'cdk-innovate-platform';
 *
 * new SecureVpc(this, 'Network', { blockPublicAccess: VpcBlockPublicAccess.accountIngress() });
 *
 * @see https://docs.aws.amazon.com/vpc/latest/userguide/security-vpc-bpa-basics.html
 */
export abstract class VpcBlockPublicAccess {
  /** Leaves the account as it is. */
  public static none(): VpcBlockPublicAccess {
    return new Block(undefined, false);
  }

  /**
   * Excludes this VPC from a block that the account has or will have, as by `Guardrail.BLOCK_INTERNET_INGRESS`: CloudFront's VPC origins go on.
   * The exclusion admits everything else, too, that routes and security groups of the VPC let in.
   */
  public static exclusion(): VpcBlockPublicAccess {
    return new Block(undefined, true);
  }

  /**
   * Blocks what comes from the internet in the whole account and region; what leaves through NAT and egress-only gateways goes on.
   *
   * One VPC of an account and region owns the switch. Deleting its stack takes the block away. The deployment fails where a declarative policy
   * of the organization owns the setting.
   */
  public static accountIngress(options: AccountBlockOptions = {}): VpcBlockPublicAccess {
    return new Block('block-ingress', options.excludeVpc ?? true);
  }

  /** As `accountIngress`, and what leaves is blocked, too: NAT gateways and egress-only gateways of VPCs that are not excluded stop. */
  public static accountBidirectional(options: AccountBlockOptions = {}): VpcBlockPublicAccess {
    return new Block('block-bidirectional', options.excludeVpc ?? true);
  }

  /**
   * @param leaves whether the VPC has a way to the internet
   *
   * @internal
   */
  public abstract _validate(scope: Construct, leaves: boolean): void;

  /** Whether nothing of the internet reaches the VPC. @internal */
  public abstract get _closesVpc(): boolean;

  /** @internal */
  public abstract _bind(scope: Construct, vpc: ec2.IVpc): void;
}

class Block extends VpcBlockPublicAccess {
  constructor(private readonly mode: string | undefined, private readonly excluded: boolean) {
    super();
  }

  public get _closesVpc(): boolean {
    return this.mode !== undefined && !this.excluded;
  }

  public _validate(scope: Construct, leaves: boolean): void {
    if (this.mode === 'block-bidirectional' && !this.excluded && leaves) {
      reject(scope, {
        prop: 'blockPublicAccess',
        value: 'VpcBlockPublicAccess.accountBidirectional({ excludeVpc: false })',
        problem: 'the VPC has a NAT or an egress-only gateway, which it stops',
        remedy: 'Take `accountIngress()`, or `NatGateways.none()` without `Ipv6.egressOnly()`.',
      });
    }
    const owner = this.mode && ownerOfTheSwitch(scope);
    if (owner) {
      reject(scope, {
        prop: 'blockPublicAccess',
        value: this.mode,
        problem: `the switch of the account and region belongs to ${owner} already`,
        remedy: 'Give the other VPCs `VpcBlockPublicAccess.exclusion()`, or nothing.',
      });
    }
  }

  public _bind(scope: Construct, vpc: ec2.IVpc): void {
    const exclusion = this.excluded
      ? new ec2.CfnVPCBlockPublicAccessExclusion(scope, 'PublicAccessExclusion', { vpcId: vpc.vpcId, internetGatewayExclusionMode: 'allow-bidirectional' })
      : undefined;
    if (!this.mode) { return; }
    const block = new ec2.CfnVPCBlockPublicAccessOptions(scope, 'PublicAccessBlock', { internetGatewayBlockMode: this.mode });
    // an exclusion may come first; a block without it interrupts
    if (exclusion) { block.addDependency(exclusion); }
  }
}

/** Path of what already owns the one switch of this account and region in the app. */
function ownerOfTheSwitch(scope: Construct): string | undefined {
  const stack = Stack.of(scope);
  const owner = scope.node.root.node.findAll().find(other => other instanceof ec2.CfnVPCBlockPublicAccessOptions && sameEnvironment(other.stack, stack));
  return owner?.node.path;
}

/** Two stacks without an account and region may be deployed to different ones. */
function sameEnvironment(a: Stack, b: Stack): boolean {
  return a === b || (!isDeployTime(a.account) && !isDeployTime(a.region) && a.account === b.account && a.region === b.region);
}
