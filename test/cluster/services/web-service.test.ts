import { App, Duration, NestedStack, Size, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { ClusterCompute } from '../../../src/cluster/cluster-compute';
import { KarpenterCluster } from '../../../src/cluster/karpenter-cluster';
import { KarpenterClusterProps } from '../../../src/cluster/karpenter-cluster-props';
import { NodeBudget } from '../../../src/cluster/nodes/node-budget';
import { podsOf } from '../../../src/cluster/nodes/node-pods';
import { NodePurchase } from '../../../src/cluster/nodes/node-pool-options';
import { WebService, WebServiceOptions } from '../../../src/cluster/services/web-service';
import { serviceAlarms } from '../../../src/cluster/services/web-service-alarms';
import { AuroraPostgres } from '../../../src/database/aurora-postgres';
import { DatabasePrivileges } from '../../../src/database/database-privileges';
import { ACCOUNT, expectNoAnnotations, foreignVpc, REGION, testStack } from '../../support/stacks';
import { bundleOf, KubernetesObject, objectOf, objectsOf } from '../bootstrap/bundle';

function clusterIn(stack: Stack, props: Partial<KarpenterClusterProps> = {}): KarpenterCluster {
  return new KarpenterCluster(stack, 'Cluster', {
    vpc: foreignVpc(stack),
    nodeBudget: NodeBudget.usdPerMonth(3000),
    certificate: acm.Certificate.fromCertificateArn(stack, 'Certificate', 'arn:aws:acm:eu-west-1:222222222222:certificate/1'),
    ...props,
  });
}

/** Calls back with every object inside a value. */
function walk(value: unknown, visit: (object: Record<string, unknown>) => void): void {
  if (typeof value !== 'object' || value === null) { return; }
  if (!Array.isArray(value)) { visit(value as Record<string, unknown>); }
  Object.values(value).forEach(item => walk(item, visit));
}

describe('with the fewest options', () => {
  const stack = testStack();
  const cluster = clusterIn(stack);
  const api = cluster.addWebService('OrderApi', { port: 8443 });
  const bucket = new s3.Bucket(stack, 'Bucket');
  const grant = bucket.grantRead(api);
  api.addEnvironment('STAGE', 'test');
  api.addEnvironment('BUCKET', bucket.bucketName);
  api.addEnvironment('CURRENCY', 'US$');
  const template = Template.fromStack(stack);
  const bundle = bundleOf(stack);

  test('the name is the id in kebab case, and belongs to every object of the service', () => {
    expect(api.serviceName).toBe('order-api');
    const kinds = objectsOf(bundle).filter(object => object.metadata.labels?.['app.kubernetes.io/name'] === 'order-api').map(object => object.kind);
    expect(kinds).toEqual(['ServiceAccount', 'ConfigMap', 'Service', 'HorizontalPodAutoscaler', 'PodDisruptionBudget', 'NetworkPolicy', 'NetworkPolicy', 'TargetGroupBinding']);
  });

  test('every object has what Kubernetes requires, and none says how many pods run', () => {
    for (const object of objectsOf(bundle)) {
      expect(object).toMatchObject({ apiVersion: expect.any(String), kind: expect.any(String), metadata: { name: expect.stringMatching(/^[a-z0-9.-]+$/) } });
      walk(object, part => expect(Object.keys(part)).not.toContain('replicas'));
    }
    expect(objectsOf(bundle).map(object => object.kind)).not.toContain('Deployment');
  });

  test('the namespace admits restricted pods only, and opens no load balancer', () => {
    expect(objectOf(bundle, 'Namespace').metadata).toMatchObject({ name: 'app', labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } });
    expect(objectOf(bundle, 'ResourceQuota').spec.hard).toMatchObject({ 'services.loadbalancers': '0', 'services.nodeports': '0' });
  });

  test('a container that says nothing requests a little, and a pod that no policy names talks to nobody', () => {
    expect(objectOf(bundle, 'LimitRange').spec.limits).toEqual([{ type: 'Container', defaultRequest: { cpu: '100m', memory: '128Mi' } }]);
    expect(objectOf(bundle, 'NetworkPolicy', 'default-deny').spec).toEqual({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
  });

  test('a namespace stays when the last service has left it, for what others have in it', () => {
    expect(objectOf(bundle, 'Namespace').metadata.annotations).toEqual({ 'helm.sh/resource-policy': 'keep' });
  });

  test('the autoscaler goes as far as the budget surely has room, by CPU and memory', () => {
    const { spec } = objectOf(bundle, 'HorizontalPodAutoscaler');
    expect(spec).toMatchObject({ minReplicas: 2, maxReplicas: podsOf(cluster.nodeCapacity, { vcpus: 0.25, memoryMib: 512 }), scaleTargetRef: { kind: 'Deployment', name: 'order-api' } });
    expect(spec.maxReplicas).toBeLessThan(cluster.nodeCapacity.vcpus * 4);
    expect(spec.maxReplicas).toBeGreaterThan(cluster.nodeCapacity.vcpus * 2);
    expect(spec.metrics.map((metric: any) => [metric.resource.name, metric.resource.target.averageUtilization])).toEqual([['cpu', 65], ['memory', 75]]);
  });

  test('the autoscaler is quick to add pods, and slow to take them away', () => {
    const { scaleUp, scaleDown } = objectOf(bundle, 'HorizontalPodAutoscaler').spec.behavior;
    expect(scaleUp).toEqual({
      stabilizationWindowSeconds: 0, selectPolicy: 'Max', policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }, { type: 'Pods', value: 4, periodSeconds: 15 }],
    });
    expect(scaleDown).toEqual({ stabilizationWindowSeconds: 300, selectPolicy: 'Max', policies: [{ type: 'Percent', value: 50, periodSeconds: 60 }] });
  });

  test('the disruption budget never holds a node: a share is rounded up, and pods that do not work do not count', () => {
    expect(objectOf(bundle, 'PodDisruptionBudget').spec).toMatchObject({ maxUnavailable: '25%', unhealthyPodEvictionPolicy: 'AlwaysAllow' });
  });

  test('requests go to the pod with the fewest, and pods that leave have time', () => {
    template.hasResourceProperties('AWS::ElasticLoadBalancingV2::TargetGroup', {
      TargetGroupAttributes: Match.arrayWith([
        { Key: 'deregistration_delay.timeout_seconds', Value: '30' }, { Key: 'load_balancing.algorithm.type', Value: 'least_outstanding_requests' },
      ]),
    });
  });

  test('the load balancer logs who asked for what, into a bucket that takes nothing from elsewhere', () => {
    template.hasResourceProperties('AWS::ElasticLoadBalancingV2::LoadBalancer', {
      LoadBalancerAttributes: Match.arrayWith([{ Key: 'access_logs.s3.enabled', Value: 'true' }, Match.objectLike({ Key: 'access_logs.s3.bucket' })]),
    });
    template.hasResourceProperties('AWS::S3::BucketPolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([Match.objectLike({
          Sid: 'AccessLogsOfLoadBalancers', Principal: { Service: 'logdelivery.elasticloadbalancing.amazonaws.com' }, Condition: { ArnLike: Match.anyValue() },
        })]),
      },
    });
  });

  test('metrics are the service\'s own', () => {
    const metrics = [api.metricRequests(), api.metricServerErrors(), api.metricResponseTime(), api.metricHealthyPods(), api.metricUnhealthyPods()];
    expect(metrics.map(metric => [metric.metricName, metric.statistic])).toEqual([
      ['RequestCount', 'Sum'], ['HTTPCode_Target_5XX_Count', 'Sum'], ['TargetResponseTime', 'p99'], ['HealthyHostCount', 'Minimum'], ['UnHealthyHostCount', 'Maximum'],
    ]);
    for (const { dimensions } of metrics) { expect(Object.keys(dimensions!).sort()).toEqual(['LoadBalancer', 'TargetGroup']); }
  });

  test('the load balancer speaks TLS to the pods and checks them by it', () => {
    template.hasResourceProperties('AWS::ElasticLoadBalancingV2::TargetGroup', {
      Port: 8443, Protocol: 'HTTPS', TargetType: 'ip', HealthCheckProtocol: 'HTTPS', HealthCheckPath: '/healthz',
    });
    template.hasResourceProperties('AWS::ElasticLoadBalancingV2::ListenerRule', {
      Conditions: [{ Field: 'path-pattern', PathPatternConfig: { Values: ['/*'] } }],
      Actions: [Match.objectLike({ TargetGroupArn: stack.resolve(api.targetGroup.targetGroupArn) })],
    });
    template.hasResourceProperties('AWS::EC2::SecurityGroupIngress', {
      FromPort: 8443, ToPort: 8443, GroupId: stack.resolve(cluster.cluster.clusterSecurityGroupId),
    });
  });

  test('only the load balancer\'s subnets reach the pods; pods reach names, their credentials and, for the bucket, HTTPS', () => {
    expect(objectOf(bundle, 'NetworkPolicy', 'order-api').spec).toEqual({
      podSelector: { matchLabels: { 'app.kubernetes.io/name': 'order-api' } },
      policyTypes: ['Ingress'],
      ingress: [{ from: [{ ipBlock: { cidr: '10.0.64.0/19' } }, { ipBlock: { cidr: '10.0.96.0/19' } }], ports: [{ port: 8443, protocol: 'TCP' }] }],
    });
    const { spec } = objectOf(bundle, 'NetworkPolicy', 'order-api-egress');
    expect(spec.podSelector).toEqual({ matchExpressions: [{ key: 'app.kubernetes.io/name', operator: 'In', values: ['order-api', 'order-api-job'] }] });
    expect(spec.egress.slice(1)).toEqual([
      { to: [{ ipBlock: { cidr: '169.254.170.23/32' } }], ports: [{ port: 80, protocol: 'TCP' }] },
      { to: [{ ipBlock: { cidr: '0.0.0.0/0' } }], ports: [{ port: 443, protocol: 'TCP' }] },
    ]);
    expect(spec.egress[0].ports.map(({ port }: any) => port)).toEqual([53, 53]);
  });

  test('pods have a role of their own, which grants go to', () => {
    expect(grant.success).toBe(true);
    template.hasResourceProperties('AWS::EKS::PodIdentityAssociation', { Namespace: 'app', ServiceAccount: 'order-api', RoleArn: stack.resolve(api.role.roleArn) });
    template.hasResourceProperties('AWS::IAM::Policy', {
      Roles: [stack.resolve(api.role.roleName)], PolicyDocument: { Statement: Match.arrayWith([Match.objectLike({ Action: Match.arrayWith(['s3:GetObject*']) })]) },
    });
  });

  test('the controller may register pods with this target group', () => {
    template.hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: { Statement: Match.arrayWith([Match.objectLike({ Sid: 'RegisterPods', Resource: stack.resolve(api.targetGroup.targetGroupArn) })]) },
    });
  });

  test('values that are known at deployment are variables; the rest is in the bundle', () => {
    const { data } = objectOf(bundle, 'ConfigMap', 'order-api-environment');
    expect(data.STAGE).toBe('test');
    expect([data.BUCKET, data.CURRENCY]).toEqual([expect.stringMatching(/^\$[A-Z0-9_]+__$/), 'US$']);
    expect(objectOf(bundle, 'TargetGroupBinding').spec).toMatchObject({ targetGroupARN: expect.stringMatching(/^\$[A-Z0-9_]+__$/), targetType: 'ip' });
    expectNoAnnotations(stack);
  });
});

