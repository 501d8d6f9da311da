import { ArnFormat, Names, RemovalPolicy, Stack, Tags } from 'aws-cdk-lib';
import * as autoscaling from 'aws-cdk-lib/aws-autoscaling';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { VendorAccess } from './vendor-access';
import { VENDOR_ROLE_PATH, VendorRole } from './vendor-role';
import { validateVendors } from './vendor-validation';
import { createEncryptionKey, KEY_USE_ACTIONS } from '../../private/encryption-key';
import { createLogGroup } from '../../private/log-group';
import { reject } from '../../private/validation';

/** Properties of a `VendorBastion`. */
export interface VendorBastionProps {
  /** The network that holds the bastion and what the vendors reach. */
  readonly vpc: ec2.IVpc;

  /**
   * Where the bastion runs: subnets that reach Systems Manager, through a NAT gateway or interface endpoints.
   *
   * @default - the private subnets with egress
   */
  readonly vpcSubnets?: ec2.SubnetSelection;

  /** Who may reach what, and until when. */
  readonly vendors: VendorAccess[];

  /**
   * Encrypts the session log and the bastion's disk; its policy has to let CloudWatch Logs and,
   * where the key is not made in the same app, EC2 Auto Scaling use it.
   *
   * @default - a key of this construct, rotated yearly and retained
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * How long the session log is kept.
   *
   * @default logs.RetentionDays.ONE_YEAR
   */
  readonly logRetention?: logs.RetentionDays;
}

/**
 * The way in for vendors: port forwarding to named targets, through a host without any open port, until a day that IAM enforces.
 *
 * @example
 * import { SecureVpc, VendorBastion, VendorTarget } from 'cdk-innovate-platform';
 * import { CfnOutput, aws_rds as rds } from 'aws-cdk-lib';
 *
 * declare const network: SecureVpc;
 * declare const database: rds.DatabaseCluster;
 *
 * const bastion = new VendorBastion(this, 'Vendors', {
 *   vpc: network.vpc,
 *   vendors: [{
 *     name: 'acme',
 *     principalArn: 'arn:aws:iam::444455556666:role/support',
 *     externalId: 'innovate-acme-7c1f',
 *     accessUntil: '2027-03-31',
 *     targets: [VendorTarget.connectable('database', database, database.clusterEndpoint.hostname, 5432)],
 *   }],
 * });
 *
 * new CfnOutput(this, 'AcmeDatabase', { value: bastion.startSessionCommand('acme', 'database') });
 *
 * @see https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager.html
 */
export class VendorBastion extends Construct implements ec2.IConnectable {
  /** The bastion's security group: nothing comes in, HTTPS and the targets' ports go out. */
  public readonly connections: ec2.Connections;

  /** Encrypts the session log and the bastion's disk. */
  public readonly encryptionKey: kms.IKey;

  /** Each start, resumption and end of a vendor's session, and each attempt. */
  public readonly sessionLogGroup: logs.ILogGroup;

  /** Replaces the bastion when it fails or its image changes. */
  public readonly autoScalingGroup: autoscaling.AutoScalingGroup;

  private readonly vendors = new Map<string, VendorRole>();

