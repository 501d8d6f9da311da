import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as eks from 'aws-cdk-lib/aws-eks-v2';
import { createClusterKey } from '../../../src/cluster/cluster-key';
import { createKarpenterSupply } from '../../../src/cluster/nodes/node-supply';
import { createVolumeRole } from '../../../src/cluster/persistent-volumes';
import { LoadBalancerController } from '../../../src/cluster/services/load-balancer-controller';
import { NodeTeardown } from '../../../src/cluster/teardown/node-teardown';
import { decide, PolicyDocument } from '../../support/policy-simulation';
import { ACCOUNT, REGION, testStack } from '../../support/stacks';

/** The calls that Karpenter and the other controllers make, and those that they must not, evaluated by a policy simulator against the synthesized roles. */
const CLUSTER = 'shop';
const OTHER_ACCOUNT = '333333333333';
const SUBNETS = ['subnet-0a', 'subnet-0b'];
const SECURITY_GROUP = 'sg-0c1a55';

const stack = testStack();
const cluster = eks.Cluster.fromClusterAttributes(stack, 'Imported', { clusterName: CLUSTER, clusterSecurityGroupId: SECURITY_GROUP });
const encryptionKey = createClusterKey(stack, 'Key', CLUSTER);
const supply = createKarpenterSupply(stack, {
  cluster,
  clusterName: CLUSTER,
  kubernetesVersion: '1.36',
  subnets: SUBNETS.map(id => ec2.Subnet.fromSubnetId(stack, id, id)),
  securityGroup: cluster.clusterSecurityGroup,
  encryptionKey,
});
const volumeRole = createVolumeRole(stack, 'VolumeRole', { clusterName: CLUSTER, encryptionKey });
const targets = new LoadBalancerController(stack, 'LoadBalancerController', { cluster, clusterName: CLUSTER });
const TARGET_GROUP = `arn:aws:elasticloadbalancing:${REGION}:${ACCOUNT}:targetgroup/api/0123456789abcdef`;
targets.bind({ targetGroupArn: TARGET_GROUP } as any);

const vpc = ec2.Vpc.fromVpcAttributes(stack, 'Vpc', {
  vpcId: 'vpc-0a', vpcCidrBlock: '10.9.0.0/16', availabilityZones: ['eu-west-1a', 'eu-west-1b'], privateSubnetIds: SUBNETS, privateSubnetRouteTableIds: ['rtb-a', 'rtb-b'],
});
new NodeTeardown(stack, 'NodeTeardown', {
  cluster, clusterName: CLUSTER, vpc, vpcSubnets: {}, securityGroup: cluster.clusterSecurityGroup, encryptionKey, autoMode: false, after: [],
});

const { Resources } = Template.fromStack(stack).toJSON();
const KEY = `arn:aws:kms:${REGION}:${ACCOUNT}:key/cluster`;
const NODE_ROLE = `arn:aws:iam::${ACCOUNT}:role/${idOf(supply.nodeRole)}`;
const QUEUE = `arn:aws:sqs:${REGION}:${ACCOUNT}:${CLUSTER}`;

function idOf(construct: { readonly node: { readonly defaultChild?: any } }): string {
  return Stack.of(construct.node.defaultChild).getLogicalId(construct.node.defaultChild);
}

/** References as what they stand for once deployed. */
function deployed(value: any): any {
  if (Array.isArray(value)) { return value.map(deployed); }
  if (typeof value !== 'object' || value === null) { return value; }
  if (value['Fn::Join']) { return deployed(value['Fn::Join'][1]).join(value['Fn::Join'][0]); }
  if (value.Ref === 'AWS::Partition') { return 'aws'; }
  if (value['Fn::GetAtt']) {
    const [id] = value['Fn::GetAtt'];
    const arns: Record<string, string> = {
      'AWS::KMS::Key': KEY, 'AWS::IAM::Role': `arn:aws:iam::${ACCOUNT}:role/${id}`, 'AWS::SQS::Queue': /Undelivered/.test(id) ? `${QUEUE}-undelivered` : QUEUE,
    };
    return arns[Resources[id].Type] ?? `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:${id}`;
  }
  expect(Object.keys(value)).not.toContain('Ref');
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, deployed(each)]));
}

