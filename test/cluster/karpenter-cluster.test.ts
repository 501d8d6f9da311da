import { App, Aws, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { KubernetesVersion } from 'aws-cdk-lib/aws-eks-v2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import { bundleOf, objectOf } from './bundle';
import { KarpenterCluster } from '../../src/cluster/karpenter-cluster';
import { KarpenterClusterProps } from '../../src/cluster/karpenter-cluster-props';
import { NodeBudget } from '../../src/cluster/node-budget';
import { CLOUDFRONT_PREFIX_LISTS } from '../../src/private/cloudfront-prefix-lists';
import { expectNoAnnotations, foreignVpc, testStack } from '../support/stacks';

const nodeBudget = NodeBudget.usdPerMonth(3000);

function certificateOf(stack: Stack): acm.ICertificate {
  return acm.Certificate.fromCertificateArn(stack, 'Certificate', 'arn:aws:acm:eu-west-1:222222222222:certificate/11111111-2222-3333-4444-555555555555');
}

function createCluster(stack: Stack, props: Partial<KarpenterClusterProps> = {}): KarpenterCluster {
  return new KarpenterCluster(stack, 'Cluster', { vpc: foreignVpc(stack), certificate: certificateOf(stack), nodeBudget, ...props });
}

describe('with the fewest props', () => {
  const stack = testStack();
  const cluster = createCluster(stack);
  const template = Template.fromStack(stack);
  const resolve = (value: unknown) => stack.resolve(value);
  const statements = (sid: string) => Object.values(template.findResources('AWS::IAM::ManagedPolicy'))
    .flatMap(policy => policy.Properties.PolicyDocument.Statement).filter(statement => statement.Sid === sid);

  test('the API is private, secrets and logs are encrypted, and every log is on', () => {
    template.hasResourceProperties('AWS::EKS::Cluster', {
      Name: cluster.clusterName,
      Version: '1.36',
      AccessConfig: { AuthenticationMode: 'API', BootstrapClusterCreatorAdminPermissions: false },
      DeletionProtection: true,
      EncryptionConfig: [{ Provider: { KeyArn: resolve(cluster.encryptionKey.keyArn) }, Resources: ['secrets'] }],
      Logging: { ClusterLogging: { EnabledTypes: ['api', 'audit', 'authenticator', 'controllerManager', 'scheduler'].map(Type => ({ Type })) } },
      ResourcesVpcConfig: { EndpointPrivateAccess: true, EndpointPublicAccess: false },
      UpgradePolicy: { SupportType: 'STANDARD' },
      ZonalShiftConfig: { Enabled: true },
    });
    template.hasResourceProperties('AWS::Logs::LogGroup', {
      LogGroupName: `/aws/eks/${cluster.clusterName}/cluster`, KmsKeyId: resolve(cluster.encryptionKey.keyArn), RetentionInDays: 365,
    });
  });

  test('the name is a literal of at most 40 characters that follows from the path', () => {
    expect(cluster.clusterName).toMatch(/^[a-z][a-z0-9-]{0,39}$/);
  });

  test('what has to exist first is made first: log group, network add-ons, workers, the other add-ons', () => {
    const idOf = (type: string, props: object) => Object.keys(template.findResources(type, { Properties: props }));
    const addon = (AddonName: string) => idOf('AWS::EKS::Addon', { AddonName })[0];
    const [nodegroup] = idOf('AWS::EKS::Nodegroup', {});
    template.hasResource('AWS::EKS::Cluster', { DependsOn: Match.arrayWith(idOf('AWS::Logs::LogGroup', { LogGroupName: `/aws/eks/${cluster.clusterName}/cluster` })) });
    const bootstrapLog = idOf('AWS::Logs::LogGroup', { LogGroupName: `/aws/codepipeline/${cluster.clusterName}-bootstrap` });
    template.hasResource('AWS::CodePipeline::Pipeline', { DependsOn: Match.arrayWith(bootstrapLog) });
    template.hasResource('AWS::EKS::Nodegroup', { DependsOn: Match.arrayWith(['eks-pod-identity-agent', 'kube-proxy', 'vpc-cni'].map(addon).sort()) });
    for (const name of ['coredns', 'metrics-server']) {
      template.hasResource('AWS::EKS::Addon', { Properties: { AddonName: name }, DependsOn: Match.arrayWith([nodegroup]) });
    }
  });

  test('two Graviton workers run Bottlerocket and keep the instance\'s credentials from pods', () => {
    template.hasResourceProperties('AWS::EKS::Nodegroup', {
      AmiType: 'BOTTLEROCKET_ARM_64', InstanceTypes: ['m7g.large'], ScalingConfig: { MinSize: 2, DesiredSize: 2, MaxSize: 2 }, ForceUpdateEnabled: false,
    });
    template.hasResourceProperties('AWS::EC2::LaunchTemplate', {
      LaunchTemplateData: {
        MetadataOptions: { HttpTokens: 'required', HttpPutResponseHopLimit: 1 },
        BlockDeviceMappings: [{ Ebs: { Encrypted: true } }, { Ebs: { Encrypted: true } }],
      },
    });
  });

  test('Karpenter can launch only with the cluster\'s tags, in its subnets, and pass only the nodes\' role', () => {
    const tag = `kubernetes.io/cluster/${cluster.clusterName}`;
    expect(statements('LaunchTagged')[0].Condition.StringEquals).toEqual({
      [`aws:RequestTag/${tag}`]: 'owned', 'aws:RequestTag/eks:eks-cluster-name': cluster.clusterName,
    });
    expect(statements('EndOwnNodes')[0].Condition.StringEquals).toEqual({ [`aws:ResourceTag/${tag}`]: 'owned' });
    expect(statements('GiveNodesTheirRole')[0].Resource).toEqual(resolve(cluster.nodeRole.roleArn));
    expect(statements('LaunchFrom')[0].Resource).toHaveLength(5);
    template.hasResourceProperties('AWS::EKS::PodIdentityAssociation', {
      Namespace: 'kube-system', ServiceAccount: 'karpenter', RoleArn: resolve(cluster.controllerRole.roleArn),
    });
  });

  test('no statement has a wildcard resource without a condition, but for price lists and the list of profiles', () => {
    const policies = [...Object.values(template.findResources('AWS::IAM::ManagedPolicy')), ...Object.values(template.findResources('AWS::IAM::Policy'))];
    const open = policies.flatMap(policy => policy.Properties.PolicyDocument.Statement)
      .filter(statement => [statement.Resource].flat().includes('*') && !statement.Condition);
    expect(open.map(statement => statement.Sid)).toEqual(['ReadPrices']);
  });

  test('pods of this cluster only can assume pod roles', () => {
    const roles = Object.values(template.findResources('AWS::IAM::Role'))
      .flatMap(role => role.Properties.AssumeRolePolicyDocument.Statement)
      .filter(statement => statement.Principal.Service === 'pods.eks.amazonaws.com');
    expect(roles).toHaveLength(3);
    for (const statement of roles) {
      expect(statement.Action).toEqual(['sts:AssumeRole', 'sts:TagSession']);
      expect(statement.Condition.StringEquals).toEqual({ 'aws:SourceAccount': '222222222222', 'aws:RequestTag/eks-cluster-name': cluster.clusterName });
    }
  });

  test('interruptions reach an encrypted queue with the cluster\'s name, from this account only', () => {
    template.resourceCountIs('AWS::Events::Rule', 5);
    template.hasResourceProperties('AWS::SQS::Queue', { QueueName: cluster.clusterName, KmsMasterKeyId: resolve(cluster.encryptionKey.keyArn) });
    template.allResourcesProperties('AWS::Events::Rule', { Targets: [Match.objectLike({ DeadLetterConfig: { Arn: Match.anyValue() } })] });
    template.hasResourceProperties('AWS::SQS::QueuePolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([Match.objectLike({
          Principal: { Service: 'events.amazonaws.com' }, Condition: { StringEquals: { 'aws:SourceAccount': '222222222222' } },
        })]),
      },
    });
    const keyStatements = Object.values(template.findResources('AWS::KMS::Key'))[0].Properties.KeyPolicy.Statement;
    for (const statement of keyStatements.filter((one: any) => one.Principal.Service)) { expect(statement.Condition).toBeDefined(); }
  });

  test('the load balancer is internal and open to CloudFront only, by TLS', () => {
    template.hasResourceProperties('AWS::ElasticLoadBalancingV2::LoadBalancer', {
      Scheme: 'internal',
      LoadBalancerAttributes: Match.arrayWith([
        { Key: 'deletion_protection.enabled', Value: 'true' }, { Key: 'routing.http.drop_invalid_header_fields.enabled', Value: 'true' },
      ]),
    });
    template.hasResourceProperties('AWS::ElasticLoadBalancingV2::Listener', { Port: 443, Protocol: 'HTTPS', SslPolicy: Match.stringLikeRegexp('TLS13') });
    template.hasResourceProperties('AWS::EC2::SecurityGroupIngress', { SourcePrefixListId: CLOUDFRONT_PREFIX_LISTS['eu-west-1'], FromPort: 443, ToPort: 443 });
  });

  test('no rule admits the internet', () => {
    const inline = Object.values(template.findResources('AWS::EC2::SecurityGroup')).flatMap(group => group.Properties.SecurityGroupIngress ?? []);
    const separate = Object.values(template.findResources('AWS::EC2::SecurityGroupIngress')).map(rule => rule.Properties);
    expect([...inline, ...separate].filter(rule => rule.CidrIp || rule.CidrIpv6)).toEqual([]);
  });

  test('no Lambda function, no annotation', () => {
    template.resourceCountIs('AWS::Lambda::Function', 0);
    expectNoAnnotations(stack);
  });

  test('the NodePool has the limits of the budget, and Graviton only', () => {
    const { spec } = objectOf(bundleOf(stack), 'NodePool');
    expect(spec.limits).toEqual({ cpu: `${cluster.nodeCapacity.vcpus}`, memory: `${cluster.nodeCapacity.memoryGib}Gi`, nodes: `${cluster.nodeCapacity.nodes}` });
    expect(spec.disruption.budgets).toEqual([{ nodes: '1' }]);
    expect(spec.template.spec.requirements).toContainEqual({ key: 'kubernetes.io/arch', operator: 'In', values: ['arm64'] });
    expect(spec.template.spec.requirements).toContainEqual({ key: 'node.kubernetes.io/instance-type', operator: 'In', values: cluster.nodeCapacity.instanceTypes });
  });

  test('nodes come from a pinned image, encrypted, without access to the instance\'s credentials', () => {
    const { spec } = objectOf(bundleOf(stack), 'EC2NodeClass');
    expect(spec.amiSelectorTerms).toEqual([{ alias: expect.stringMatching(/^bottlerocket@v\d+\.\d+\.\d+$/) }]);
    expect(spec.metadataOptions).toMatchObject({ httpTokens: 'required', httpPutResponseHopLimit: 1 });
    expect(spec.blockDeviceMappings.map((mapping: any) => mapping.ebs.encrypted)).toEqual([true, true]);
    expect(spec.subnetSelectorTerms).toHaveLength(2);
    expect(spec.instanceProfile).toMatch(/^\$/);
  });

  test('metrics are the load balancer\'s', () => {
    for (const metric of [cluster.metricLoadBalancerErrors(), cluster.metricServiceErrors(), cluster.metricResponseTime()]) {
      expect(metric.namespace).toBe('AWS/ApplicationELB');
    }
  });
});

