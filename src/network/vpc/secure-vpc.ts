import { ArnFormat, Fn, Stack, Tags } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { AddressPlan, RESERVED_ZONES } from './address-plan';
import { NatGateways } from './nat-gateways';
import { validatePrivateCidr } from '../../private/cidr';
import { createEncryptionKey } from '../../private/encryption-key';
import { createLogGroup } from '../../private/log-group';
import { isDeployTime, reject, validateRange } from '../../private/validation';

/** Properties of a `SecureVpc`. */
export interface SecureVpcProps {
  /**
   * The VPC's range: private, from /16 to /20. Environments that may one day be connected need ranges that do not overlap.
   *
   * @default '10.0.0.0/16'
   */
  readonly cidr?: string;

  /**
   * How many availability zones the VPC spans, from 2 to 6: the first ones of the region.
   *
   * @default 3
   */
  readonly maxAzs?: number;

  /**
   * How the application subnets reach the internet.
   *
   * @default NatGateways.regional()
   */
  readonly natGateways?: NatGateways;

  /**
   * Encrypts the flow log; its policy has to let CloudWatch Logs use it.
   *
   * @default - a key of this construct, rotated yearly and retained
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * How long the flow log is kept.
   *
   * @default logs.RetentionDays.ONE_YEAR
   */
  readonly logRetention?: logs.RetentionDays;
}

/**
 * The network of one environment: private subnets for applications, isolated ones for data, and no way in from the internet.
 *
 * More zones or other NAT gateways never move a subnet: every zone's addresses are reserved from the start.
 *
 * @example
 * import { SecureVpc } from 'cdk-innovate-platform';
 * import { aws_ec2 as ec2 } from 'aws-cdk-lib';
 *
 * const network = new SecureVpc(this, 'Network', { cidr: '10.20.0.0/16' });
 *
 * new ec2.SecurityGroup(this, 'Application', { vpc: network.vpc, allowAllOutbound: false });
 *
 * @see https://docs.aws.amazon.com/vpc/latest/userguide/what-is-amazon-vpc.html
 */
export class SecureVpc extends Construct {
  /** The VPC. */
  public readonly vpc: ec2.IVpc;

  /** Encrypts the flow log. */
  public readonly encryptionKey: kms.IKey;

  /** Where the flow log of all traffic, accepted and rejected, goes. */
  public readonly flowLogGroup: logs.ILogGroup;

  /** Selects the private subnets for workloads and internal load balancers. */
  public readonly applicationSubnets: ec2.SubnetSelection = { subnetGroupName: 'application' };

  /** Selects the subnets for databases, which have no route to the internet. */
  public readonly dataSubnets: ec2.SubnetSelection = { subnetGroupName: 'data' };

  constructor(scope: Construct, id: string, props: SecureVpcProps = {}) {
    super(scope, id);
    const { cidr = '10.0.0.0/16', maxAzs = 3, natGateways = NatGateways.regional() } = props;
    this.validate(cidr, maxAzs);

    this.encryptionKey = props.encryptionKey ?? createEncryptionKey(this, 'Key', { description: `Flow log of ${this.node.path}` });
    this.flowLogGroup = createLogGroup(this, 'FlowLogGroup', { encryptionKey: this.encryptionKey, retention: props.logRetention });
    const vpc = this.createVpc(cidr, maxAzs, natGateways._zonalGateways(maxAzs));
    natGateways._bind(vpc);
    this.vpc = vpc;
    this.tagForInternalLoadBalancers();
    this.addS3Endpoint();
    this.addFlowLog();
  }

  private validate(cidr: string, maxAzs: number): void {
    if (isDeployTime(cidr)) {
      reject(this, {
        prop: 'cidr',
        value: cidr,
        problem: 'the address plan is made at synthesis, when a token has no value yet',
        remedy: 'Write the range out, such as "10.0.0.0/16".',
      });
    }
    validatePrivateCidr(this, 'cidr', cidr, 16, 20);
    if (isDeployTime(maxAzs)) {
      reject(this, {
        prop: 'maxAzs',
        value: maxAzs,
        problem: 'subnets are made at synthesis, when a token has no value yet',
        remedy: `Write a number of zones from 2 to ${RESERVED_ZONES}.`,
      });
    }
    validateRange(this, { prop: 'maxAzs', value: maxAzs, min: 2, max: RESERVED_ZONES, unit: 'zones', step: 1 });
  }