  constructor(scope: Construct, id: string, props: VendorBastionProps) {
    super(scope, id);
    validateVendors(this, props.vendors);

    this.encryptionKey = props.encryptionKey ?? createEncryptionKey(this, 'Key', { description: `Vendor access of ${this.node.path}` });
    this.connections = this.createConnections(props.vpc);
    this.autoScalingGroup = this.createHost(props);
    this.sessionLogGroup = createLogGroup(this, 'SessionLog', {
      encryptionKey: this.encryptionKey,
      retention: props.logRetention,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    this.logSessions();
    this.admitVendors(props);
  }

  /**
   * The role that a vendor takes, e.g. to tell the vendor its ARN.
   *
   * @param name the vendor's name
   */
  public vendorRole(name: string): iam.IRole {
    return this.vendor(name).role;
  }

  /**
   * The command with which a vendor, in its role, forwards a free port of its machine to a target.
   *
   * @param name the vendor's name
   * @param targetName the target's name
   */
  public startSessionCommand(name: string, targetName: string): string {
    const document = this.vendor(name).documentName(targetName);
    if (!document) {
      reject(this, { prop: 'targetName', value: targetName, problem: `vendor "${name}" has no such target`, remedy: 'Give the name of one of the targets of the vendor.' });
    }
    const findBastion = `aws autoscaling describe-auto-scaling-groups --auto-scaling-group-names ${this.autoScalingGroup.autoScalingGroupName}`
      + ' --query AutoScalingGroups[0].Instances[0].InstanceId --output text';
    return `aws ssm start-session --document-name ${document} --target "$(${findBastion})"`;
  }

  private vendor(name: string): VendorRole {
    return this.vendors.get(name) ?? reject(this, {
      prop: 'name', value: name, problem: 'the bastion has no such vendor', remedy: `Give one of ${[...this.vendors.keys()].join(', ')}.`,
    });
  }

  private createConnections(vpc: ec2.IVpc): ec2.Connections {
    const securityGroup = new ec2.SecurityGroup(this, 'SecurityGroup', {
      vpc, description: 'Vendor bastion: nothing comes in', allowAllOutbound: false,
    });
    securityGroup.addEgressRule(ec2.Peer.anyIpv4(), ec2.Port.HTTPS, 'Systems Manager');
    return new ec2.Connections({ securityGroups: [securityGroup] });
  }

  private createHost({ vpc, vpcSubnets }: VendorBastionProps): autoscaling.AutoScalingGroup {
    grantDiskEncryption(this.encryptionKey, this);
    const launchTemplate = new ec2.LaunchTemplate(this, 'LaunchTemplate', {
      instanceType: ec2.InstanceType.of(ec2.InstanceClass.T4G, ec2.InstanceSize.NANO),
      machineImage: ec2.MachineImage.latestAmazonLinux2023({ cpuType: ec2.AmazonLinuxCpuType.ARM_64 }),
      role: this.createHostRole(),
      securityGroup: this.connections.securityGroups[0],
      associatePublicIpAddress: false,
      requireImdsv2: true,
      httpPutResponseHopLimit: 1,
      ebsOptimized: true,
      blockDevices: [{
        deviceName: '/dev/xvda',
        volume: ec2.BlockDeviceVolume.ebs(8, { volumeType: ec2.EbsDeviceVolumeType.GP3, encrypted: true, kmsKey: this.encryptionKey }),
      }],
    });
    const group = new autoscaling.AutoScalingGroup(this, 'Host', {
      vpc,
      vpcSubnets: vpcSubnets ?? { subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS },
      launchTemplate,
      minCapacity: 1,
      maxCapacity: 1,
      updatePolicy: autoscaling.UpdatePolicy.rollingUpdate({ minInstancesInService: 0 }),
    });
    Tags.of(group).add(this.instanceTag.key, this.instanceTag.value);
    return group;
  }

  /** @see https://docs.aws.amazon.com/systems-manager/latest/userguide/getting-started-create-iam-instance-profile.html */
  private createHostRole(): iam.Role {
    return new iam.Role(this, 'HostRole', {
      description: `Vendor bastion ${this.node.path}: Session Manager only`,
      assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com'),
      managedPolicies: [new iam.ManagedPolicy(this, 'HostPolicy', {
        statements: [new iam.PolicyStatement({
          actions: [
            'ssm:UpdateInstanceInformation', 'ssmmessages:CreateControlChannel', 'ssmmessages:CreateDataChannel',
            'ssmmessages:OpenControlChannel', 'ssmmessages:OpenDataChannel',
          ],
          // the channels know no resource-level permissions, and the instance's id is not known before it starts
          resources: ['*'],
          conditions: { StringEquals: { 'aws:RequestedRegion': Stack.of(this).region } },
        })],
      })],
    });
  }

  /**
   * Session Manager itself logs no forwarded ports and sends no events: what is known of a session comes from CloudTrail.
   *
   * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html
   */
  private logSessions(): void {
    const stack = Stack.of(this);
    const rule = new events.Rule(this, 'SessionEvents', {
      description: `Sessions of the vendors of ${this.node.path}`,
      eventPattern: {
        source: ['aws.ssm'],
        detailType: ['AWS API Call via CloudTrail'],
        detail: {
          eventSource: ['ssm.amazonaws.com'],
          eventName: ['StartSession', 'ResumeSession', 'TerminateSession'],
          userIdentity: {
            sessionContext: {
              sessionIssuer: { arn: [{ prefix: stack.formatArn({ service: 'iam', region: '', resource: `role${VENDOR_ROLE_PATH}` }) }] },
            },
          },
        },
      },
    });
    const logGroupArn = stack.formatArn({
      service: 'logs', resource: 'log-group', resourceName: this.sessionLogGroup.logGroupName, arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    rule.addTarget({ bind: () => ({ arn: logGroupArn }) });
    const principals = [new iam.ServicePrincipal('events.amazonaws.com')];
    this.sessionLogGroup.addToResourcePolicy(new iam.PolicyStatement({
      principals, actions: ['logs:CreateLogStream'], resources: [this.sessionLogGroup.logGroupArn],
    }));
    this.sessionLogGroup.addToResourcePolicy(new iam.PolicyStatement({
      principals,
      actions: ['logs:PutLogEvents'],
      resources: [this.sessionLogGroup.logGroupArn],
      conditions: { ArnEquals: { 'aws:SourceArn': rule.ruleArn } },
    }));
  }

  private admitVendors({ vendors, vpc }: VendorBastionProps): void {
    for (const access of vendors) {
      this.vendors.set(access.name, new VendorRole(this, `Vendor-${access.name}`, { access, instanceTag: this.instanceTag }));
      for (const target of access.targets) { target._bind(this, vpc); }
    }
  }

  private get instanceTag(): { readonly key: string; readonly value: string } {
    return { key: 'cdk-innovate-platform:vendor-bastion', value: Names.uniqueId(this) };
  }
}

/**
 * Lets the service-linked role of EC2 Auto Scaling, which starts the bastion, encrypt its disk. A condition names the role,
 * because a key policy cannot name a principal that does not exist yet, as in an account's first deployment.
 *
 * @see https://docs.aws.amazon.com/autoscaling/ec2/userguide/key-policy-requirements-EBS-encryption.html
 */
function grantDiskEncryption(key: kms.IKey, scope: Construct): void {
  const stack = Stack.of(scope);
  const autoScaling = {
    StringEquals: { 'kms:CallerAccount': stack.account },
    ArnEquals: {
      'aws:PrincipalArn': stack.formatArn({
        service: 'iam', region: '', resource: 'role/aws-service-role/autoscaling.amazonaws.com', resourceName: 'AWSServiceRoleForAutoScaling',
      }),
    },
  };
  key.addToResourcePolicy(new iam.PolicyStatement({
    sid: 'DisksOfAutoScaling',
    principals: [new iam.AnyPrincipal()],
    actions: KEY_USE_ACTIONS,
    resources: ['*'],
    conditions: autoScaling,
  }));
  key.addToResourcePolicy(new iam.PolicyStatement({
    sid: 'GrantsOfAutoScaling',
    principals: [new iam.AnyPrincipal()],
    actions: ['kms:CreateGrant'],
    resources: ['*'],
    conditions: { ...autoScaling, Bool: { 'kms:GrantIsForAWSResource': 'true' } },
  }));
}
