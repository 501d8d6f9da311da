import { Duration, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as eks from 'aws-cdk-lib/aws-eks-v2';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { throughService, volumeStatements } from '../cluster-key';
import { associatePodIdentity, createPodRole } from '../pod-identity';

export const CONTROLLER_NAMESPACE = 'kube-system';
const SERVICE_ACCOUNT = 'karpenter';

export interface KarpenterControllerProps {
  readonly cluster: eks.ICluster;
  /** The cluster's name as a literal, because it is a condition key. */
  readonly clusterName: string;
  readonly kubernetesVersion: string;
  readonly subnets: ec2.ISubnet[];
  /** The group that every node has. */
  readonly securityGroup: ec2.ISecurityGroup;
  readonly nodeRole: iam.IRole;
  /** Encrypts the nodes' volumes and the queues. */
  readonly encryptionKey: kms.IKey;
}

/** The AWS side of Karpenter: its role and the queue of events that announce the end of a node. */
export class KarpenterController extends Construct {
  public readonly role: iam.Role;
  public readonly interruptionQueue: sqs.Queue;
  /** Events that did not reach the queue, or that Karpenter could not handle. */
  public readonly undeliveredEvents: sqs.Queue;

  constructor(scope: Construct, id: string, props: KarpenterControllerProps) {
    super(scope, id);
    const encrypted: sqs.QueueProps = { encryption: sqs.QueueEncryption.KMS, encryptionMasterKey: props.encryptionKey, enforceSSL: true };
    this.undeliveredEvents = new sqs.Queue(this, 'UndeliveredEvents', { ...encrypted, retentionPeriod: Duration.days(14) });
    this.interruptionQueue = this.createInterruptionQueue(props.clusterName, encrypted);
    this.role = createPodRole(this, 'Role', props.clusterName);
    this.grantAll(props);
    associatePodIdentity(this, 'Identity', {
      clusterName: props.cluster.clusterName, namespace: CONTROLLER_NAMESPACE, serviceAccount: SERVICE_ACCOUNT, role: this.role,
    });
  }

  /** @see https://karpenter.sh/docs/concepts/disruption/#interruption */
  private createInterruptionQueue(clusterName: string, encrypted: sqs.QueueProps): sqs.Queue {
    const undelivered = this.undeliveredEvents;
    const queue = new sqs.Queue(this, 'InterruptionQueue', {
      ...encrypted,
      queueName: clusterName,
      // a warning that is older than this describes a node that is gone
      retentionPeriod: Duration.minutes(5),
      deadLetterQueue: { queue: undelivered, maxReceiveCount: 5 },
    });
    const announcements: Record<string, [string, string]> = {
      ScheduledChange: ['aws.health', 'AWS Health Event'],
      SpotInterruption: ['aws.ec2', 'EC2 Spot Instance Interruption Warning'],
      Rebalance: ['aws.ec2', 'EC2 Instance Rebalance Recommendation'],
      InstanceStateChange: ['aws.ec2', 'EC2 Instance State-change Notification'],
      CapacityReservationInterruption: ['aws.ec2', 'EC2 Capacity Reservation Instance Interruption Warning'],
    };
    for (const receiver of [queue, undelivered]) { this.admitEvents(receiver); }
    // not `targets.SqsQueue`, which opens an encrypted queue and its key to the events of every account
    const target: events.IRuleTarget = { bind: () => ({ arn: queue.queueArn, deadLetterConfig: { arn: undelivered.queueArn } }) };
    for (const [ruleId, [source, detailType]] of Object.entries(announcements)) {
      new events.Rule(this, ruleId, {
        eventPattern: { source: [source], detailType: [detailType] },
        targets: [target],
      });
    }
    return queue;
  }

  private admitEvents(queue: sqs.Queue): void {
    queue.addToResourcePolicy(new iam.PolicyStatement({
      sid: 'EventsOfThisAccount',
      principals: [new iam.ServicePrincipal('events.amazonaws.com')],
      actions: ['sqs:SendMessage'],
      resources: [queue.queueArn],
      conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
    }));
  }

  /**
   * Karpenter's own policy, narrowed to the cluster's subnets and security group, and without the management of
   * instance profiles, because the node class names a profile of ours. In two, because IAM takes 6144 characters in one.
   *
   * @see https://karpenter.sh/docs/reference/cloudformation/
   */
  private grantAll(props: KarpenterControllerProps): void {
    const common = { roles: [this.role], description: `Karpenter of ${props.clusterName}` };
    new iam.ManagedPolicy(this, 'Policy', { ...common, statements: [...this.launchStatements(props), ...this.lifecycleStatements(props)] });
    new iam.ManagedPolicy(this, 'ReadPolicy', { ...common, statements: this.readStatements(props) });
  }

  private launchStatements(props: KarpenterControllerProps): iam.PolicyStatement[] {
    const { stack, ownedTag, created } = this.scopeOf(props);
    const requested = { ...ownedTag('RequestTag'), 'aws:RequestTag/eks:eks-cluster-name': props.clusterName };
    const anyNodePool = { 'aws:RequestTag/karpenter.sh/nodepool': '*' };
    return [
      new iam.PolicyStatement({
        sid: 'LaunchFrom',
        actions: ['ec2:RunInstances', 'ec2:CreateFleet'],
        resources: [
          // public images and their snapshots have no account in their ARN, and any id
          ...['image', 'snapshot'].map(resource => stack.formatArn({ service: 'ec2', account: '', resource, resourceName: '*' })),
          stack.formatArn({ service: 'ec2', resource: 'security-group', resourceName: props.securityGroup.securityGroupId }),
          ...props.subnets.map(subnet => stack.formatArn({ service: 'ec2', resource: 'subnet', resourceName: subnet.subnetId })),
        ],
      }),
      new iam.PolicyStatement({
        sid: 'LaunchWithOwnTemplates',
        actions: ['ec2:RunInstances', 'ec2:CreateFleet'],
        resources: [stack.formatArn({ service: 'ec2', resource: 'launch-template', resourceName: '*' })],
        conditions: { StringEquals: ownedTag('ResourceTag'), StringLike: { 'aws:ResourceTag/karpenter.sh/nodepool': '*' } },
      }),
      new iam.PolicyStatement({
        sid: 'LaunchTagged',
        actions: ['ec2:RunInstances', 'ec2:CreateFleet', 'ec2:CreateLaunchTemplate'],
        resources: created,
        conditions: { StringEquals: requested, StringLike: anyNodePool },
      }),
      new iam.PolicyStatement({
        sid: 'TagWhatIsLaunched',
        actions: ['ec2:CreateTags'],
        resources: created,
        conditions: {
          StringEquals: { ...requested, 'ec2:CreateAction': ['RunInstances', 'CreateFleet', 'CreateLaunchTemplate'] },
          StringLike: anyNodePool,
        },
      }),
      new iam.PolicyStatement({
        sid: 'GiveNodesTheirRole',
        actions: ['iam:PassRole'],
        resources: [props.nodeRole.roleArn],
        // the second in China
        conditions: { StringEquals: { 'iam:PassedToService': ['ec2.amazonaws.com', 'ec2.amazonaws.com.cn'] } },
      }),
      ...volumeStatements(this, props.encryptionKey),
    ];
  }

  private lifecycleStatements(props: KarpenterControllerProps): iam.PolicyStatement[] {
    const { stack, ownedTag } = this.scopeOf(props);
    const anyInstance = stack.formatArn({ service: 'ec2', resource: 'instance', resourceName: '*' });
    const anyTemplate = stack.formatArn({ service: 'ec2', resource: 'launch-template', resourceName: '*' });
    const owned = { StringEquals: ownedTag('ResourceTag'), StringLike: { 'aws:ResourceTag/karpenter.sh/nodepool': '*' } };
    return [
      new iam.PolicyStatement({
        sid: 'NameOwnNodes',
        actions: ['ec2:CreateTags'],
        resources: [anyInstance],
        conditions: {
          ...owned,
          'StringEqualsIfExists': { 'aws:RequestTag/eks:eks-cluster-name': props.clusterName },
          'ForAllValues:StringEquals': { 'aws:TagKeys': ['eks:eks-cluster-name', 'karpenter.sh/nodeclaim', 'Name'] },
        },
      }),
      new iam.PolicyStatement({
        sid: 'EndOwnNodes',
        actions: ['ec2:TerminateInstances', 'ec2:DeleteLaunchTemplate'],
        resources: [anyInstance, anyTemplate],
        conditions: owned,
      }),
      new iam.PolicyStatement({
        sid: 'ReceiveInterruptions',
        actions: ['sqs:DeleteMessage', 'sqs:GetQueueUrl', 'sqs:ReceiveMessage'],
        resources: [this.interruptionQueue.queueArn],
      }),
      new iam.PolicyStatement({
        sid: 'ReadInterruptions', actions: ['kms:Decrypt'], resources: [props.encryptionKey.keyArn], conditions: throughService(this, 'sqs'),
      }),
    ];
  }

  private readStatements(props: KarpenterControllerProps): iam.PolicyStatement[] {
    const { stack, cluster } = this.scopeOf(props);
    return [
      new iam.PolicyStatement({
        sid: 'ReadCapacity',
        // these actions know no resource-level permissions
        actions: [
          'ec2:DescribeCapacityReservations', 'ec2:DescribeImages', 'ec2:DescribeInstances', 'ec2:DescribeInstanceStatus',
          'ec2:DescribeInstanceTypeOfferings', 'ec2:DescribeInstanceTypes', 'ec2:DescribeLaunchTemplates', 'ec2:DescribePlacementGroups',
          'ec2:DescribeSecurityGroups', 'ec2:DescribeSpotPriceHistory', 'ec2:DescribeSubnets',
        ],
        resources: ['*'],
        conditions: { StringEquals: { 'aws:RequestedRegion': stack.region } },
      }),
      // public price lists have no ARN to name, and are served from few regions only
      new iam.PolicyStatement({ sid: 'ReadPrices', actions: ['pricing:GetProducts'], resources: ['*'] }),
      // the garbage collection of profiles that Karpenter makes runs without any as well; a list has no ARN to name
      new iam.PolicyStatement({ sid: 'ListProfiles', actions: ['iam:ListInstanceProfiles'], resources: ['*'] }),
      // a node class is finalized only after Karpenter has looked for a profile of this name, which it would have made itself
      new iam.PolicyStatement({
        sid: 'LookForProfile',
        actions: ['iam:GetInstanceProfile'],
        resources: [stack.formatArn({ service: 'iam', region: '', resource: 'instance-profile', resourceName: `${props.clusterName}_*` })],
      }),
      new iam.PolicyStatement({
        sid: 'ReadImageIds',
        actions: ['ssm:GetParameter'],
        resources: [`bottlerocket/aws-k8s-${props.kubernetesVersion}*`, `eks/optimized-ami/${props.kubernetesVersion}/amazon-linux-2023/*`]
          .map(path => stack.formatArn({ service: 'ssm', account: '', resource: 'parameter', resourceName: `aws/service/${path}` })),
      }),
      new iam.PolicyStatement({ sid: 'ReadCluster', actions: ['eks:DescribeCluster'], resources: [cluster] }),
      new iam.PolicyStatement({
        sid: 'ReadZonalShift',
        actions: ['arc-zonal-shift:GetManagedResource'],
        // the action's resource is whatever is shifted: the condition names the cluster
        resources: ['*'],
        conditions: { StringEquals: { 'arc-zonal-shift:ResourceIdentifier': cluster } },
      }),
    ];
  }

  private scopeOf({ clusterName }: KarpenterControllerProps) {
    const stack = Stack.of(this);
    return {
      stack,
      cluster: stack.formatArn({ service: 'eks', resource: 'cluster', resourceName: clusterName }),
      ownedTag: (key: 'RequestTag' | 'ResourceTag') => ({ [`aws:${key}/kubernetes.io/cluster/${clusterName}`]: 'owned' }),
      created: ['fleet', 'instance', 'volume', 'network-interface', 'launch-template', 'spot-instances-request']
        .map(resource => stack.formatArn({ service: 'ec2', resource, resourceName: '*' })),
    };
  }
}
