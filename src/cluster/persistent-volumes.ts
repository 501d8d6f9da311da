import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { volumeStatements } from './cluster-key';
import { createPodRole } from './pod-identity';

/** The service account of the driver's controller, in kube-system. */
export const VOLUME_SERVICE_ACCOUNT = 'ebs-csi-controller-sa';

const DRIVER = 'ebs.csi.aws.com';
const AUTO_MODE_DRIVER = 'ebs.csi.eks.amazonaws.com';

/**
 * The storage class of claims that name none: gp3, encrypted with the cluster's key, in the zone of the pod. A volume is deleted with its claim.
 *
 * @see https://github.com/kubernetes-sigs/aws-ebs-csi-driver/blob/master/docs/parameters.md
 */
export function storageManifests(keyArn: string, { autoMode }: { readonly autoMode: boolean }): object[] {
  return [{
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name: 'gp3', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
    provisioner: autoMode ? AUTO_MODE_DRIVER : DRIVER,
    parameters: { 'type': 'gp3', 'encrypted': 'true', 'kmsKeyId': keyArn, 'csi.storage.k8s.io/fstype': 'ext4' },
    allowVolumeExpansion: true,
    reclaimPolicy: 'Delete',
    volumeBindingMode: 'WaitForFirstConsumer',
  }];
}

export interface VolumeRoleProps {
  readonly clusterName: string;
  readonly encryptionKey: kms.IKey;
}

/**
 * The role of the EBS CSI driver: volumes and snapshots of this cluster, attached to instances of this cluster. Upstream's policy for one cluster,
 * except that instances are known by the tag that both Karpenter and node groups set, and that only new volumes with the cluster's key can be made.
 *
 * @see https://github.com/kubernetes-sigs/aws-ebs-csi-driver/blob/master/docs/AmazonEBSCSIDriverEKSClusterScopedPolicy.json
 */
export function createVolumeRole(scope: Construct, id: string, { clusterName, encryptionKey }: VolumeRoleProps): iam.Role {
  const stack = Stack.of(scope);
  const role = createPodRole(scope, id, clusterName);
  const all = (resource: string, account = stack.account) => stack.formatArn({ service: 'ec2', account, resource, resourceName: '*' });
  // a snapshot has no account in its ARN
  const [volumes, snapshots, instances] = [all('volume'), all('snapshot', ''), all('instance')];
  const requested = { StringEquals: { [`aws:RequestTag/${DRIVER}/cluster-name`]: clusterName } };
  const own = { StringEquals: { [`aws:ResourceTag/${DRIVER}/cluster-name`]: clusterName } };
  const statements: iam.PolicyStatementProps[] = [
    {
      sid: 'ReadVolumes',
      // these actions know no resource-level permissions
      actions: [
        'ec2:DescribeAvailabilityZones', 'ec2:DescribeInstances', 'ec2:DescribeInstanceTypes', 'ec2:DescribeSnapshots', 'ec2:DescribeVolumes',
        'ec2:DescribeVolumesModifications', 'ec2:DescribeVolumeStatus',
      ],
      resources: ['*'],
      conditions: { StringEquals: { 'aws:RequestedRegion': stack.region } },
    },
    { sid: 'MakeVolumes', actions: ['ec2:CreateVolume', 'ec2:CopyVolumes'], resources: [volumes], conditions: requested },
    { sid: 'CopyOwnVolumes', actions: ['ec2:CopyVolumes'], resources: [volumes], conditions: own },
    { sid: 'MakeSnapshots', actions: ['ec2:CreateSnapshot'], resources: [snapshots], conditions: requested },
    { sid: 'SnapshotOwnVolumes', actions: ['ec2:CreateSnapshot'], resources: [volumes], conditions: own },
    { sid: 'RestoreOwnSnapshots', actions: ['ec2:CreateVolume', 'ec2:EnableFastSnapshotRestores'], resources: [snapshots], conditions: own },
    { sid: 'DeleteOwnSnapshots', actions: ['ec2:DeleteSnapshot'], resources: [snapshots], conditions: own },
    {
      sid: 'ManageOwnVolumes', actions: ['ec2:AttachVolume', 'ec2:DeleteVolume', 'ec2:DetachVolume', 'ec2:ModifyVolume'], resources: [volumes], conditions: own,
    },
    {
      sid: 'AttachToOwnInstances',
      actions: ['ec2:AttachVolume', 'ec2:DetachVolume'],
      resources: [instances],
      conditions: { StringEquals: { [`aws:ResourceTag/kubernetes.io/cluster/${clusterName}`]: 'owned' } },
    },
    {
      sid: 'TagWhatIsMade',
      actions: ['ec2:CreateTags'],
      resources: [volumes, snapshots],
      conditions: { StringEquals: { ...requested.StringEquals, 'ec2:CreateAction': ['CreateVolume', 'CreateSnapshot', 'CopyVolumes'] } },
    },
  ];
  new iam.ManagedPolicy(scope, `${id}Policy`, {
    roles: [role],
    description: `EBS CSI driver of ${clusterName}`,
    statements: [...statements.map(statement => new iam.PolicyStatement(statement)), ...volumeStatements(scope, encryptionKey)],
  });
  return role;
}