function policiesOf(role: string): PolicyDocument[] {
  return Object.values<any>(Resources)
    .filter(({ Type, Properties }) => /^AWS::IAM::(Managed)?Policy$/.test(Type) && Properties.Roles.some((each: any) => each.Ref === role))
    .map(({ Properties }) => deployed(Properties.PolicyDocument));
}

function statementsOf(role: string): any[] {
  return policiesOf(role).flatMap(policy => [policy.Statement].flat());
}

const KEY_POLICY: PolicyDocument = deployed(Object.values<any>(Resources).find(({ Type }) => Type === 'AWS::KMS::Key').Properties.KeyPolicy);

type Context = Record<string, string | string[]>;
type Asked = [action: string, resource: string, context?: Context];

function may(role: string, [action, resource, context]: Asked): Promise<string> {
  const region = resource.split(':')[3] || REGION;
  return decide({
    principal: `arn:aws:sts::${ACCOUNT}:assumed-role/${role}/pod`,
    account: /^\d+$/.test(resource.split(':')[4] ?? '') ? resource.split(':')[4] : ACCOUNT,
    action,
    resource,
    context: { 'aws:PrincipalArn': `arn:aws:iam::${ACCOUNT}:role/${role}`, ...action.startsWith('ec2:Describe') ? { 'aws:RequestedRegion': region } : {}, ...context },
    identityPolicies: policiesOf(role),
    resourcePolicy: resource === KEY ? KEY_POLICY : undefined,
  });
}

const arn = (resource: string, account = ACCOUNT, region = REGION) => `arn:aws:ec2:${region}:${account}:${resource}`;
const [INSTANCE, VOLUME, INTERFACE, FLEET, TEMPLATE, SPOT] = [
  'instance/i-0123456789abcdef0', 'volume/vol-0123456789abcdef0', 'network-interface/eni-0123456789abcdef0', 'fleet/fleet-0123456789abcdef0',
  'launch-template/lt-0123456789abcdef0', 'spot-instances-request/sir-abcd1234',
].map(resource => arn(resource));
const [IMAGE, SNAPSHOT] = [arn('image/ami-0123456789abcdef0', ''), arn('snapshot/snap-0123456789abcdef0', '')];

/** Tags as conditions, in the request or on the resource. */
function tags(kind: 'RequestTag' | 'ResourceTag', values: Record<string, string>): Context {
  return {
    ...Object.fromEntries(Object.entries(values).map(([key, value]) => [`aws:${kind}/${key}`, value])),
    ...kind === 'RequestTag' ? { 'aws:TagKeys': Object.keys(values) } : {},
  };
}

const tagsOf = (clusterName: string, nodePool = 'default') => ({
  [`kubernetes.io/cluster/${clusterName}`]: 'owned', 'eks:eks-cluster-name': clusterName, 'karpenter.sh/nodepool': nodePool, 'karpenter.k8s.aws/ec2nodeclass': 'default',
});
const OWN = tagsOf(CLUSTER);
const REQUESTED = tags('RequestTag', OWN);
const OWNED = tags('ResourceTag', OWN);
const creating = (action: string, values: Record<string, string> = OWN): Context => ({ ...tags('RequestTag', values), 'ec2:CreateAction': action });
const ec2Key = { 'kms:ViaService': `ec2.${REGION}.amazonaws.com` };
const FOR_AWS = { 'kms:GrantIsForAWSResource': 'true' };