test('with every option, beside a second service in the same namespace', () => {
  const stack = testStack();
  const cluster = clusterIn(stack);
  cluster.addWebService('Api', {
    port: 9443,
    name: 'orders',
    namespace: 'shop',
    healthCheckPath: '/ready',
    paths: ['/api/orders/*'],
    scaling: { minReplicas: 3, maxReplicas: 8, cpuUtilization: 50, memoryUtilization: 60 },
    podRequests: { vcpus: 0.5, memory: Size.gibibytes(1) },
  });
  cluster.addWebService('Reports', { port: 8443, namespace: 'shop', scaling: { maxReplicas: 4 } });
  const bundle = bundleOf(stack);
  expect(objectOf(bundle, 'HorizontalPodAutoscaler', 'orders').spec).toMatchObject({ minReplicas: 3, maxReplicas: 8 });
  // 14 pods of the first (8, a quarter that a rollout starts and one that it ends, and two for jobs) and 8 of the second
  expect(objectOf(bundle, 'ResourceQuota').spec.hard).toMatchObject({ 'pods': '22', 'requests.cpu': '9000m', 'requests.memory': '18432Mi' });
  expect(objectsOf(bundle).filter(({ kind }) => kind === 'ValidatingAdmissionPolicy').map(({ metadata }) => metadata.name)).toEqual(['innovate.shop.orders', 'innovate.shop.reports']);
  expect(objectsOf(bundle).filter(object => object.kind === 'Namespace').map((object: KubernetesObject) => object.metadata.name)).toEqual(['shop']);
  const template = Template.fromStack(stack);
  template.hasResourceProperties('AWS::ElasticLoadBalancingV2::ListenerRule', { Priority: 1, Conditions: [Match.objectLike({ PathPatternConfig: { Values: ['/api/orders/*'] } })] });
  template.hasResourceProperties('AWS::ElasticLoadBalancingV2::ListenerRule', { Priority: 50000 });
  expect(cluster.webServices.map(service => service.serviceName)).toEqual(['orders', 'reports']);
});