  private createVpc(cidr: string, maxAzs: number, zonalNatGateways: number): ec2.Vpc {
    const availabilityZones = Array.from({ length: maxAzs }, (_, zone) => Fn.select(zone, Fn.getAzs()));
    return withoutZoneLookUp(Stack.of(this), () => new ec2.Vpc(this, 'Vpc', {
      ipAddresses: new AddressPlan(cidr),
      availabilityZones,
      natGateways: zonalNatGateways,
      restrictDefaultSecurityGroup: true,
      subnetConfiguration: [
        { name: 'application', subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS },
        { name: 'data', subnetType: ec2.SubnetType.PRIVATE_ISOLATED },
        ...zonalNatGateways > 0 ? [{ name: 'egress', subnetType: ec2.SubnetType.PUBLIC, mapPublicIpOnLaunch: false }] : [],
      ],
    }));
  }

  /** @see https://docs.aws.amazon.com/eks/latest/userguide/network-load-balancing.html */
  private tagForInternalLoadBalancers(): void {
    for (const subnet of this.vpc.selectSubnets(this.applicationSubnets).subnets) {
      Tags.of(subnet).add('kubernetes.io/role/internal-elb', '1', { includeResourceTypes: [ec2.CfnSubnet.CFN_RESOURCE_TYPE_NAME] });
    }
  }

  /** Objects and image layers in S3 neither pass a NAT gateway nor pay for it. */
  private addS3Endpoint(): void {
    this.vpc.addGatewayEndpoint('S3', {
      service: ec2.GatewayVpcEndpointAwsService.S3,
      subnets: [this.applicationSubnets, this.dataSubnets],
    });
  }

  private addFlowLog(): void {
    this.vpc.addFlowLog('FlowLog', {
      // the role's policy is complete: what the destination would add is an inline copy of it
      destination: ec2.FlowLogDestination.toCloudWatchLogs(this.flowLogGroup, this.createFlowLogRole().withoutPolicyUpdates()),
      trafficType: ec2.FlowLogTrafficType.ALL,
      maxAggregationInterval: ec2.FlowLogMaxAggregationInterval.ONE_MINUTE,
    });
  }

  /** @see https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html */
  private createFlowLogRole(): iam.Role {
    const stack = Stack.of(this);
    return new iam.Role(this, 'FlowLogRole', {
      description: `Writes the flow log of ${this.node.path}`,
      assumedBy: new iam.ServicePrincipal('vpc-flow-logs.amazonaws.com', {
        conditions: {
          StringEquals: { 'aws:SourceAccount': stack.account },
          ArnLike: {
            'aws:SourceArn': stack.formatArn({
              service: 'ec2', resource: 'vpc-flow-log', resourceName: '*', arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
            }),
          },
        },
      }),
      managedPolicies: [new iam.ManagedPolicy(this, 'FlowLogPolicy', {
        statements: [new iam.PolicyStatement({
          actions: ['logs:CreateLogStream', 'logs:DescribeLogStreams', 'logs:PutLogEvents'],
          resources: [this.flowLogGroup.logGroupArn],
        })],
      })],
    });
  }
}

/**
 * Runs `create` while the stack has no zones of its own to tell: `ec2.Vpc` compares the zones that it is given with
 * the stack's, and a stack of a known account and region looks those up.
 */
function withoutZoneLookUp<T>(stack: Stack, create: () => T): T {
  Object.defineProperty(stack, 'availabilityZones', { value: [], configurable: true });
  try {
    return create();
  } finally {
    Reflect.deleteProperty(stack, 'availabilityZones');
  }
}