describe('Karpenter works', () => {
  const role = idOf(supply.controller!.role);
  const created = [INSTANCE, VOLUME, INTERFACE, SPOT];

  test.each<Asked>([
    // a template for each node class, then a fleet of one machine
    ['ec2:CreateLaunchTemplate', TEMPLATE, REQUESTED],
    ['ec2:CreateTags', TEMPLATE, creating('CreateLaunchTemplate')],
    ['ec2:CreateFleet', FLEET, REQUESTED],
    ['ec2:CreateTags', FLEET, creating('CreateFleet')],
    ...['ec2:CreateFleet', 'ec2:RunInstances'].flatMap((action): Asked[] => [
      [action, TEMPLATE, OWNED], [action, IMAGE], ...SUBNETS.map((subnet): Asked => [action, arn(`subnet/${subnet}`)]),
    ]),
    ['ec2:RunInstances', SNAPSHOT],
    ['ec2:RunInstances', arn(`security-group/${SECURITY_GROUP}`)],
    ...created.map((resource): Asked => ['ec2:RunInstances', resource, REQUESTED]),
    ...created.flatMap(resource => ['CreateFleet', 'RunInstances'].map((action): Asked => ['ec2:CreateTags', resource, creating(action)])),
    ['iam:PassRole', NODE_ROLE, { 'iam:PassedToService': 'ec2.amazonaws.com' }],
    ['kms:GenerateDataKeyWithoutPlaintext', KEY, ec2Key],
    ['kms:Decrypt', KEY, ec2Key],
    ['kms:ReEncryptFrom', KEY, ec2Key],
    ['kms:ReEncryptTo', KEY, ec2Key],
    ['kms:DescribeKey', KEY, ec2Key],
    ['kms:CreateGrant', KEY, { ...ec2Key, ...FOR_AWS }],
    // the check of a new node class is a launch without a NodePool
    ['ec2:RunInstances', INSTANCE, tags('RequestTag', tagsOf(CLUSTER, ''))],
    ['ec2:CreateFleet', FLEET, tags('RequestTag', tagsOf(CLUSTER, ''))],
    // the node's name, once it has registered
    ['ec2:CreateTags', INSTANCE, { ...OWNED, ...tags('RequestTag', { 'Name': 'ip-10-0-0-1.internal', 'karpenter.sh/nodeclaim': 'default-abcde' }) }],
    ['ec2:CreateTags', INSTANCE, { ...OWNED, ...tags('RequestTag', { 'eks:eks-cluster-name': CLUSTER }) }],
    ['ec2:TerminateInstances', INSTANCE, OWNED],
    ['ec2:DeleteLaunchTemplate', TEMPLATE, OWNED],
    // a node class that is deleted
    ['iam:ListInstanceProfiles', '*'],
    ['iam:GetInstanceProfile', `arn:aws:iam::${ACCOUNT}:instance-profile/${CLUSTER}_11725344326131370000`],
    ...[
      'CapacityReservations', 'Images', 'Instances', 'InstanceStatus', 'InstanceTypeOfferings', 'InstanceTypes', 'LaunchTemplates', 'PlacementGroups',
      'SecurityGroups', 'SpotPriceHistory', 'Subnets',
    ].map((what): Asked => [`ec2:Describe${what}`, '*']),
    ['pricing:GetProducts', '*'],
    ['eks:DescribeCluster', `arn:aws:eks:${REGION}:${ACCOUNT}:cluster/${CLUSTER}`],
    ...['ReceiveMessage', 'DeleteMessage', 'GetQueueUrl'].map((what): Asked => [`sqs:${what}`, QUEUE]),
    ['kms:Decrypt', KEY, { 'kms:ViaService': `sqs.${REGION}.amazonaws.com` }],
  ])('%s on %s', async (...asked) => {
    expect(await may(role, asked)).toBe('Allowed');
  });
});