test('how the load balancer treats pods can be said', () => {
  const stack = testStack();
  clusterIn(stack).addWebService('Api', {
    port: 8443,
    traffic: {
      healthCheckInterval: Duration.seconds(5), healthyStatus: '200-299', deregistrationDelay: Duration.seconds(90), slowStart: Duration.seconds(60), stickiness: Duration.hours(1),
    },
  });
  Template.fromStack(stack).hasResourceProperties('AWS::ElasticLoadBalancingV2::TargetGroup', {
    HealthCheckIntervalSeconds: 5,
    HealthCheckTimeoutSeconds: 4,
    Matcher: { HttpCode: '200-299' },
    TargetGroupAttributes: [
      { Key: 'deregistration_delay.timeout_seconds', Value: '90' },
      { Key: 'slow_start.duration_seconds', Value: '60' },
      { Key: 'stickiness.enabled', Value: 'true' },
      { Key: 'stickiness.type', Value: 'lb_cookie' },
      { Key: 'stickiness.lb_cookie.duration_seconds', Value: '3600' },
    ],
  });
});

describe('a way out', () => {
  const vpc = { ipBlock: { cidr: expect.stringMatching(/^\$/) } };
  const group = (stack: Stack) => new ec2.SecurityGroup(stack, `Other${stack.node.children.length}`, {
    vpc: stack.node.findChild('ForeignVpc') as ec2.Vpc, allowAllOutbound: false,
  });

  const sends = new iam.PolicyStatement({ actions: ['sqs:SendMessage'], resources: ['*'] });

  const cases: [string, (api: WebService, stack: Stack) => void, object[]][] = [
    ['is closed by itself', () => {}, []],
    ['is opened by the service', (api, stack) => api.connections.allowTo(group(stack), ec2.Port.tcp(6379)), [{ to: [vpc], ports: [{ protocol: 'TCP', port: 6379 }] }]],
    ['is opened by the other side', (api, stack) => group(stack).connections.allowFrom(api, ec2.Port.tcp(6379)), [{ to: [vpc], ports: [{ protocol: 'TCP', port: 6379 }] }]],
    ['is opened for addresses', api => api.connections.allowTo(ec2.Peer.ipv4('203.0.113.7/32'), ec2.Port.tcpRange(8000, 8010)), [
      { to: [{ ipBlock: { cidr: '203.0.113.7/32' } }], ports: [{ protocol: 'TCP', port: 8000, endPort: 8010 }] },
    ]],
    ['is opened for a list of addresses that is not known', api => api.connections.allowTo(ec2.Peer.prefixList('pl-1'), ec2.Port.udp(123)), [{ ports: [{ protocol: 'UDP', port: 123 }] }]],
    ['has all ports of one peer in one rule', (api, stack) => {
      const other = group(stack);
      api.connections.allowTo(other, ec2.Port.tcp(6379));
      api.connections.allowTo(other, ec2.Port.tcp(6380));
      api.connections.allowTo(other, ec2.Port.tcp(6379));
    }, [{ to: [vpc], ports: [{ protocol: 'TCP', port: 6379 }, { protocol: 'TCP', port: 6380 }] }]],
    ['to all ports names none', (api, stack) => api.connections.allowTo(group(stack), ec2.Port.allTcp()), [{ to: [vpc], ports: [{ protocol: 'TCP' }] }]],
    ['to the internet is a word of its own', api => api.allowInternet(), [{ to: [{ ipBlock: { cidr: '0.0.0.0/0' } }], ports: [{ protocol: 'TCP', port: 443 }] }]],
    ['to the internet and to AWS is the same', (api, stack) => {
      api.allowInternet();
      new s3.Bucket(stack, 'Uploads').grantRead(api);
    }, [{ to: [{ ipBlock: { cidr: '0.0.0.0/0' } }], ports: [{ protocol: 'TCP', port: 443 }] }]],
    ['is opened by a managed policy of the role', api => { api.role.addManagedPolicy(iam.ManagedPolicy.fromAwsManagedPolicyName('ReadOnlyAccess')); }, [
      { to: [{ ipBlock: { cidr: '0.0.0.0/0' } }], ports: [{ protocol: 'TCP', port: 443 }] },
    ]],
    ...Object.entries({
      'a policy': (stack: Stack, api: WebService) => new iam.Policy(stack, 'Queues', { roles: [api.role], statements: [sends] }),
      'a managed policy of the app': (stack: Stack, api: WebService) => new iam.ManagedPolicy(stack, 'ManagedQueues', { roles: [api.role], statements: [sends] }),
      'a policy without a construct of its own': (stack: Stack, api: WebService) => new iam.CfnPolicy(stack, 'PlainQueues', {
        policyName: 'queues', roles: [api.role.roleName], policyDocument: new iam.PolicyDocument({ statements: [sends] }),
      }),
      'an inline policy that is a resource': (stack: Stack, api: WebService) => new iam.CfnRolePolicy(stack, 'InlineQueues', {
        policyName: 'queues', roleName: api.role.roleName, policyDocument: { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: 'sqs:SendMessage', Resource: '*' } },
      }),
      'a policy of another stack': (stack: Stack, api: WebService) => {
        new iam.Policy(new Stack(stack.node.root, 'Elsewhere', { env: stack }), 'Queues', { roles: [api.role], statements: [sends] });
      },
    }).map(([title, attach]): [string, (api: WebService, stack: Stack) => void, object[]] => [
      `is opened by ${title} that is attached to the role`, (api, stack) => { attach(stack, api); }, [{ to: [{ ipBlock: { cidr: '0.0.0.0/0' } }], ports: [{ protocol: 'TCP', port: 443 }] }],
    ]),
    ['is not opened by a policy that denies', (api, stack) => {
      new iam.Policy(stack, 'Denied', { roles: [api.role], statements: [new iam.PolicyStatement({ effect: iam.Effect.DENY, actions: ['sqs:*'], resources: ['*'] })] });
    }, []],
    ['is not opened by the login to a database, which asks nobody', api => { iam.Grant.addToPrincipal({ grantee: api, actions: ['rds-db:connect'], resourceArns: ['*'] }); }, []],
    ['to a database of this library goes with the grant of a login', (api, stack) => {
      new AuroraPostgres(stack, 'Database', { vpc: stack.node.findChild('ForeignVpc') as ec2.Vpc })
        .grantConnect(api, 'app_user', { privileges: DatabasePrivileges.MADE_ELSEWHERE });
    }, [{ to: [vpc], ports: [{ protocol: 'TCP', port: expect.anything() }] }]],
  ];
  const all = testStack();
  const clusterOfAll = clusterIn(all);
  cases.forEach(([, open], index) => open(clusterOfAll.addWebService(`Api${index}`, { port: 8443, paths: [`/${index}`] }), all));
  const bundleOfAll = bundleOf(all);

  test.each(cases.map(([title, , rules], index): [string, string, object[]] => [title, `api${index}-egress`, rules]))('%s', (_, policy, rules) => {
    // besides names and credentials
    expect(objectOf(bundleOfAll, 'NetworkPolicy', policy).spec.egress.slice(2)).toEqual(rules);
  });

  test('leaves no warning', () => {
    expectNoAnnotations(all);
  });

  test('is not opened by a policy of a role that is called alike in a stack that is alike', () => {
    const app = new App();
    const [first, second] = ['First', 'Second'].map(id => new Stack(app, id, { env: { account: ACCOUNT, region: REGION } }));
    const [api, twin] = [first, second].map(stack => clusterIn(stack).addWebService('Api', { port: 8443 }));
    new iam.Policy(second, 'Queues', { roles: [twin.role], statements: [sends] });
    app.synth();
    expect(first.getLogicalId(api.role.node.defaultChild as iam.CfnRole)).toBe(second.getLogicalId(twin.role.node.defaultChild as iam.CfnRole));
    expect([api, twin].map(service => service._describe().traffic)).toEqual([[], [expect.objectContaining({ port: 443 })]]);
  });

  test('to another service is that service\'s way in', () => {
    const stack = testStack();
    const cluster = clusterIn(stack);
    const api = cluster.addWebService('Api', { port: 8443 });
    const reports = cluster.addWebService('Reports', { port: 9443, namespace: 'back', paths: ['/reports/*'] });
    api.connections.allowToDefaultPort(reports);
    const bundle = bundleOf(stack);
    const peer = (namespace: string, name: string) => [{
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } }, podSelector: { matchLabels: { 'app.kubernetes.io/name': name } },
    }];
    const ports = [{ protocol: 'TCP', port: 9443 }];
    expect(objectOf(bundle, 'NetworkPolicy', 'api-egress').spec.egress.slice(2)).toEqual([{ to: peer('back', 'reports'), ports }]);
    expect(objectOf(bundle, 'NetworkPolicy', 'reports').spec.ingress.slice(1)).toEqual([{ from: peer('app', 'api'), ports }]);
    expect(objectOf(bundle, 'NetworkPolicy', 'reports-egress').spec.egress).toHaveLength(2);
    expect(objectOf(bundle, 'NetworkPolicy', 'api').spec.ingress).toHaveLength(1);
  });

  test('opens the security groups as before, each rule once', () => {
    const stack = testStack();
    const cluster = clusterIn(stack);
    const other = group(stack);
    for (const id of ['Api', 'Reports']) { other.connections.allowFrom(cluster.addWebService(id, { port: 8443, paths: [`/${id}`] }), ec2.Port.tcp(6379)); }
    const rules = Template.fromStack(stack).findResources('AWS::EC2::SecurityGroupIngress', { Properties: { FromPort: 6379 } });
    expect(Object.values(rules).map(({ Properties }) => [Properties.GroupId, Properties.SourceSecurityGroupId])).toEqual([
      [stack.resolve(other.securityGroupId), stack.resolve(cluster.cluster.clusterSecurityGroupId)],
    ]);
  });
});