test('with every prop', () => {
  const stack = testStack();
  const administrator = iam.Role.fromRoleArn(stack, 'Administrator', 'arn:aws:iam::222222222222:role/platform-admin');
  const encryptionKey = new kms.Key(stack, 'MyKey');
  const cluster = createCluster(stack, {
    clusterName: 'shop-production',
    kubernetesVersion: KubernetesVersion.V1_35,
    cloudFrontPrefixListId: 'pl-12345678',
    vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS, availabilityZones: ['eu-west-1a', 'eu-west-1b'] },
    administrators: [administrator],
    encryptionKey,
    logRetention: logs.RetentionDays.TEN_YEARS,
    deletionProtection: false,
  });
  const template = Template.fromStack(stack);
  expect(cluster.clusterName).toBe('shop-production');
  expect(cluster.encryptionKey).toBe(encryptionKey);
  template.resourceCountIs('AWS::KMS::Key', 1);
  template.hasResourceProperties('AWS::EKS::Cluster', { Name: 'shop-production', Version: '1.35', DeletionProtection: false });
  template.hasResourceProperties('AWS::EKS::AccessEntry', { PrincipalArn: 'arn:aws:iam::222222222222:role/platform-admin' });
  template.hasResourceProperties('AWS::EC2::SecurityGroupIngress', { SourcePrefixListId: 'pl-12345678' });
  template.hasResourceProperties('AWS::Logs::LogGroup', { LogGroupName: '/aws/eks/shop-production/cluster', RetentionInDays: 3653 });
  template.hasResourceProperties('AWS::Logs::LogGroup', { LogGroupName: '/aws/codepipeline/shop-production-bootstrap', RetentionInDays: 3653 });
  expectNoAnnotations(stack);
});