describe('Karpenter cannot', () => {
  const role = idOf(supply.controller!.role);
  const others = tagsOf('payroll');
  const untagged = {};
  const withoutPool = Object.fromEntries(Object.entries(OWN).filter(([key]) => key !== 'karpenter.sh/nodepool'));

  test.each<[string, ...Asked]>([
    // end
    ['end a machine of another cluster', 'ec2:TerminateInstances', INSTANCE, tags('ResourceTag', others)],
    ['end a machine without tags', 'ec2:TerminateInstances', INSTANCE, untagged],
    ['end a baseline worker', 'ec2:TerminateInstances', INSTANCE, tags('ResourceTag', withoutPool)],
    ['end a machine in another account', 'ec2:TerminateInstances', arn('instance/i-0123456789abcdef0', OTHER_ACCOUNT), OWNED],
    ['end a machine in another region', 'ec2:TerminateInstances', arn('instance/i-0123456789abcdef0', ACCOUNT, 'us-east-1'), OWNED],
    ['delete a template of another cluster', 'ec2:DeleteLaunchTemplate', TEMPLATE, tags('ResourceTag', others)],
    ['delete the template of the baseline workers', 'ec2:DeleteLaunchTemplate', TEMPLATE, tags('ResourceTag', withoutPool)],
    ['stop its own machine', 'ec2:StopInstances', INSTANCE, OWNED],
    ['change its own machine', 'ec2:ModifyInstanceAttribute', INSTANCE, OWNED],
    ['delete a volume', 'ec2:DeleteVolume', VOLUME, OWNED],
    // launch
    ['launch without tags', 'ec2:RunInstances', INSTANCE, untagged],
    ['launch for another cluster', 'ec2:RunInstances', INSTANCE, tags('RequestTag', others)],
    ['launch with the tag of one cluster and the name of another', 'ec2:RunInstances', INSTANCE, tags('RequestTag', { ...OWN, 'eks:eks-cluster-name': 'payroll' })],
    ['launch outside of a NodePool', 'ec2:RunInstances', INSTANCE, tags('RequestTag', withoutPool)],
    ['launch from a template of another cluster', 'ec2:RunInstances', TEMPLATE, tags('ResourceTag', others)],
    ['launch from anybody\'s template', 'ec2:CreateFleet', TEMPLATE, untagged],
    ['launch in another subnet', 'ec2:RunInstances', arn('subnet/subnet-0d')],
    ['launch a fleet in another subnet', 'ec2:CreateFleet', arn('subnet/subnet-0d')],
    ['launch into another security group', 'ec2:RunInstances', arn('security-group/sg-0ddddd')],
    ['launch into the security group of another account', 'ec2:RunInstances', arn(`security-group/${SECURITY_GROUP}`, OTHER_ACCOUNT)],
    ['launch in another region', 'ec2:RunInstances', arn('instance/i-0123456789abcdef0', ACCOUNT, 'us-east-1'), REQUESTED],
    ['launch with a key pair', 'ec2:RunInstances', arn('key-pair/admin')],
    ['make a template without tags', 'ec2:CreateLaunchTemplate', TEMPLATE, untagged],
    ['change a template', 'ec2:CreateLaunchTemplateVersion', TEMPLATE, OWNED],
    // tag
    ['make a stranger its own', 'ec2:CreateTags', INSTANCE, REQUESTED],
    ['make a machine of another cluster its own', 'ec2:CreateTags', INSTANCE, { ...tags('ResourceTag', others), ...REQUESTED }],
    ['rename a stranger', 'ec2:CreateTags', INSTANCE, tags('RequestTag', { Name: 'x' })],
    ['hand its machine to another cluster', 'ec2:CreateTags', INSTANCE, { ...OWNED, ...tags('RequestTag', { 'kubernetes.io/cluster/payroll': 'owned' }) }],
    ['call its machine that of another cluster', 'ec2:CreateTags', INSTANCE, { ...OWNED, ...tags('RequestTag', { 'eks:eks-cluster-name': 'payroll' }) }],
    ['tag its machine as it likes', 'ec2:CreateTags', INSTANCE, { ...OWNED, ...tags('RequestTag', { environment: 'production' }) }],
    ['tag a volume that is there', 'ec2:CreateTags', VOLUME, { ...OWNED, ...REQUESTED }],
    ['tag what it does not make', 'ec2:CreateTags', arn('subnet/subnet-0a'), creating('CreateSubnet')],
    ['tag what is made for another cluster', 'ec2:CreateTags', INSTANCE, creating('RunInstances', others)],
    ['take tags away', 'ec2:DeleteTags', INSTANCE, OWNED],
    // identities
    ['give nodes another role', 'iam:PassRole', `arn:aws:iam::${ACCOUNT}:role/admin`, { 'iam:PassedToService': 'ec2.amazonaws.com' }],
    ['give nodes a role of another account', 'iam:PassRole', NODE_ROLE.replace(ACCOUNT, OTHER_ACCOUNT), { 'iam:PassedToService': 'ec2.amazonaws.com' }],
    ['give its nodes\' role to a function', 'iam:PassRole', NODE_ROLE, { 'iam:PassedToService': 'lambda.amazonaws.com' }],
    ...['CreateInstanceProfile', 'DeleteInstanceProfile', 'AddRoleToInstanceProfile', 'RemoveRoleFromInstanceProfile', 'TagInstanceProfile'].map(
      (action): [string, ...Asked] => [`${action} of its own`, `iam:${action}`, `arn:aws:iam::${ACCOUNT}:instance-profile/${CLUSTER}_1`]),
    ['read the profile of somebody else', 'iam:GetInstanceProfile', `arn:aws:iam::${ACCOUNT}:instance-profile/payroll_1`],
    ['attach a policy', 'iam:AttachRolePolicy', NODE_ROLE],
    ['make a role', 'iam:CreateRole', `arn:aws:iam::${ACCOUNT}:role/new`],
    // data
    ['read with the key itself', 'kms:Decrypt', KEY],
    ['read secrets of Kubernetes', 'kms:Decrypt', KEY, { 'kms:ViaService': `eks.${REGION}.amazonaws.com` }],
    ['share the key', 'kms:CreateGrant', KEY, { ...ec2Key, 'kms:GrantIsForAWSResource': 'false' }],
    ['use another key', 'kms:Decrypt', `arn:aws:kms:${REGION}:${ACCOUNT}:key/payroll`, ec2Key],
    ['read another queue', 'sqs:ReceiveMessage', `arn:aws:sqs:${REGION}:${ACCOUNT}:payroll`],
    ['send itself interruptions', 'sqs:SendMessage', QUEUE],
    ['read a secret parameter', 'ssm:GetParameter', `arn:aws:ssm:${REGION}:${ACCOUNT}:parameter/database/password`],
    ['describe another cluster', 'eks:DescribeCluster', `arn:aws:eks:${REGION}:${ACCOUNT}:cluster/payroll`],
    ['see machines of another region', 'ec2:DescribeInstances', '*', { 'aws:RequestedRegion': 'us-east-1' }],
  ])('%s', async (_, ...asked) => {
    expect(await may(role, asked)).toBe('ImplicitlyDenied');
  });
});

