import { CustomResource, Duration, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { CfnAccessEntry } from 'aws-cdk-lib/aws-eks';
import * as eks from 'aws-cdk-lib/aws-eks-v2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct, IDependable } from 'constructs';
import { NODE_TEARDOWN_FUNCTION } from './function-code';
import { TEARDOWN_GROUP } from './node-teardown-access';
import { createLogGroup } from '../../private/log-group';

export interface NodeTeardownProps {
  readonly cluster: eks.ICluster;
  /** The cluster's name as a literal, because it is a condition key. */
  readonly clusterName: string;
  readonly vpc: ec2.IVpc;
  readonly vpcSubnets: ec2.SubnetSelection;
  /** The cluster's own, which the API endpoint and the nodes have. */
  readonly securityGroup: ec2.ISecurityGroup;
  readonly encryptionKey: kms.IKey;
  /** @default - one year */
  readonly logRetention?: logs.RetentionDays;
  /** EKS Auto Mode ends the machines in EC2 itself. */
  readonly autoMode: boolean;
  /** Whether the cluster is somebody else's and stays, its logs too. @default false */
  readonly clusterStays?: boolean;
  /** What has to be there while machines go: control plane, workers, the controller's role and queue. */
  readonly after: IDependable[];
}

/** Well above the twelve minutes or so that it takes at worst, and what Lambda permits. */
const TIMEOUT = Duration.minutes(14);

/**
 * Removes the machines that Karpenter launched when the stack is deleted: CloudFormation does not know them, and would leave them running.
 * What makes NodePools has to depend on it, so that nothing makes them anew while it works.
 */
export class NodeTeardown extends Construct {
  constructor(scope: Construct, id: string, private readonly props: NodeTeardownProps) {
    super(scope, id);
    const role = this.createRole();
    const securityGroup = this.createSecurityGroup();
    const handler = this.createFunction(role, securityGroup);
    const entrance = [this.createAccess(role), this.admit(securityGroup)];
    const { clusterName, autoMode, clusterStays = false, vpc, vpcSubnets } = props;
    const resource = new CustomResource(this, 'Resource', {
      resourceType: 'Custom::NodeTeardown',
      serviceToken: handler.functionArn,
      // three calls of the function, which Lambda repeats when the answer does not get through
      serviceTimeout: Duration.minutes(45),
      properties: {
        ClusterName: clusterName, SecurityGroupId: props.securityGroup.securityGroupId, SweepsInstances: String(!autoMode), EndsLogs: String(!clusterStays),
      },
    });
    // routes and gateways too: it calls AWS while the stack is deleted
    resource.node.addDependency(role, ...entrance, vpc, vpc.selectSubnets(vpcSubnets).internetConnectivityEstablished, ...props.after);
  }

  private createFunction(role: iam.Role, securityGroup: ec2.ISecurityGroup): lambda.Function {
    const { clusterName, encryptionKey, logRetention: retention, vpc, vpcSubnets } = this.props;
    const logGroup = createLogGroup(this, 'Log', { encryptionKey, retention });
    role.addToPolicy(new iam.PolicyStatement({ actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: [logGroup.logGroupArn] }));
    return new lambda.Function(this, 'Function', {
      description: `Removes the machines of the cluster ${clusterName} when its stack is deleted`,
      // 22 or newer: what the region has, as for the functions of the CDK itself
      runtime: lambda.determineLatestNodeRuntime(this),
      architecture: lambda.Architecture.ARM_64,
      code: lambda.Code.fromInline(NODE_TEARDOWN_FUNCTION),
      handler: 'index.handler',
      memorySize: 256,
      timeout: TIMEOUT,
      logGroup,
      role,
      vpc,
      vpcSubnets,
      securityGroups: [securityGroup],
    });
  }

  private createSecurityGroup(): ec2.SecurityGroup {
    const securityGroup = new ec2.SecurityGroup(this, 'SecurityGroup', {
      vpc: this.props.vpc, description: 'Teardown of nodes: AWS APIs and the cluster endpoint', allowAllOutbound: false,
    });
    securityGroup.addEgressRule(ec2.Peer.anyIpv4(), ec2.Port.HTTPS, 'AWS APIs and the cluster endpoint');
    return securityGroup;
  }

  /** A rule of its own, so that nothing else of the cluster's group has to be there. */
  private admit(securityGroup: ec2.ISecurityGroup): ec2.CfnSecurityGroupIngress {
    return new ec2.CfnSecurityGroupIngress(this, 'ClusterEndpoint', {
      groupId: this.props.securityGroup.securityGroupId,
      sourceSecurityGroupId: securityGroup.securityGroupId,
      ipProtocol: 'tcp',
      fromPort: 443,
      toPort: 443,
      description: 'Teardown of nodes',
    });
  }

  private createAccess(role: iam.Role): CfnAccessEntry {
    return new CfnAccessEntry(this, 'Access', { clusterName: this.props.cluster.clusterName, principalArn: role.roleArn, kubernetesGroups: [TEARDOWN_GROUP] });
  }

  private createRole(): iam.Role {
    const role = new iam.Role(this, 'Role', {
      description: `Removes the machines of the cluster ${this.props.clusterName}`, assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
    });
    for (const statement of [...this.teardownStatements(), ...this.logStatements(), ...this.networkStatements()]) { role.addToPolicy(statement); }
    return role;
  }

  private teardownStatements(): iam.PolicyStatement[] {
    const { clusterName } = this.props;
    const stack = Stack.of(this);
    const ec2Arn = (resource: string) => stack.formatArn({ service: 'ec2', resource, resourceName: '*' });
    return [
      new iam.PolicyStatement({ sid: 'FindCluster', actions: ['eks:DescribeCluster'], resources: [this.clusterArn()] }),
      new iam.PolicyStatement({
        sid: 'FindMachines',
        // these actions know no resource-level permissions
        actions: ['ec2:DescribeInstances', 'ec2:DescribeLaunchTemplates', 'ec2:DescribeNetworkInterfaces'],
        resources: ['*'],
        conditions: { StringEquals: { 'aws:RequestedRegion': stack.region } },
      }),
      new iam.PolicyStatement({
        sid: 'EndMachines',
        actions: ['ec2:TerminateInstances', 'ec2:DeleteLaunchTemplate'],
        resources: [ec2Arn('instance'), ec2Arn('launch-template')],
        conditions: {
          StringEquals: { [`aws:ResourceTag/kubernetes.io/cluster/${clusterName}`]: 'owned' },
          StringLike: { 'aws:ResourceTag/karpenter.sh/nodepool': '*' },
        },
      }),
      new iam.PolicyStatement({
        sid: 'DeleteInterfacesOfMachines',
        actions: ['ec2:DeleteNetworkInterface'],
        resources: [ec2Arn('network-interface')],
        conditions: {
          StringLike: { 'aws:ResourceTag/node.k8s.amazonaws.com/instance_id': 'i-*' },
          ArnEquals: { 'ec2:Vpc': stack.formatArn({ service: 'ec2', resource: 'vpc', resourceName: this.props.vpc.vpcId }) },
        },
      }),
    ];
  }

  /** The action changes more than logs, and IAM does not tell them apart: only this function has the role, and it changes nothing before it is told to delete. */
  private logStatements(): iam.PolicyStatement[] {
    if (this.props.clusterStays) { return []; }
    return [new iam.PolicyStatement({ sid: 'EndLogs', actions: ['eks:DescribeUpdate', 'eks:UpdateClusterConfig'], resources: [this.clusterArn()] })];
  }

  private clusterArn(): string {
    return Stack.of(this).formatArn({ service: 'eks', resource: 'cluster', resourceName: this.props.clusterName });
  }

  /** Lambda joins the function to the VPC with the function's role; the function itself, whose calls name it, may not do so. */
  private networkStatements(): iam.PolicyStatement[] {
    return [new iam.PolicyStatement({
      sid: 'JoinNetwork',
      // most of these actions know no resource-level permissions
      actions: [
        'ec2:AssignPrivateIpAddresses', 'ec2:CreateNetworkInterface', 'ec2:DeleteNetworkInterface', 'ec2:DescribeNetworkInterfaces',
        'ec2:DescribeSubnets', 'ec2:UnassignPrivateIpAddresses',
      ],
      resources: ['*'],
      conditions: { Null: { 'lambda:SourceFunctionArn': 'true' } },
    })];
  }
}
