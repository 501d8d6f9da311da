import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as eks from 'aws-cdk-lib/aws-eks-v2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import { Construct, IDependable } from 'constructs';
import { addFirstRunStep } from '../../private/first-run';
import { createNodeRole } from '../baseline-capacity';
import { accessPolicy, createAccessEntry } from '../cluster-access';
import { admitLaunches, volumeStatements } from '../cluster-key';
import { KarpenterController } from '../karpenter/karpenter-controller';

export interface NodeSupplyProps {
  readonly cluster: eks.ICluster;
  readonly clusterName: string;
  readonly kubernetesVersion: string;
  readonly subnets: ec2.ISubnet[];
  readonly securityGroup: ec2.ISecurityGroup;
  readonly encryptionKey: kms.IKey;
}

export interface AutoModeSupplyProps {
  readonly cluster: eks.Cluster;
  readonly encryptionKey: kms.IKey;
}

/** The AWS side of whoever launches nodes. */
export interface NodeSupply {
  readonly nodeRole: iam.Role;
  /** What node classes name: Karpenter's the profile, Auto Mode's the role. */
  readonly identity: { readonly instanceProfileName: string } | { readonly nodeRoleName: string };
  /** Has to exist as long as there are nodes. */
  readonly parts: IDependable[];
  /** @default - EKS itself launches nodes */
  readonly controller?: KarpenterController;
}

/** Karpenter's: role and profile of the nodes, role and queue of the controller. */
export function createKarpenterSupply(scope: Construct, props: NodeSupplyProps): NodeSupply {
  const nodeRole = createNodeRole(scope, 'NodeRole');
  const access = createAccessEntry(scope, 'NodeAccess', { cluster: props.cluster, principalArn: nodeRole.roleArn, type: 'EC2_LINUX' });
  const profile = new iam.InstanceProfile(scope, 'NodeProfile', { role: nodeRole });
  const controller = new KarpenterController(scope, 'Karpenter', { ...props, nodeRole });
  admitLaunches(scope, props.encryptionKey);
  addSpotStep(scope);
  return { nodeRole, controller, identity: { instanceProfileName: profile.instanceProfileName }, parts: [nodeRole, access, profile, controller] };
}

/**
 * Auto Mode's: the role of the nodes, and the key for the role that launches them, which is the cluster's own.
 *
 * @see https://docs.aws.amazon.com/eks/latest/userguide/create-node-class.html
 * @see https://docs.aws.amazon.com/eks/latest/userguide/auto-kms.html
 */
export function createAutoModeSupply(scope: Construct, { cluster, encryptionKey }: AutoModeSupplyProps): NodeSupply {
  const nodeRole = createNodeRole(scope, 'NodeRole', 'AmazonEKSWorkerNodeMinimalPolicy');
  const access = createAccessEntry(scope, 'NodeAccess', {
    cluster, principalArn: nodeRole.roleArn, type: 'EC2', policies: [accessPolicy(scope, 'AmazonEKSAutoNodePolicy')],
  });
  const volumes = new iam.ManagedPolicy(scope, 'VolumePolicy', { roles: [cluster.role], statements: volumeStatements(scope, encryptionKey) });
  admitLaunches(scope, encryptionKey);
  return { nodeRole, identity: { nodeRoleName: nodeRole.roleName }, parts: [nodeRole, access, volumes] };
}

/** Spot has a role in each account that ever used it, and Karpenter may not make it. Auto Mode's policy may. */
function addSpotStep(scope: Construct): void {
  addFirstRunStep(scope, {
    id: 'spot-service-linked-role',
    title: 'EC2 Spot has its role in the account',
    why: 'Without it Karpenter gets no Spot capacity and buys every node on demand.',
    beforeDeployment: false,
    check: {
      command: ['iam', 'list-roles', '--path-prefix', '/aws-service-role/spot.amazonaws.com/', '--query', 'Roles[].RoleName'],
      expected: 'AWSServiceRoleForEC2Spot',
    },
    commands: [['iam', 'create-service-linked-role', '--aws-service-name', 'spot.amazonaws.com']],
  });
}