test('Karpenter reads the public parameters of both images for every Kubernetes minor it was told, and no other', () => {
  // the simulator knows no parameter without an account, which is what public ones are
  const statement = statementsOf(idOf(supply.controller!.role)).find(({ Sid }) => Sid === 'ReadImageIds');
  const patterns: RegExp[] = statement.Resource.map((pattern: string) => new RegExp(`^${pattern.replace(/[.]/g, '\\.').replace(/[*]/g, '.*')}$`));
  const allowed = (name: string) => patterns.some(pattern => pattern.test(`arn:aws:ssm:${REGION}::parameter/aws/service/${name}`));
  expect(allowed('bottlerocket/aws-k8s-1.36/arm64/1.64.0/image_id')).toBe(true);
  expect(allowed('bottlerocket/aws-k8s-1.36-nvidia/arm64/1.64.0/image_id')).toBe(true);
  expect(allowed('eks/optimized-ami/1.36/amazon-linux-2023/arm64/standard/amazon-eks-node-al2023-arm64-standard-1.36-v20260903/image_id')).toBe(true);
  expect(allowed('bottlerocket/aws-k8s-1.35/arm64/1.64.0/image_id')).toBe(false);
  expect(allowed('ami-amazon-linux-latest/al2023')).toBe(false);
});