test('with EKS Auto Mode, EKS binds the pods of target groups that are tagged, and no pod answers for names', () => {
  const stack = testStack();
  const cluster = new KarpenterCluster(stack, 'Cluster', {
    vpc: foreignVpc(stack), clusterName: 'shop', nodeBudget: NodeBudget.usdPerMonth(3000), compute: ClusterCompute.autoMode(), plainHttp: true,
  });
  cluster.addWebService('Api', { port: 8443 });
  const bundle = bundleOf(stack);
  expect(objectOf(bundle, 'TargetGroupBinding').apiVersion).toBe('eks.amazonaws.com/v1');
  expect(objectOf(bundle, 'Namespace').metadata.labels).toMatchObject({ 'eks.amazonaws.com/pod-readiness-gate-inject': 'enabled' });
  expect(objectOf(bundle, 'NetworkPolicy', 'api-egress').spec.egress[0]).toEqual({ ports: [{ port: 53, protocol: 'UDP' }, { port: 53, protocol: 'TCP' }] });
  Template.fromStack(stack).hasResourceProperties('AWS::ElasticLoadBalancingV2::TargetGroup', { Tags: [{ Key: 'eks:eks-cluster-name', Value: 'shop' }] });
});

test('alarms tell that no pod works, that some do not, that requests fail, and that they are slow', () => {
  const stack = testStack();
  const cluster = clusterIn(stack);
  const alarms = serviceAlarms(cluster.addWebService('Api', { port: 8443 }));
  const template = Template.fromStack(stack);
  expect(alarms).toHaveLength(4);
  template.hasResourceProperties('AWS::CloudWatch::Alarm', { MetricName: 'HealthyHostCount', ComparisonOperator: 'LessThanThreshold', Threshold: 1 });
  template.hasResourceProperties('AWS::CloudWatch::Alarm', {
    Metrics: Match.arrayWith([Match.objectLike({ Expression: 'IF(requests > 20, 100 * errors / requests, 0)' })]), Threshold: 5,
    AlarmDescription: Match.stringLikeRegexp('More than 5 % of the requests to api .*Look at'),
  });
});