test('without a certificate, a warning names the hop that has no TLS', () => {
  const stack = testStack();
  createCluster(stack, { certificate: undefined });
  Template.fromStack(stack).hasResourceProperties('AWS::ElasticLoadBalancingV2::Listener', { Port: 80, Protocol: 'HTTP' });
  Annotations.fromStack(stack).hasWarning('/Test/Cluster/LoadBalancer', Match.stringLikeRegexp('from CloudFront to the internal load balancer has no TLS'));
});

test('a VPC of another stack, known by its ids only', () => {
  const stack = testStack();
  const vpc = ec2.Vpc.fromVpcAttributes(stack, 'Imported', {
    vpcId: 'vpc-1',
    vpcCidrBlock: '10.9.0.0/16',
    availabilityZones: ['eu-west-1a', 'eu-west-1b'],
    privateSubnetIds: ['subnet-a', 'subnet-b'],
    privateSubnetRouteTableIds: ['rtb-a', 'rtb-b'],
  });
  createCluster(stack, { vpc }).addWebService('Api', { port: 8443 });
  const bundle = bundleOf(stack);
  expect(objectOf(bundle, 'EC2NodeClass').spec.subnetSelectorTerms).toEqual([{ id: 'subnet-a' }, { id: 'subnet-b' }]);
  expect(objectOf(bundle, 'NetworkPolicy').spec.ingress[0].from).toEqual([{ ipBlock: { cidr: '10.9.0.0/16' } }]);
  expectNoAnnotations(stack);
});