test('Karpenter asks for the zonal shift of its own cluster only', () => {
  expect(statementsOf(idOf(supply.controller!.role)).find(({ Sid }) => Sid === 'ReadZonalShift')).toMatchObject({
    Action: 'arc-zonal-shift:GetManagedResource',
    Condition: { StringEquals: { 'arc-zonal-shift:ResourceIdentifier': `arn:aws:eks:${REGION}:${ACCOUNT}:cluster/${CLUSTER}` } },
  });
});

test('each policy is within what IAM takes, 6144 characters, with the longest name and a dozen more subnets', () => {
  const sizes = policiesOf(idOf(supply.controller!.role)).map(policy => JSON.stringify(policy).replaceAll(CLUSTER, 'x'.repeat(40)).length);
  expect(sizes).toHaveLength(2);
  expect(Math.max(...sizes) + 12 * 75).toBeLessThan(6144);
});

test('compared with upstream\'s policy, only what makes and changes instance profiles is missing, and only the key is added', () => {
  const actions = new Set(statementsOf(idOf(supply.controller!.role)).flatMap(({ Action }) => [Action].flat()));
  const upstream = [
    'ec2:RunInstances', 'ec2:CreateFleet', 'ec2:CreateLaunchTemplate', 'ec2:CreateTags', 'ec2:TerminateInstances', 'ec2:DeleteLaunchTemplate',
    'iam:PassRole', 'iam:CreateInstanceProfile', 'iam:TagInstanceProfile', 'iam:AddRoleToInstanceProfile', 'iam:RemoveRoleFromInstanceProfile',
    'iam:DeleteInstanceProfile', 'iam:ListInstanceProfiles', 'iam:GetInstanceProfile', 'eks:DescribeCluster', 'sqs:DeleteMessage', 'sqs:GetQueueUrl',
    'sqs:ReceiveMessage', 'arc-zonal-shift:GetManagedResource', 'ssm:GetParameter', 'pricing:GetProducts', 'ec2:DescribeCapacityReservations',
    'ec2:DescribeImages', 'ec2:DescribeInstances', 'ec2:DescribeInstanceStatus', 'ec2:DescribeInstanceTypeOfferings', 'ec2:DescribeInstanceTypes',
    'ec2:DescribeLaunchTemplates', 'ec2:DescribePlacementGroups', 'ec2:DescribeSecurityGroups', 'ec2:DescribeSpotPriceHistory', 'ec2:DescribeSubnets',
  ];
  expect(upstream.filter(action => !actions.has(action)).sort()).toEqual([
    'iam:AddRoleToInstanceProfile', 'iam:CreateInstanceProfile', 'iam:DeleteInstanceProfile', 'iam:RemoveRoleFromInstanceProfile', 'iam:TagInstanceProfile',
  ]);
  expect([...actions].filter(action => !upstream.includes(action)).sort()).toEqual([
    'kms:CreateGrant', 'kms:Decrypt', 'kms:DescribeKey', 'kms:GenerateDataKeyWithoutPlaintext', 'kms:ReEncryptFrom', 'kms:ReEncryptTo',
  ]);
});

