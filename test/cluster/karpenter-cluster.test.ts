import { App, Aws, Size, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { KubernetesVersion } from 'aws-cdk-lib/aws-eks-v2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as sns from 'aws-cdk-lib/aws-sns';
import { bundleOf, objectOf, objectsOf } from './bootstrap/bundle';
import { ClusterBootstrap } from '../../src/cluster/bootstrap/cluster-bootstrap';
import { ClusterCompute } from '../../src/cluster/cluster-compute';
import { KarpenterCluster } from '../../src/cluster/karpenter-cluster';
import { KarpenterClusterProps } from '../../src/cluster/karpenter-cluster-props';
import { NodeBudget } from '../../src/cluster/nodes/node-budget';
import { NodeImage } from '../../src/cluster/nodes/node-image';
import { releaseOf, VERSIONS } from '../../src/cluster/versions';
import { CLOUDFRONT_PREFIX_LISTS } from '../../src/private/cloudfront-prefix-lists';
import { expectNoAnnotations, foreignVpc, testStack } from '../support/stacks';

const nodeBudget = NodeBudget.usdPerMonth(3000);

const someRole = new iam.Role(testStack(), 'Someone', { assumedBy: new iam.AccountRootPrincipal() });

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
    for (const name of ['coredns', 'metrics-server', 'aws-ebs-csi-driver']) {
      template.hasResource('AWS::EKS::Addon', { Properties: { AddonName: name }, DependsOn: Match.arrayWith([nodegroup]) });
    }
  });

  test('two Graviton workers run a pinned Bottlerocket and keep the instance\'s credentials from pods; an update starts no third one', () => {
    template.hasResourceProperties('AWS::EKS::Nodegroup', {
      AmiType: 'BOTTLEROCKET_ARM_64',
      Version: '1.36',
      ReleaseVersion: `{{resolve:ssm:/aws/service/bottlerocket/aws-k8s-1.36/arm64/${VERSIONS.bottlerocket}/image_version}}`,
      InstanceTypes: ['m7g.large'],
      ScalingConfig: { MinSize: 2, DesiredSize: 2, MaxSize: 2 },
      UpdateConfig: { MaxUnavailable: 1, UpdateStrategy: 'MINIMAL' },
      ForceUpdateEnabled: false,
    });
    const encrypted = { Ebs: { Encrypted: true, KmsKeyId: resolve(cluster.encryptionKey.keyArn) } };
    template.hasResourceProperties('AWS::EC2::LaunchTemplate', {
      LaunchTemplateData: { MetadataOptions: { HttpTokens: 'required', HttpPutResponseHopLimit: 1 }, BlockDeviceMappings: [encrypted, encrypted], Monitoring: Match.absent() },
    });
  });

  test('every add-on has the version of the table, the network enforces policies and hands out prefixes', () => {
    const addons = Object.values(template.findResources('AWS::EKS::Addon')).map(({ Properties }) => [Properties.AddonName, Properties.AddonVersion]);
    expect(Object.fromEntries(addons)).toEqual(releaseOf('1.36').addons);
    template.hasResourceProperties('AWS::EKS::Addon', {
      AddonName: 'vpc-cni',
      ConfigurationValues: Match.serializedJson({
        enableNetworkPolicy: 'true', env: { ENABLE_PREFIX_DELEGATION: 'true', WARM_PREFIX_TARGET: '1' },
      }),
    });
    template.hasResourceProperties('AWS::EKS::Addon', {
      AddonName: 'aws-ebs-csi-driver',
      ConfigurationValues: Match.serializedJson({ controller: { k8sTagClusterId: cluster.clusterName, region: 'eu-west-1' } }),
      PodIdentityAssociations: [{ ServiceAccount: 'ebs-csi-controller-sa', RoleArn: Match.anyValue() }],
    });
  });

  test('volumes of pods are encrypted with the cluster\'s key by default, and so are those of nodes', () => {
    const bundle = bundleOf(stack);
    const storageClass = objectOf(bundle, 'StorageClass');
    expect(storageClass.metadata).toMatchObject({ name: 'gp3', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } });
    expect(storageClass).toMatchObject({ provisioner: 'ebs.csi.aws.com', parameters: { type: 'gp3', encrypted: 'true', kmsKeyId: expect.stringMatching(/^\$/) } });
    for (const { ebs } of objectOf(bundle, 'EC2NodeClass').spec.blockDeviceMappings) { expect(ebs.kmsKeyID).toMatch(/^\$/); }
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
      Namespace: 'kube-system', ServiceAccount: 'karpenter', RoleArn: resolve(cluster.controllerRole!.roleArn),
    });
  });

  test('no statement has a wildcard resource without a condition, but for price lists and the list of profiles', () => {
    const policies = [...Object.values(template.findResources('AWS::IAM::ManagedPolicy')), ...Object.values(template.findResources('AWS::IAM::Policy'))];
    const open = policies.flatMap(policy => policy.Properties.PolicyDocument.Statement)
      .filter(statement => [statement.Resource].flat().includes('*') && !statement.Condition);
    expect(open.map(statement => statement.Sid)).toEqual(['ReadPrices', 'ListProfiles']);
  });

  test('pods of this cluster only can assume pod roles', () => {
    const roles = Object.values(template.findResources('AWS::IAM::Role'))
      .flatMap(role => role.Properties.AssumeRolePolicyDocument.Statement)
      .filter(statement => statement.Principal.Service === 'pods.eks.amazonaws.com');
    expect(roles).toHaveLength(4);
    for (const statement of roles) {
      expect(statement.Action).toEqual(['sts:AssumeRole', 'sts:TagSession']);
      expect(statement.Condition.StringEquals).toEqual({ 'aws:SourceAccount': '222222222222', 'aws:RequestTag/eks-cluster-name': cluster.clusterName });
    }
  });

  test('interruptions reach an encrypted queue with the cluster\'s name, from this account only', () => {
    template.resourcePropertiesCountIs('AWS::Events::Rule', { Targets: [Match.objectLike({ DeadLetterConfig: { Arn: Match.anyValue() } })] }, 5);
    template.hasResourceProperties('AWS::SQS::Queue', { QueueName: cluster.clusterName, KmsMasterKeyId: resolve(cluster.encryptionKey.keyArn) });
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

  test('one function, which removes machines when the stack is deleted; no warning', () => {
    template.resourceCountIs('AWS::Lambda::Function', 1);
    expectNoAnnotations(stack);
  });

  test('the machines go first: the pipeline needs the teardown, which needs everything that machines need', () => {
    const idsOf = (type: string, pattern = /./) => Object.keys(template.findResources(type)).filter(id => pattern.test(id));
    const [teardown] = idsOf('Custom::NodeTeardown');
    template.hasResource('AWS::CodePipeline::Pipeline', { DependsOn: Match.arrayWith([teardown]) });
    const needed = [
      ...idsOf('AWS::IAM::InstanceProfile'), ...idsOf('AWS::EKS::AccessEntry', /NodeAccess/), ...idsOf('AWS::IAM::ManagedPolicy', /Karpenter/),
      ...idsOf('AWS::EKS::PodIdentityAssociation', /ClusterKarpenter/), ...idsOf('AWS::EKS::Addon'), ...idsOf('AWS::SQS::Queue', /Interruption/),
    ];
    expect(needed).toHaveLength(12);
    const { DependsOn } = template.findResources('Custom::NodeTeardown')[teardown];
    expect(needed.filter(id => !DependsOn.includes(id))).toEqual([]);
  });

  test('synthesis says what the budget buys', () => {
    const { vcpus, memoryGib, nodes, monthlyUsd } = cluster.nodeCapacity;
    Annotations.fromStack(stack).hasInfo('/Test/Cluster', Match.stringLikeRegexp(
      `^The budget pays for at most \\$${monthlyUsd} a month: ${vcpus} vCPUs and ${memoryGib} GiB on at most ${nodes} nodes at worst\\.`));
  });

  test('the role of Spot, once an account, is on the first-run checklist', () => {
    const steps = template.toJSON().Metadata['cdk-innovate-platform:first-run'];
    expect(steps['spot-service-linked-role'].commands).toEqual([['iam', 'create-service-linked-role', '--aws-service-name', 'spot.amazonaws.com']]);
  });

  test('without `alerts` there is one alarm, of the bootstrap, which tells nobody', () => {
    expect(Object.values(template.findResources('AWS::CloudWatch::Alarm')).map(({ Properties }) => Properties.AlarmActions)).toEqual([undefined]);
  });

  test('the NodePool has the limits of the budget, and Graviton only', () => {
    const { spec } = objectOf(bundleOf(stack), 'NodePool');
    expect(spec.limits).toEqual({ cpu: `${cluster.nodeCapacity.vcpus}`, memory: `${cluster.nodeCapacity.memoryGib}Gi`, nodes: `${cluster.nodeCapacity.nodes}` });
    expect(spec.disruption.budgets).toEqual([{ nodes: '1', reasons: ['Drifted', 'Underutilized'] }]);
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
    expect(cluster.metricUnschedulablePods()).toMatchObject({
      namespace: 'AWS/EKS', metricName: 'scheduler_pending_pods_UNSCHEDULABLE', dimensions: { ClusterName: cluster.clusterName },
    });
  });

  test('what holds data keeps its logical id', () => {
    const kept = Object.entries(template.toJSON().Resources as Record<string, any>)
      .filter(([, { Type, DeletionPolicy }]) => DeletionPolicy === 'Retain' || Type === 'AWS::EKS::Cluster').map(([id]) => id);
    expect(kept).toEqual(expect.arrayContaining(['ClusterC2E21B66', 'ClusterKeyB247D7DD']));
  });
});

