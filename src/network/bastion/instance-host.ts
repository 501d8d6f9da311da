import { Names, Stack, Tags } from 'aws-cdk-lib';
import * as autoscaling from 'aws-cdk-lib/aws-autoscaling';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { agentPolicy, SESSION_CHANNELS } from './agent-policy';
import { BoundHost, HostContext } from './bound-host';
import { KEY_USE_ACTIONS } from '../../private/encryption-key';

/** The tag by which sessions are let in to the bastion's instances only. */
const INSTANCE_TAG = 'cdk-innovate-platform:vendor-bastion';

/** A Graviton instance that an auto scaling group of one keeps alive. */
export function createInstanceHost(scope: Construct, context: HostContext): BoundHost {
  const stack = Stack.of(scope);
  const tagValue = Names.uniqueId(scope);
  grantDiskEncryption(context.encryptionKey, stack);
  const autoScalingGroup = createGroup(scope, context);
  Tags.of(autoScalingGroup).add(INSTANCE_TAG, tagValue);
  return {
    // the auto scaling group replaces the instance, so its id is not known
    resources: [stack.formatArn({ service: 'ec2', resource: 'instance', resourceName: '*' })],
    conditions: { StringEquals: { [`ssm:resourceTag/${INSTANCE_TAG}`]: tagValue } },
    find: [{
      sid: 'FindBastion',
      actions: ['autoscaling:DescribeAutoScalingGroups'],
      // knows no resource-level permissions; of all that tells the instance's id, it tells the least else
      resources: ['*'],
      conditions: { StringEquals: { 'aws:RequestedRegion': stack.region } },
    }],
    target: `$(aws autoscaling describe-auto-scaling-groups --auto-scaling-group-names ${autoScalingGroup.autoScalingGroupName}`
      + ' --query \'AutoScalingGroups[0].Instances[0].InstanceId\' --output text)',
    autoScalingGroup,
  };
}

function createGroup(scope: Construct, { vpc, vpcSubnets, securityGroup, encryptionKey }: HostContext): autoscaling.AutoScalingGroup {
  const launchTemplate = new ec2.LaunchTemplate(scope, 'LaunchTemplate', {
    instanceType: ec2.InstanceType.of(ec2.InstanceClass.T4G, ec2.InstanceSize.NANO),
    machineImage: ec2.MachineImage.latestAmazonLinux2023({ cpuType: ec2.AmazonLinuxCpuType.ARM_64 }),
    role: createHostRole(scope),
    securityGroup,
    associatePublicIpAddress: false,
    requireImdsv2: true,
    httpPutResponseHopLimit: 1,
    ebsOptimized: true,
    blockDevices: [{
      deviceName: '/dev/xvda',
      volume: ec2.BlockDeviceVolume.ebs(8, { volumeType: ec2.EbsDeviceVolumeType.GP3, encrypted: true, kmsKey: encryptionKey }),
    }],
  });
  return new autoscaling.AutoScalingGroup(scope, 'Host', {
    vpc,
    vpcSubnets,
    launchTemplate,
    minCapacity: 1,
    maxCapacity: 1,
    updatePolicy: autoscaling.UpdatePolicy.rollingUpdate({ minInstancesInService: 0 }),
  });
}

/** @see https://docs.aws.amazon.com/systems-manager/latest/userguide/getting-started-create-iam-instance-profile.html */
function createHostRole(scope: Construct): iam.Role {
  return new iam.Role(scope, 'HostRole', {
    description: `Vendor bastion ${scope.node.path}: Session Manager only`,
    assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com'),
    managedPolicies: [agentPolicy(scope, ['ssm:UpdateInstanceInformation', ...SESSION_CHANNELS])],
  });
}

/**
 * Lets the service-linked role of EC2 Auto Scaling, which starts the bastion, encrypt its disk. A condition names the role,
 * because a key policy cannot name a principal that does not exist yet, as in an account's first deployment.
 *
 * @see https://docs.aws.amazon.com/autoscaling/ec2/userguide/key-policy-requirements-EBS-encryption.html
 */
function grantDiskEncryption(key: kms.IKey, stack: Stack): void {
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