describe('the key', () => {
  const asService = (role: string, [action, resource, context]: Asked) => decide({
    principal: `arn:aws:sts::${ACCOUNT}:assumed-role/${role.split('/').pop()}/launch`,
    account: ACCOUNT,
    action,
    resource,
    context: { 'aws:PrincipalArn': `arn:aws:iam::${ACCOUNT}:role/${role}`, 'kms:CallerAccount': ACCOUNT, ...context },
    identityPolicies: [],
    resourcePolicy: KEY_POLICY,
  });
  const AUTO_SCALING = 'aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling';
  const SPOT_ROLE = 'aws-service-role/spot.amazonaws.com/AWSServiceRoleForEC2Spot';

  test.each([AUTO_SCALING, SPOT_ROLE])('encrypts the volumes that %s starts', async role => {
    expect(await asService(role, ['kms:GenerateDataKeyWithoutPlaintext', KEY, ec2Key])).toBe('Allowed');
    expect(await asService(role, ['kms:CreateGrant', KEY, { ...ec2Key, ...FOR_AWS }])).toBe('Allowed');
    expect(await asService(role, ['kms:Decrypt', KEY])).toBe('ImplicitlyDenied');
    expect(await asService(role, ['kms:CreateGrant', KEY, { ...ec2Key, 'kms:GrantIsForAWSResource': 'false' }])).toBe('ImplicitlyDenied');
  });

  test.each(['admin', 'AWSServiceRoleForAutoScaling', 'aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling2'])('is closed to %s without a policy', async role => {
    expect(await asService(role, ['kms:GenerateDataKeyWithoutPlaintext', KEY, ec2Key])).toBe('ImplicitlyDenied');
  });
});

describe('the EBS CSI driver', () => {
  const role = idOf(volumeRole);
  const named = { 'ebs.csi.aws.com/cluster-name': CLUSTER, 'ebs.csi.aws.com/cluster': 'true', [`kubernetes.io/cluster/${CLUSTER}`]: 'owned' };
  const own = tags('ResourceTag', named);
  const requested = tags('RequestTag', named);

  test.each<Asked>([
    ['ec2:CreateVolume', VOLUME, requested],
    ['ec2:CreateTags', VOLUME, { ...requested, 'ec2:CreateAction': 'CreateVolume' }],
    ['ec2:AttachVolume', VOLUME, own],
    ['ec2:AttachVolume', INSTANCE, OWNED],
    ['ec2:DetachVolume', INSTANCE, OWNED],
    ['ec2:ModifyVolume', VOLUME, own],
    ['ec2:DeleteVolume', VOLUME, own],
    ['ec2:CreateSnapshot', VOLUME, own],
    ['ec2:CreateSnapshot', SNAPSHOT, requested],
    ['ec2:CreateVolume', SNAPSHOT, own],
    ['ec2:DeleteSnapshot', SNAPSHOT, own],
    ['ec2:DescribeVolumes', '*'],
    ['kms:GenerateDataKeyWithoutPlaintext', KEY, ec2Key],
    ['kms:Decrypt', KEY, ec2Key],
    ['kms:CreateGrant', KEY, { ...ec2Key, ...FOR_AWS }],
  ])('may %s on %s', async (...asked) => {
    expect(await may(role, asked)).toBe('Allowed');
  });

  const payroll = tags('ResourceTag', { 'ebs.csi.aws.com/cluster-name': 'payroll' });
  test.each<Asked>([
    ['ec2:DeleteVolume', VOLUME],
    ['ec2:DeleteVolume', VOLUME, payroll],
    ['ec2:AttachVolume', VOLUME, payroll],
    ['ec2:AttachVolume', INSTANCE, tags('ResourceTag', tagsOf('payroll'))],
    ['ec2:DeleteSnapshot', SNAPSHOT, payroll],
    ['ec2:CreateVolume', SNAPSHOT, payroll],
    ['ec2:CreateVolume', VOLUME, tags('RequestTag', { 'ebs.csi.aws.com/cluster-name': 'payroll' })],
    ['ec2:CreateTags', VOLUME, requested],
    ['ec2:CreateTags', INSTANCE, { ...requested, 'ec2:CreateAction': 'RunInstances' }],
    ['ec2:TerminateInstances', INSTANCE, OWNED],
    ['kms:Decrypt', KEY],
  ])('may not %s on %s', async (...asked) => {
    expect(await may(role, asked)).toBe('ImplicitlyDenied');
  });
});