describe('the room that the budget has', () => {
  const tainted = { nodeBudget: NodeBudget.usdPerMonth(4000), taints: [{ key: 'example.com/batch' }] };
  const roomOf = (cluster: KarpenterCluster) => podsOf(cluster.nodePools[0].capacity, { vcpus: 0.25, memoryMib: 512 });
  const maximum = (stack: Stack) => objectOf(bundleOf(stack), 'HorizontalPodAutoscaler').spec.maxReplicas;

  test('is that of pools that take every pod: the autoscaler and the report say the same', () => {
    const stack = testStack();
    const cluster = clusterIn(stack, { nodeBudget: NodeBudget.usdPerMonth(1000) });
    cluster.addNodePool('Batch', tainted);
    cluster.addWebService('Api', { port: 8443 });
    const room = roomOf(cluster);
    expect(podsOf(cluster.nodeCapacity, { vcpus: 0.25, memoryMib: 512 })).toBeGreaterThan(3 * room);
    expect(maximum(stack)).toBe(room);
    Annotations.fromStack(stack).hasInfo('/Test/Cluster', Match.stringLikeRegexp(`room for at least ${room} pods of api`));
  });

  test('grows with a pool that takes every pod, also when it comes after the service', () => {
    const stack = testStack();
    const cluster = clusterIn(stack, { nodeBudget: NodeBudget.usdPerMonth(1000) });
    cluster.addWebService('Api', { port: 8443 });
    cluster.addNodePool('More', { nodeBudget: NodeBudget.usdPerMonth(1000) });
    expect(maximum(stack)).toBeGreaterThan(2 * roomOf(cluster) - 1);
  });

  test('is no room for pods that only a tainted pool holds', () => {
    const cluster = clusterIn(testStack(), { nodeBudget: NodeBudget.usdPerMonth(1000) });
    cluster.addNodePool('Batch', tainted);
    expect(() => cluster.addWebService('Api', { port: 8443, podRequests: { vcpus: 6 } })).toThrow(/`podRequests` is .*no node that the budget pays for surely has room/);
    const room = roomOf(cluster);
    expect(() => cluster.addWebService('Reports', { port: 8443, scaling: { minReplicas: 900 } })).toThrow(
      new RegExp(`\`scaling.minReplicas\` is 900, but the budget surely has room for ${room} such pods only, on nodes without taints\\. Lower it or .*larger \`nodeBudget\``));
    cluster.addWebService('Exact', { port: 8443, scaling: { minReplicas: room } });
  });

  test('a maximum above it is a warning, one that is as large is none', () => {
    const [above, exact] = [1, 0].map(more => {
      const stack = testStack();
      const cluster = clusterIn(stack, { nodeBudget: NodeBudget.usdPerMonth(1000) });
      cluster.addWebService('Api', { port: 8443, scaling: { maxReplicas: roomOf(cluster) + more } });
      return stack;
    });
    Annotations.fromStack(above).hasWarning('/Test/Cluster/Api', Match.stringLikeRegexp('`scaling.maxReplicas` is \\d+, but the budget surely has room for \\d+ such pods only.*Give \\d+'));
    expectNoAnnotations(exact);
  });
});