test('with every prop', () => {
  const stack = testStack();
  const administrator = iam.Role.fromRoleArn(stack, 'Administrator', 'arn:aws:iam::222222222222:role/platform-admin');
  const developer = iam.Role.fromRoleArn(stack, 'Developer', 'arn:aws:iam::222222222222:role/developer');
  const encryptionKey = new kms.Key(stack, 'MyKey');
  const alerts = new sns.Topic(stack, 'Alerts');
  const cluster = createCluster(stack, {
    clusterName: 'shop-production',
    kubernetesVersion: KubernetesVersion.V1_35,
    cloudFrontPrefixListId: 'pl-12345678',
    vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS, availabilityZones: ['eu-west-1a', 'eu-west-1b'] },
    administrators: [administrator],
    developers: [developer],
    encryptionKey,
    logRetention: logs.RetentionDays.TEN_YEARS,
    deletionProtection: false,
    nodeImage: NodeImage.al2023(),
    nodePool: { labels: { team: 'shop' } },
    compute: ClusterCompute.karpenter(),
    alerts,
  });
  const batch = cluster.addNodePool('Batch', { nodeBudget: NodeBudget.usdPerMonth(500), taints: [{ key: 'batch' }] });
  cluster.addWebService('Api', { port: 8443 });
  cluster.addWebService('Reports', { port: 8443, namespace: 'reports', paths: ['/reports/*'], podRequests: { vcpus: 1, memory: Size.gibibytes(2) } });
  const template = Template.fromStack(stack);
  expect(cluster.clusterName).toBe('shop-production');
  expect(cluster.encryptionKey).toBe(encryptionKey);
  template.resourceCountIs('AWS::KMS::Key', 1);
  template.hasResourceProperties('AWS::EKS::Cluster', { Name: 'shop-production', Version: '1.35', DeletionProtection: false });
  template.hasResourceProperties('AWS::EKS::AccessEntry', { PrincipalArn: 'arn:aws:iam::222222222222:role/platform-admin' });
  template.hasResourceProperties('AWS::EC2::SecurityGroupIngress', { SourcePrefixListId: 'pl-12345678' });
  template.hasResourceProperties('AWS::Logs::LogGroup', { LogGroupName: '/aws/eks/shop-production/cluster', RetentionInDays: 3653 });
  template.hasResourceProperties('AWS::Logs::LogGroup', { LogGroupName: '/aws/codepipeline/shop-production-bootstrap', RetentionInDays: 3653 });
  template.hasResourceProperties('AWS::EKS::AccessEntry', {
    PrincipalArn: 'arn:aws:iam::222222222222:role/developer',
    AccessPolicies: [{ AccessScope: { Type: 'namespace', Namespaces: ['app', 'reports'] }, PolicyArn: Match.anyValue() }],
  });
  // each new alarm tells the topic when it goes off and when all is well again
  const alarms = Object.values(template.findResources('AWS::CloudWatch::Alarm')).map(({ Properties }) => Properties);
  const topic = [stack.resolve(alerts.topicArn)];
  for (const alarm of alarms) {
    expect(alarm).toMatchObject({ AlarmActions: topic, OKActions: topic, TreatMissingData: 'notBreaching' });
    expect(JSON.stringify(alarm.AlarmDescription).length).toBeGreaterThan(60);
  }
  expect(alarms.map(({ MetricName }) => MetricName)).toEqual(expect.arrayContaining([
    'ExecutionsFailed', 'scheduler_pending_pods_UNSCHEDULABLE', 'ApproximateAgeOfOldestMessage', 'ApproximateNumberOfMessagesVisible', 'HTTPCode_ELB_5XX_Count',
    'UnHealthyHostCount',
  ]));
  expect(cluster.nodePools.map(({ name }) => name)).toEqual(['default', 'batch']);
  expect(cluster.nodeCapacity.monthlyUsd).toBeGreaterThan(batch.capacity.monthlyUsd);
  expect(cluster.nodeCapacity.monthlyUsd).toBeLessThanOrEqual(3500);
  Annotations.fromStack(stack).hasInfo('/Test/Cluster', Match.stringLikeRegexp(
    'room for at least \\d+ pods of api \\(0\\.25 vCPU, 512 MiB\\), or \\d+ pods of reports \\(1 vCPU, 2048 MiB\\)'));
  const bundle = bundleOf(stack);
  expect(objectOf(bundle, 'NodePool', 'batch').spec.template.spec.taints).toEqual([expect.objectContaining({ key: 'batch' })]);
  expect(objectsOf(bundle).filter(({ kind }) => kind === 'EC2NodeClass')[0].spec.amiSelectorTerms).toEqual([{ alias: `al2023@${VERSIONS.al2023}` }]);
  expectNoAnnotations(stack);
});

