import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import { Construct, IConstruct } from 'constructs';
import { createEncryptionKey, KEY_USE_ACTIONS } from '../private/encryption-key';

/** What EC2 does with the key of a volume for the role that asked for the volume. */
const VOLUME_ACTIONS = ['kms:Decrypt', 'kms:DescribeKey', 'kms:GenerateDataKeyWithoutPlaintext', 'kms:ReEncryptFrom', 'kms:ReEncryptTo'];

/** Service-linked roles that start instances: those of the baseline workers, and Spot instances of anybody's. */
const LAUNCHING_ROLES = ['autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling', 'spot.amazonaws.com/AWSServiceRoleForEC2Spot'];

/** The key of everything that a cluster stores. */
export function createClusterKey(scope: Construct, id: string, clusterName: string): kms.Key {
  return createEncryptionKey(scope, id, {
    description: `EKS cluster ${clusterName}: secrets, volumes, logs, queue and artifacts`, services: ['events.amazonaws.com'],
  });
}

/**
 * Lets the service-linked roles that start instances encrypt their volumes, which only the key's own policy can: those roles take no other policies.
 * They are named in a condition, because a policy must not name a role as principal that does not exist yet. An imported key is left as it is.
 *
 * @see https://docs.aws.amazon.com/autoscaling/ec2/userguide/key-policy-requirements-EBS-encryption.html
 */
export function admitLaunches(scope: IConstruct, key: kms.IKey): void {
  const stack = Stack.of(scope);
  const conditions = {
    ...throughService(scope, 'ec2', { 'kms:CallerAccount': stack.account }),
    ArnEquals: { 'aws:PrincipalArn': LAUNCHING_ROLES.map(role => stack.formatArn({ service: 'iam', region: '', resource: 'role', resourceName: `aws-service-role/${role}` })) },
  };
  const common = { principals: [new iam.AnyPrincipal()], resources: ['*'] };
  key.addToResourcePolicy(new iam.PolicyStatement({ ...common, sid: 'VolumesOfLaunchedInstances', actions: KEY_USE_ACTIONS, conditions }));
  key.addToResourcePolicy(new iam.PolicyStatement({
    ...common, sid: 'GrantsForVolumesOfLaunchedInstances', actions: ['kms:CreateGrant'], conditions: { ...conditions, Bool: { 'kms:GrantIsForAWSResource': 'true' } },
  }));
}

/** What a role needs that asks EC2 for volumes which are encrypted with the key. */
export function volumeStatements(scope: IConstruct, key: kms.IKey): iam.PolicyStatement[] {
  const conditions = throughService(scope, 'ec2');
  return [
    new iam.PolicyStatement({ sid: 'EncryptVolumes', actions: VOLUME_ACTIONS, resources: [key.keyArn], conditions }),
    new iam.PolicyStatement({
      sid: 'LetInstancesUseVolumes',
      actions: ['kms:CreateGrant'],
      resources: [key.keyArn],
      conditions: { ...conditions, Bool: { 'kms:GrantIsForAWSResource': 'true' } },
    }),
  ];
}

/** The condition that a key is used by a service of this region, on behalf of whoever asked. */
export function throughService(scope: IConstruct, service: string, others: Record<string, string> = {}) {
  return { StringEquals: { 'kms:ViaService': `${service}.${Stack.of(scope).region}.amazonaws.com`, ...others } };
}