describe('the time that pods have to end', () => {
  const graceOf = (cluster: KarpenterCluster, options: Partial<WebServiceOptions> = {}) => {
    const { leastGraceSeconds, mostGraceSeconds } = cluster.addWebService('Api', { port: 8443, ...options })._describe();
    return [leastGraceSeconds, mostGraceSeconds];
  };
  const drain = (minutes: number) => ({ disruption: { drainTimeout: Duration.minutes(minutes) } });

  test.each<[string, Partial<KarpenterClusterProps>, Partial<WebServiceOptions>, [number, number]]>([
    ['longer than the load balancer waits, within the two minutes of Spot', {}, {}, [31, 120]],
    ['longer than another delay', {}, { traffic: { deregistrationDelay: Duration.seconds(90) } }, [91, 120]],
    ['within a short drain', { nodePool: drain(1) }, {}, [31, 60]],
    ['within a long drain where nothing is Spot', { nodePool: { ...drain(10), purchases: [NodePurchase.ON_DEMAND] } }, {}, [31, 600]],
  ])('is %s', (_, props, options, expected) => {
    expect(graceOf(clusterIn(testStack(), props), options)).toEqual(expected);
  });

  test('is that of every pool that the pods may be on', () => {
    const cluster = clusterIn(testStack());
    cluster.addNodePool('Short', { nodeBudget: NodeBudget.usdPerMonth(1000), ...drain(1) });
    cluster.addNodePool('Batch', { nodeBudget: NodeBudget.usdPerMonth(1000), disruption: { drainTimeout: Duration.minutes(1) }, taints: [{ key: 'batch' }] });
    expect(graceOf(cluster)).toEqual([31, 60]);
    const other = clusterIn(testStack());
    other.addNodePool('Batch', { nodeBudget: NodeBudget.usdPerMonth(1000), ...drain(1), taints: [{ key: 'batch' }] });
    expect(graceOf(other)).toEqual([31, 120]);
  });

  test('is in the contract and in the policy that the API server enforces', () => {
    const stack = testStack();
    clusterIn(stack, { nodePool: drain(1) }).addWebService('Api', { port: 8443 });
    const bundle = bundleOf(stack);
    expect(JSON.parse(bundle['contract.json']).services[0]).toMatchObject({ leastGraceSeconds: 31, mostGraceSeconds: 60 });
    const { variables } = objectOf(bundle, 'ValidatingAdmissionPolicy').spec;
    expect(variables).toEqual(expect.arrayContaining([{ name: 'leastGrace', expression: '31' }, { name: 'mostGrace', expression: '60' }]));
  });

  test('has to be longer than the delay, also where a pool with a shorter drain comes later', () => {
    const stack = testStack();
    const cluster = clusterIn(stack);
    cluster.addWebService('Api', { port: 8443, traffic: { deregistrationDelay: Duration.seconds(90) } });
    cluster.addNodePool('Short', { nodeBudget: NodeBudget.usdPerMonth(1000), ...drain(1) });
    expect(() => Template.fromStack(stack)).toThrow(/`traffic.deregistrationDelay` is 90, but a node of this cluster that ends leaves its pods 60 seconds.*Give less than 60 seconds/);
  });
});