test('a stack without a region takes the prefix list from a mapping', () => {
  const stack = new Stack(new App(), 'AnyRegion');
  createCluster(stack);
  const template = Template.fromStack(stack);
  template.hasMapping('*', { 'us-east-1': { PrefixListId: 'pl-3b927c52' } });
  template.hasResourceProperties('AWS::EC2::SecurityGroupIngress', { SourcePrefixListId: { 'Fn::FindInMap': Match.arrayWith(['PrefixListId']) } });
});

test('two syntheses are equal, bundle and all', () => {
  const synthesize = () => {
    const stack = testStack();
    createCluster(stack).addWebService('Api', { port: 8443 }).addEnvironment('TABLE', 'orders');
    return [Template.fromStack(stack).toJSON(), bundleOf(stack)];
  };
  expect(synthesize()).toEqual(synthesize());
});

test.each<[string, Partial<KarpenterClusterProps>, RegExp]>([
  ['a name that is known at deployment', { clusterName: `eks-${Aws.STACK_NAME}` }, /`clusterName` is "a deploy-time value", but it is a condition key/],
  ['a long name', { clusterName: 'x'.repeat(41) }, /`clusterName` is "x+", but a cluster's name starts with a letter and has at most 40/],
  ['a name with a dot', { clusterName: 'shop.prod' }, /`clusterName` is "shop.prod"/],
  ['an old Kubernetes', { kubernetesVersion: KubernetesVersion.V1_30 }, /`kubernetesVersion` is "1.30", .*Choose one of 1.34, 1.35, 1.36/],
  ['an unknown Kubernetes', { kubernetesVersion: KubernetesVersion.of('1.99') }, /`kubernetesVersion` is "1.99"/],
  ['a budget that pays for nothing', { nodeBudget: NodeBudget.usdPerMonth(50) }, /Test\/Cluster: `nodeBudget` is 50, .*Give at least NodeBudget.usdPerMonth\(\d+\)/],
])('%s is refused', (_, props, message) => {
  const stack = testStack();
  expect(() => createCluster(stack, props)).toThrow(message);
  expect(stack.node.findChild('Cluster').node.children).toEqual([]);
});

test('a region whose prefix list is unknown is refused with the command that prints it', () => {
  const stack = testStack('mx-central-1');
  expect(() => createCluster(stack)).toThrow(/`cloudFrontPrefixListId` is missing, .*aws ec2 describe-managed-prefix-lists --region mx-central-1/);
});
