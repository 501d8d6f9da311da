import { Size, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { bundleOf, KubernetesObject, objectOf, objectsOf } from './bundle';
import { KarpenterCluster } from '../../src/cluster/karpenter-cluster';
import { NodeBudget } from '../../src/cluster/node-budget';
import { WebServiceOptions } from '../../src/cluster/web-service';
import { expectNoAnnotations, foreignVpc, testStack } from '../support/stacks';

function clusterIn(stack: Stack): KarpenterCluster {
  return new KarpenterCluster(stack, 'Cluster', {
    vpc: foreignVpc(stack),
    nodeBudget: NodeBudget.usdPerMonth(3000),
    certificate: acm.Certificate.fromCertificateArn(stack, 'Certificate', 'arn:aws:acm:eu-west-1:222222222222:certificate/1'),
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
    expect(kinds).toEqual(['ServiceAccount', 'ConfigMap', 'Service', 'HorizontalPodAutoscaler', 'PodDisruptionBudget', 'NetworkPolicy', 'TargetGroupBinding']);
  });

  test('every object has what Kubernetes requires, and none says how many pods run', () => {
    for (const object of objectsOf(bundle)) {
      expect(object).toMatchObject({ apiVersion: expect.any(String), kind: expect.any(String), metadata: { name: expect.stringMatching(/^[a-z0-9-]+$/) } });
      walk(object, part => expect(Object.keys(part)).not.toContain('replicas'));
    }
    expect(objectsOf(bundle).map(object => object.kind)).not.toContain('Deployment');
  });

  test('the namespace admits restricted pods only, and opens no load balancer', () => {
    expect(objectOf(bundle, 'Namespace').metadata).toMatchObject({ name: 'app', labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } });
    expect(objectOf(bundle, 'ResourceQuota').spec.hard).toMatchObject({ 'services.loadbalancers': '0', 'services.nodeports': '0' });
  });

  test('the autoscaler fills the budget, by CPU and memory', () => {
    const { spec } = objectOf(bundle, 'HorizontalPodAutoscaler');
    expect(spec).toMatchObject({ minReplicas: 2, maxReplicas: cluster.nodeCapacity.vcpus * 4, scaleTargetRef: { kind: 'Deployment', name: 'order-api' } });
    expect(spec.metrics.map((metric: any) => [metric.resource.name, metric.resource.target.averageUtilization])).toEqual([['cpu', 65], ['memory', 75]]);
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

  test('only the load balancer\'s subnets reach the pods; pods reach names, their credentials, the VPC and HTTPS', () => {
    const { spec } = objectOf(bundle, 'NetworkPolicy');
    expect(spec.ingress).toEqual([{ from: [{ ipBlock: { cidr: '10.0.64.0/19' } }, { ipBlock: { cidr: '10.0.96.0/19' } }], ports: [{ port: 8443, protocol: 'TCP' }] }]);
    expect(spec.egress).toHaveLength(4);
    expect(spec.egress[1]).toEqual({ to: [{ ipBlock: { cidr: '169.254.170.23/32' } }], ports: [{ port: 80, protocol: 'TCP' }] });
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

  test('values that are known at deployment, and dollar signs, are variables; the rest is in the bundle', () => {
    const { data } = objectOf(bundle, 'ConfigMap', 'order-api-environment');
    expect(data.STAGE).toBe('test');
    expect([data.BUCKET, data.CURRENCY]).toEqual([expect.stringMatching(/^\$[A-Z0-9_]+__$/), expect.stringMatching(/^\$[A-Z0-9_]+__$/)]);
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
  // 12 pods of the first (8 and a quarter, and two for jobs) and 7 of the second
  expect(objectOf(bundle, 'ResourceQuota').spec.hard).toMatchObject({ 'pods': '19', 'requests.cpu': '7750m', 'requests.memory': '15872Mi' });
  expect(objectsOf(bundle).filter(object => object.kind === 'Namespace').map((object: KubernetesObject) => object.metadata.name)).toEqual(['shop']);
  const template = Template.fromStack(stack);
  template.hasResourceProperties('AWS::ElasticLoadBalancingV2::ListenerRule', { Priority: 1, Conditions: [Match.objectLike({ PathPatternConfig: { Values: ['/api/orders/*'] } })] });
  template.hasResourceProperties('AWS::ElasticLoadBalancingV2::ListenerRule', { Priority: 50000 });
  expect(cluster.webServices.map(service => service.serviceName)).toEqual(['orders', 'reports']);
});

test.each<[string, Partial<WebServiceOptions>, RegExp]>([
  ['a privileged port', { port: 443 }, /`port` is 443, but it has to be between 1024 and 65535/],
  ['a port that is none', { port: 70000 }, /`port` is 70000/],
  ['a fraction of a port', { port: 8443.5 }, /`port` is 8443.5/],
  ['a name with capitals', { name: 'Orders' }, /`name` is "Orders", but Kubernetes takes lower-case letters/],
  ['a namespace with a dot', { namespace: 'a.b' }, /`namespace` is "a.b"/],
  ['a minimum above the maximum', { scaling: { minReplicas: 5, maxReplicas: 4 } }, /`scaling.minReplicas` is 5, but `scaling.maxReplicas` is 4/],
  ['no pods', { scaling: { minReplicas: 0 } }, /`scaling.minReplicas` is 0/],
  ['a utilization above what leaves room', { scaling: { cpuUtilization: 120 } }, /`scaling.cpuUtilization` is 120/],
  ['more CPU than a node has', { podRequests: { vcpus: 64 } }, /`podRequests.vcpus` is 64/],
  ['more paths than a rule takes', { paths: ['/a', '/b', '/c', '/d', '/e', '/f'] }, /`paths` is 6/],
  ['the name of another service', { name: 'api', paths: ['/b'] }, /`name` is "api", but Test\/Cluster\/Api has this name in the namespace "app" already/],
  ['the paths of another service', {}, /`paths` is \["\/\*"\], but Test\/Cluster\/Api answers \/\* already/],
])('%s is refused', (_, options, message) => {
  const stack = testStack();
  const cluster = clusterIn(stack);
  cluster.addWebService('Api', { port: 8443 });
  expect(() => cluster.addWebService('Second', { port: 8443, ...options })).toThrow(message);
});

test('the name of a variable is checked', () => {
  const api = clusterIn(testStack()).addWebService('Api', { port: 8443 });
  expect(() => api.addEnvironment('MY-HOST', 'x')).toThrow(/`name` is "MY-HOST", but it is not the name of an environment variable/);
});