test('a service in another stack than its cluster is refused, in a nested one too', () => {
  const stack = testStack();
  const cluster = clusterIn(stack);
  for (const other of [new Stack(stack.node.root, 'Other', { env: stack }), new NestedStack(stack, 'Nested')]) {
    expect(() => new WebService(other, 'Api', { cluster, port: 8443 })).toThrow(
      /Api: `cluster` is "Test\/Cluster", but it is in another stack, and each of the two stacks would need the other first\. .*`cluster\.addWebService\(…\)`/);
  }
  expect(new WebService(stack, 'Api', { cluster, port: 8443 }).serviceName).toBe('api');
  expect(() => Template.fromStack(stack)).not.toThrow();
});

const crowded = clusterIn(testStack());
crowded.addWebService('Api', { port: 8443 });

test.each<[string, Partial<WebServiceOptions>, RegExp]>([
  ['a privileged port', { port: 443 }, /`port` is 443, but it has to be between 1024 and 65535/],
  ['a port that is none', { port: 70000 }, /`port` is 70000/],
  ['a fraction of a port', { port: 8443.5 }, /`port` is 8443.5/],
  ['a name with capitals', { name: 'Orders' }, /`name` is "Orders", but Kubernetes takes lower-case letters/],
  ['the name of a service\'s jobs', { name: 'api-job' }, /`name` is "api-job", but names that end in "-job" or "-egress".*belong to what stands beside a service/],
  ['the name of a service\'s network policy', { name: 'api-egress' }, /`name` is "api-egress"/],
  ['the name of the namespace\'s network policy', { name: 'default-deny' }, /`name` is "default-deny"/],
  ['the namespace of the controllers', { namespace: 'kube-system' }, /`namespace` is "kube-system", but it belongs to Kubernetes and AWS.*Give a namespace of its own, such as "app"/],
  ['another namespace of Kubernetes', { namespace: 'kube-public' }, /`namespace` is "kube-public"/],
  ['the namespace that is there already', { namespace: 'default' }, /`namespace` is "default"/],
  ['a namespace of an add-on', { namespace: 'amazon-guardduty' }, /`namespace` is "amazon-guardduty"/],
  ['a namespace with a dot', { namespace: 'a.b' }, /`namespace` is "a.b"/],
  ['a minimum above the maximum', { scaling: { minReplicas: 5, maxReplicas: 4 } }, /`scaling.minReplicas` is 5, but `scaling.maxReplicas` is 4/],
  ['no pods', { scaling: { minReplicas: 0 } }, /`scaling.minReplicas` is 0/],
  ['a utilization above what leaves room', { scaling: { cpuUtilization: 120 } }, /`scaling.cpuUtilization` is 120/],
  ['more CPU than a node has', { podRequests: { vcpus: 64 } }, /`podRequests` is \{"vcpus":64,"memoryMib":512\}, but no node that the budget pays for surely has room for such a pod\. Request less/],
  ['more memory than a node has', { podRequests: { memory: Size.gibibytes(400) } }, /`podRequests` is .*no node that the budget pays for/],
  ['no CPU', { podRequests: { vcpus: 0 } }, /`podRequests.vcpus` is 0/],
  ['no memory', { podRequests: { memory: Size.mebibytes(0) } }, /`podRequests.memory` is 0/],
  ['a health check of no path', { healthCheckPath: 'healthz' }, /`healthCheckPath` is "healthz", but a path begins with a slash/],
  ['health checks without pause', { traffic: { healthCheckInterval: Duration.seconds(1) } }, /`traffic.healthCheckInterval` is 1, but it has to be between 5 and 300 seconds/],
  ['as long to leave as Spot has', { traffic: { deregistrationDelay: Duration.minutes(2) } }, /`traffic.deregistrationDelay` is 120, but a node of this cluster that ends leaves its pods 120 seconds/],
  ['hours to leave', { traffic: { deregistrationDelay: Duration.hours(2) } }, /`traffic.deregistrationDelay` is 7200/],
  ['a slow start that is none', { traffic: { slowStart: Duration.seconds(5) } }, /`traffic.slowStart` is 5/],
  ['a cookie for months', { traffic: { stickiness: Duration.days(90) } }, /`traffic.stickiness` is 7776000/],
  ['a status that is none', { traffic: { healthyStatus: 'OK' } }, /`traffic.healthyStatus` is "OK", but it is not a list of HTTP status codes/],
  ['more paths than a rule takes', { paths: ['/a', '/b', '/c', '/d', '/e', '/f'] }, /`paths` is 6/],
  ['the name of another service', { name: 'api', paths: ['/b'] }, /`name` is "api", but Test\/Cluster\/Api has this name in the namespace "app" already/],
  ['the paths of another service', {}, /`paths` is \["\/\*"\], but Test\/Cluster\/Api answers \/\* already/],
])('%s is refused', (title, options, message) => {
  expect(() => crowded.addWebService(title, { port: 8443, name: 'second', ...options })).toThrow(message);
  expect(crowded.webServices).toHaveLength(1);
});

test('the name of a variable is checked', () => {
  const api = clusterIn(testStack()).addWebService('Api', { port: 8443 });
  expect(() => api.addEnvironment('MY-HOST', 'x')).toThrow(/`name` is "MY-HOST", but it is not the name of an environment variable/);
});