describe('with EKS Auto Mode', () => {
  const stack = testStack();
  const cluster = createCluster(stack, { compute: ClusterCompute.autoMode(), alerts: new sns.Topic(stack, 'Alerts') });
  cluster.addWebService('Api', { port: 8443 });
  const template = Template.fromStack(stack);
  const role = (id: RegExp) => Object.entries(template.findResources('AWS::IAM::Role')).find(([each]) => id.test(each))![1].Properties;
  const policiesOf = (id: RegExp) => role(id).ManagedPolicyArns.map((arn: any) => arn['Fn::Join'][1].join('').split('/').pop());

  test('EKS launches machines, but has no node pools of its own, which have no limits', () => {
    template.hasResourceProperties('AWS::EKS::Cluster', {
      ComputeConfig: { Enabled: true, NodePools: [], NodeRoleArn: Match.absent() },
      StorageConfig: { BlockStorage: { Enabled: true } },
      KubernetesNetworkConfig: { ElasticLoadBalancing: { Enabled: true } },
      AccessConfig: { AuthenticationMode: 'API', BootstrapClusterCreatorAdminPermissions: false },
      BootstrapSelfManagedAddons: false,
      DeletionProtection: true,
    });
  });

  test('the cluster\'s role may do what AWS asks for, and use the key for volumes', () => {
    expect(policiesOf(/^ClusterRole/).sort()).toEqual([
      'AmazonEKSBlockStoragePolicy', 'AmazonEKSClusterPolicy', 'AmazonEKSComputePolicy', 'AmazonEKSLoadBalancingPolicy', 'AmazonEKSNetworkingPolicy',
    ]);
    expect(role(/^ClusterRole/).AssumeRolePolicyDocument.Statement.flatMap(({ Action }: any) => Action).sort()).toEqual(['sts:AssumeRole', 'sts:TagSession']);
    template.hasResourceProperties('AWS::IAM::ManagedPolicy', {
      Roles: [stack.resolve(cluster.cluster.role.roleName)],
      PolicyDocument: { Statement: Match.arrayWith([Match.objectLike({ Sid: 'LetInstancesUseVolumes', Resource: stack.resolve(cluster.encryptionKey.keyArn) })]) },
    });
  });

  test('nodes enter by an entry for Auto Mode', () => {
    expect(policiesOf(/NodeRole/)).toEqual(['AmazonEKSWorkerNodeMinimalPolicy', 'AmazonEC2ContainerRegistryPullOnly']);
    template.hasResourceProperties('AWS::EKS::AccessEntry', {
      Type: 'EC2',
      PrincipalArn: stack.resolve(cluster.nodeRole.roleArn),
      AccessPolicies: [{ AccessScope: { Type: 'cluster' }, PolicyArn: { 'Fn::Join': ['', Match.arrayWith([':eks::aws:cluster-access-policy/AmazonEKSAutoNodePolicy'])] } }],
    });
  });

  test('nothing is there that Auto Mode brings: no workers, no controllers, no queue', () => {
    for (const type of ['AWS::EKS::Nodegroup', 'AWS::SQS::Queue', 'AWS::IAM::InstanceProfile', 'AWS::EC2::LaunchTemplate']) {
      template.resourceCountIs(type, 0);
    }
    expect(cluster.controllerRole).toBeUndefined();
    expect(cluster.interruptionQueue).toBeUndefined();
    const bundle = bundleOf(stack);
    expect(Object.keys(bundle).filter(file => /^charts\/(karpenter|aws-load-balancer-controller)/.test(file))).toEqual([]);
  });

  test('metrics-server comes after the node pools, on whose nodes it becomes active', () => {
    template.resourcePropertiesCountIs('AWS::EKS::Addon', { AddonName: 'metrics-server' }, 1);
    template.resourceCountIs('AWS::EKS::Addon', 1);
    const [pipeline] = Object.keys(template.findResources('AWS::CodePipeline::Pipeline'));
    template.hasResource('AWS::EKS::Addon', { DependsOn: Match.arrayWith([pipeline]) });
  });

  test('the same budget has limits here too; network policies are enforced, volumes encrypted', () => {
    const bundle = bundleOf(stack);
    const pool = objectOf(bundle, 'NodePool');
    expect(pool.spec.limits).toMatchObject({ cpu: `${cluster.nodeCapacity.vcpus}`, memory: `${cluster.nodeCapacity.memoryGib}Gi` });
    expect(pool.spec.template.spec.nodeClassRef).toMatchObject({ group: 'eks.amazonaws.com', kind: 'NodeClass' });
    expect(objectOf(bundle, 'NodeClass').spec.ephemeralStorage.kmsKeyID).toMatch(/^\$/);
    expect(objectOf(bundle, 'StorageClass').provisioner).toBe('ebs.csi.eks.amazonaws.com');
    expect(objectOf(bundle, 'ConfigMap', 'amazon-vpc-cni').data).toEqual({ 'enable-network-policy-controller': 'true' });
    expect(objectOf(bundle, 'TargetGroupBinding').apiVersion).toBe('eks.amazonaws.com/v1');
    expect(cluster.nodeCapacity.monthlyUsd).toBeLessThanOrEqual(3000);
    expectNoAnnotations(stack);
  });
});

