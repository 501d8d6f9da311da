import { ArnFormat, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as autoscaling from 'aws-cdk-lib/aws-autoscaling';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { BastionHost } from './bastion-host';
import { BastionRole } from './bastion-role';
import { DeveloperAccess } from './developer-access';
import { DeveloperRole } from './developer-role';
import { VendorAccess } from './vendor-access';
import { VendorAlerts } from './vendor-alerts';
import { VENDOR_ROLE_PATH, VendorRole } from './vendor-role';
import { VendorTarget } from './vendor-target';
import { validateAccess } from './vendor-validation';
import { DEVELOPER_ROLE_PATH } from '../../private/bastion-roles';
import { createEncryptionKey } from '../../private/encryption-key';
import { addFirstRunStep } from '../../private/first-run';
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

  /** Who of third parties may reach what, and until when; empty where only developers come in. */
  readonly vendors: VendorAccess[];

  /**
   * Developers who come in the same way, each with a permission set of IAM Identity Center.
   *
   * @default - none
   */
  readonly developers?: DeveloperAccess[];

  /**
   * What forwards the ports.
   *
   * @default BastionHost.instance()
   */
  readonly host?: BastionHost;

  /**
   * Where each session of a vendor is told, and each that is refused, with the vendor's name. The topic, and the key that encrypts it,
   * let EventBridge of this account in; where they are not made in the same app, you do that. The account needs a trail.
   *
   * @default - the session log has it, and nobody is told
   */
  readonly alerts?: sns.ITopic;

  /**
   * Encrypts the session log and the bastion's disk; its policy has to let CloudWatch Logs and,
   * where the key is not made in the same app, EC2 Auto Scaling or Fargate use it.
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
 * Developers come in the same way, with a permission set of theirs.
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
 *     accessFrom: '2026-10-01',
 *     accessUntil: '2027-03-31',
 *     targets: [VendorTarget.database('database', database)],
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

  /** Each start, resumption and end of a session, and each attempt. */
  public readonly sessionLogGroup: logs.ILogGroup;

  /** Replaces the bastion when it fails or its image changes, where it is an instance. */
  public readonly autoScalingGroup?: autoscaling.AutoScalingGroup;

  /** Replaces the bastion when it fails, where it is a container. */
  public readonly service?: ecs.FargateService;

  private readonly hostTarget: string;
  private readonly vendors = new Map<string, BastionRole>();
  private readonly developers = new Map<string, BastionRole>();

  constructor(scope: Construct, id: string, props: VendorBastionProps) {
    super(scope, id);
    const { vpc, vpcSubnets, vendors, developers = [], host = BastionHost.instance(), alerts } = props;
    validateAccess(this, vendors, developers);

    this.encryptionKey = props.encryptionKey ?? createEncryptionKey(this, 'Key', { description: `Vendor access of ${this.node.path}` });
    this.connections = this.createConnections(vpc);
    const bound = host._bind(this, {
      vpc,
      vpcSubnets: vpcSubnets ?? { subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS },
      securityGroup: this.connections.securityGroups[0],
      encryptionKey: this.encryptionKey,
    });
    this.autoScalingGroup = bound.autoScalingGroup;
    this.service = bound.service;
    this.hostTarget = bound.target;
    this.sessionLogGroup = createLogGroup(this, 'SessionLog', {
      encryptionKey: this.encryptionKey,
      retention: props.logRetention,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    this.logSessions(developers.length ? [VENDOR_ROLE_PATH, DEVELOPER_ROLE_PATH] : [VENDOR_ROLE_PATH]);
    for (const access of vendors) {
      this.watchPeriod(access);
      this.vendors.set(access.name, new VendorRole(this, `Vendor-${access.name}`, access, bound));
      this.openTargets(access.targets, vpc);
    }
    for (const access of developers) {
      this.developers.set(access.permissionSet, new DeveloperRole(this, `Developer-${access.permissionSet}`, access, bound));
      this.openTargets(access.targets, vpc);
    }
    if (alerts) {
      const roles = new Map([...this.vendors].map(([name, { role }]) => [name, role]));
      new VendorAlerts(this, 'Alerts', { topic: alerts, roles });
    }
  }

  /**
   * The role that a vendor takes, e.g. to tell the vendor its ARN.
   *
   * @param name the vendor's name
   */
  public vendorRole(name: string): iam.IRole {
    return this.find(this.vendors, 'name', name, 'vendor').role;
  }

  /**
   * The role that developers take.
   *
   * @param permissionSet the permission set with which they sign in
   */
  public developerRole(permissionSet: string): iam.IRole {
    return this.find(this.developers, 'permissionSet', permissionSet, 'permission set').role;
  }

  /**
   * The command with which a vendor or a developer, in the role, forwards a free port of the own machine to a target. For a POSIX shell.
   *
   * @param name the vendor's name, or the developers' permission set
   * @param targetName the target's name
   */
  public startSessionCommand(name: string, targetName: string): string {
    const document = this.accessOf(name).documentName(targetName);
    if (!document) {
      reject(this, { prop: 'targetName', value: targetName, problem: `"${name}" has no such target`, remedy: 'Give the name of one of its targets.' });
    }
    return `aws ssm start-session --document-name ${document} --target "${this.hostTarget}"`;
  }

  /**
   * The command with which you end the open sessions of a vendor or of developers, e.g. after `revoked: true`. For a POSIX shell.
   *
   * @param name the vendor's name, or the developers' permission set
   */
  public endSessionsCommand(name: string): string {
    const owner = `:assumed-role/${this.accessOf(name).role.roleName}/`;
    return `aws ssm describe-sessions --state Active --query "Sessions[?contains(Owner, '${owner}')].SessionId" --output text`
      + ' | xargs -n 1 -r aws ssm terminate-session --session-id';
  }

  private accessOf(name: string): BastionRole {
    return this.find(new Map([...this.vendors, ...this.developers]), 'name', name, 'vendor or permission set');
  }

  private find(roles: Map<string, BastionRole>, prop: string, value: string, what: string): BastionRole {
    return roles.get(value) ?? reject(this, {
      prop, value, problem: `the bastion has no such ${what}`, remedy: roles.size ? `Give one of ${[...roles.keys()].join(', ')}.` : 'It has none at all.',
    });
  }

  private createConnections(vpc: ec2.IVpc): ec2.Connections {
    const securityGroup = new ec2.SecurityGroup(this, 'SecurityGroup', {
      vpc, description: 'Vendor bastion: nothing comes in', allowAllOutbound: false,
    });
    securityGroup.addEgressRule(ec2.Peer.anyIpv4(), ec2.Port.HTTPS, 'Systems Manager');
    return new ec2.Connections({ securityGroups: [securityGroup] });
  }

  /** An access that is over does no harm, but nobody should take the vendor for one that still gets in. */
  private watchPeriod({ name, accessUntil }: VendorAccess): void {
    addFirstRunStep(this, {
      id: `vendor-access-${this.node.path}-${name}`,
      title: `The access of the vendor ${name} lasts until ${accessUntil}`,
      why: 'After that day IAM lets nobody of the vendor in.',
      beforeDeployment: false,
      check: { lastDay: accessUntil },
      manual: 'Renew it with a new `accessFrom` and `accessUntil`, or remove the vendor.',
    });
  }

  private openTargets(targets: VendorTarget[], vpc: ec2.IVpc): void {
    for (const target of targets) { target._bind(this, vpc); }
  }

  /**
   * Session Manager itself logs no forwarded ports and sends no events: what is known of a session comes from CloudTrail.
   *
   * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html
   */
  private logSessions(rolePaths: string[]): void {
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
              sessionIssuer: { arn: rolePaths.map(path => ({ prefix: stack.formatArn({ service: 'iam', region: '', resource: `role${path}` }) })) },
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
}