describe('the teardown of nodes', () => {
  const role = Object.keys(Resources).find(id => /^NodeTeardownRole/.test(id) && Resources[id].Type === 'AWS::IAM::Role')!;

  test.each<Asked>([
    ['ec2:TerminateInstances', INSTANCE, OWNED],
    ['ec2:DeleteLaunchTemplate', TEMPLATE, OWNED],
    ['ec2:DescribeInstances', '*'],
    ['eks:DescribeCluster', `arn:aws:eks:${REGION}:${ACCOUNT}:cluster/${CLUSTER}`],
    ['eks:UpdateClusterConfig', `arn:aws:eks:${REGION}:${ACCOUNT}:cluster/${CLUSTER}`],
    ['eks:DescribeUpdate', `arn:aws:eks:${REGION}:${ACCOUNT}:cluster/${CLUSTER}`],
  ])('may %s on %s', async (...asked) => {
    expect(await may(role, asked)).toBe('Allowed');
  });

  test.each<Asked>([
    ['ec2:TerminateInstances', INSTANCE],
    ['ec2:TerminateInstances', INSTANCE, tags('ResourceTag', tagsOf('payroll'))],
    ['ec2:TerminateInstances', INSTANCE, tags('ResourceTag', { [`kubernetes.io/cluster/${CLUSTER}`]: 'owned' })],
    ['ec2:DeleteLaunchTemplate', TEMPLATE, tags('ResourceTag', tagsOf('payroll'))],
    ['ec2:DeleteVolume', VOLUME, OWNED],
    ['ec2:RunInstances', INSTANCE, REQUESTED],
    ['eks:UpdateClusterConfig', `arn:aws:eks:${REGION}:${ACCOUNT}:cluster/payroll`],
    ['eks:DeleteCluster', `arn:aws:eks:${REGION}:${ACCOUNT}:cluster/${CLUSTER}`],
    ['iam:PassRole', NODE_ROLE, { 'iam:PassedToService': 'ec2.amazonaws.com' }],
  ])('may not %s on %s', async (...asked) => {
    expect(await may(role, asked)).toBe('ImplicitlyDenied');
  });
});

test('the load balancer controller registers pods with the target groups it was given, and makes or changes nothing', async () => {
  const [role] = Object.keys(Resources).filter(id => /^LoadBalancerControllerRole/.test(id) && Resources[id].Type === 'AWS::IAM::Role');
  expect(await may(role, ['elasticloadbalancing:RegisterTargets', TARGET_GROUP])).toBe('Allowed');
  expect(await may(role, ['elasticloadbalancing:DeregisterTargets', TARGET_GROUP])).toBe('Allowed');
  for (const [action, resource] of [
    ['elasticloadbalancing:RegisterTargets', TARGET_GROUP.replace('/api/', '/payroll/')],
    ['elasticloadbalancing:CreateLoadBalancer', `arn:aws:elasticloadbalancing:${REGION}:${ACCOUNT}:loadbalancer/app/new/0123456789abcdef`],
    ['elasticloadbalancing:DeleteTargetGroup', TARGET_GROUP],
    ['ec2:AuthorizeSecurityGroupIngress', arn(`security-group/${SECURITY_GROUP}`)],
  ]) { expect(await may(role, [action, resource])).toBe('ImplicitlyDenied'); }
});

test('nodes have no permission of their own but to join and to pull images', () => {
  expect(policiesOf(idOf(supply.nodeRole))).toEqual([]);
  expect(Resources[idOf(supply.nodeRole)].Properties.ManagedPolicyArns.map((policy: any) => deployed(policy).split('/').pop())).toEqual([
    'AmazonEKSWorkerNodePolicy', 'AmazonEC2ContainerRegistryPullOnly',
  ]);
});