test('Auto Mode without a bootstrap leaves metrics-server to whoever applies the node pools', () => {
  const stack = testStack();
  createCluster(stack, { compute: ClusterCompute.autoMode(), bootstrap: ClusterBootstrap.none() });
  Template.fromStack(stack).resourceCountIs('AWS::EKS::Addon', 0);
});

describe('without a certificate', () => {
  test('the load balancer takes no requests, and no web service is accepted', () => {
    const stack = testStack();
    const cluster = createCluster(stack, { certificate: undefined });
    expect(() => cluster.addWebService('Api', { port: 8443 })).toThrow(
      /Test\/Cluster\/Api: `certificate` is missing, but the load balancer of Test\/Cluster needs one to take requests by TLS\. Give the cluster a `certificate`, or `plainHttp: true` for a trial\./);
    const template = Template.fromStack(stack);
    template.resourceCountIs('AWS::ElasticLoadBalancingV2::Listener', 0);
    template.resourcePropertiesCountIs('AWS::EC2::SecurityGroupIngress', { SourcePrefixListId: Match.anyValue() }, 0);
  });

  test('a trial says that it does without, and is warned', () => {
    const stack = testStack();
    createCluster(stack, { certificate: undefined, plainHttp: true }).addWebService('Api', { port: 8443 });
    const template = Template.fromStack(stack);
    template.hasResourceProperties('AWS::ElasticLoadBalancingV2::Listener', { Port: 80, Protocol: 'HTTP' });
    template.hasResourceProperties('AWS::EC2::SecurityGroupIngress', { SourcePrefixListId: CLOUDFRONT_PREFIX_LISTS['eu-west-1'], FromPort: 80, ToPort: 80 });
    template.hasResourceProperties('AWS::ElasticLoadBalancingV2::TargetGroup', { Protocol: 'HTTPS' });
    Annotations.fromStack(stack).hasWarning('/Test/Cluster/LoadBalancer', Match.stringLikeRegexp('from CloudFront to the internal load balancer has no TLS.*instead of `plainHttp`'));
  });
});

describe('a load balancer in subnets of its own', () => {
  const isolated = { subnetType: ec2.SubnetType.PRIVATE_ISOLATED };

  test('is the only one that the services\' network policies admit', () => {
    const stack = testStack();
    createCluster(stack, { loadBalancerSubnets: isolated }).addWebService('Api', { port: 8443 });
    const vpc = stack.node.findChild('ForeignVpc') as ec2.Vpc;
    const idsOf = (subnets: ec2.ISubnet[]) => subnets.map(({ subnetId }) => stack.resolve(subnetId));
    Template.fromStack(stack).hasResourceProperties('AWS::ElasticLoadBalancingV2::LoadBalancer', { Subnets: idsOf(vpc.isolatedSubnets) });
    Template.fromStack(stack).hasResourceProperties('AWS::EKS::Cluster', { ResourcesVpcConfig: { SubnetIds: idsOf(vpc.privateSubnets) } });
    const { ingress } = objectOf(bundleOf(stack), 'NetworkPolicy', 'api').spec;
    expect(ingress).toEqual([{ from: vpc.isolatedSubnets.map(({ ipv4CidrBlock: cidr }) => ({ ipBlock: { cidr } })), ports: [{ port: 8443, protocol: 'TCP' }] }]);
    expect(vpc.privateSubnets.map(({ ipv4CidrBlock }) => ipv4CidrBlock)).not.toContain(ingress[0].from[0].ipBlock.cidr);
    expectNoAnnotations(stack);
  });

  test('whose ranges are not known is a warning', () => {
    const stack = testStack();
    const vpc = ec2.Vpc.fromVpcAttributes(stack, 'Imported', {
      vpcId: 'vpc-1',
      vpcCidrBlock: '10.9.0.0/16',
      availabilityZones: ['eu-west-1a', 'eu-west-1b'],
      privateSubnetIds: ['subnet-a', 'subnet-b'],
      privateSubnetRouteTableIds: ['rtb-a', 'rtb-b'],
      isolatedSubnetIds: ['subnet-c', 'subnet-d'],
      isolatedSubnetRouteTableIds: ['rtb-c', 'rtb-d'],
    });
    createCluster(stack, { vpc, loadBalancerSubnets: isolated }).addWebService('Api', { port: 8443 });
    expect(objectOf(bundleOf(stack), 'NetworkPolicy', 'api').spec.ingress[0].from).toEqual([{ ipBlock: { cidr: '10.9.0.0/16' } }]);
    Annotations.fromStack(stack).hasWarning('/Test/Cluster', Match.stringLikeRegexp('ranges of `loadBalancerSubnets` are not known.*`ipv4CidrBlock`'));
  });
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
  expect(objectOf(bundle, 'NetworkPolicy', 'api').spec.ingress[0].from).toEqual([{ ipBlock: { cidr: '10.9.0.0/16' } }]);
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
  ['an old Kubernetes', { kubernetesVersion: KubernetesVersion.V1_30 }, /`kubernetesVersion` is "1.30", .*extended support at most.*Choose one of 1.34, 1.35, 1.36/],
  ['an unknown Kubernetes', { kubernetesVersion: KubernetesVersion.of('1.99') }, /`kubernetesVersion` is "1.99"/],
  ['a role that administers and reads', { administrators: [someRole], developers: [someRole] }, /`developers` is ".*Someone", but the role is among the `administrators`/],
  ['an image with Auto Mode', { compute: ClusterCompute.autoMode(), nodeImage: NodeImage.al2023() }, /`nodeImage` is .*EKS Auto Mode brings its own/],
  ['kubectl of another minor', { bootstrap: ClusterBootstrap.kubectl({ node: {} } as any, { kubectlMinor: 33 }) }, /`bootstrap` is .*1\.33.*one minor version away/],
  ['a certificate and none', { plainHttp: true }, /`plainHttp` is true, but there is a `certificate`\. Leave out one of the two\./],
  ['subnets of the load balancer that the pods have', { loadBalancerSubnets: { subnetGroupName: 'private' } }, /`loadBalancerSubnets` is \[.*privateSubnet1.*\], but `vpcSubnets` has them too/],
  ['a budget that pays for nothing', { nodeBudget: NodeBudget.usdPerMonth(50) }, /Test\/Cluster: `nodeBudget` is 50, .*Give at least NodeBudget.usdPerMonth\(\d+\)/],
])('%s is refused', (_, props, message) => {
  const stack = testStack();
  expect(() => createCluster(stack, props)).toThrow(message);
  expect(stack.node.findChild('Cluster').node.children).toEqual([]);
});

test('a topic of another region is refused', () => {
  const app = new App();
  const stack = new Stack(app, 'Here', { env: { account: '222222222222', region: 'eu-west-1' } });
  const alerts = sns.Topic.fromTopicArn(stack, 'Topic', 'arn:aws:sns:us-east-1:222222222222:alerts');
  expect(() => createCluster(stack, { alerts })).toThrow(/`alerts` is "us-east-1", but an alarm tells topics of its own region only, which is eu-west-1/);
});

test('a region whose prefix list is unknown is refused with the command that prints it', () => {
  const stack = testStack('mx-central-1');
  expect(() => createCluster(stack)).toThrow(/`cloudFrontPrefixListId` is missing, .*aws ec2 describe-managed-prefix-lists --region mx-central-1/);
});
