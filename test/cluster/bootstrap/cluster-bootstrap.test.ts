import * as path from 'node:path';
import { CfnParameter, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as eks from 'aws-cdk-lib/aws-eks-v2';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { parse } from 'yaml';
import { bundleOf, objectsOf } from './bundle';
import { ClusterBootstrap } from '../../../src/cluster/bootstrap/cluster-bootstrap';
import { ClusterCompute } from '../../../src/cluster/cluster-compute';
import { Karpenter } from '../../../src/cluster/karpenter/karpenter';
import { KarpenterCluster } from '../../../src/cluster/karpenter-cluster';
import { NodeBudget } from '../../../src/cluster/nodes/node-budget';
import { VERSIONS } from '../../../src/cluster/versions';
import { expectNoAnnotations, foreignVpc, testStack } from '../../support/stacks';

function clusterIn(stack: Stack, bootstrap?: ClusterBootstrap): KarpenterCluster {
  const cluster = new KarpenterCluster(stack, 'Cluster', {
    vpc: foreignVpc(stack),
    nodeBudget: NodeBudget.usdPerMonth(3000),
    certificate: acm.Certificate.fromCertificateArn(stack, 'Certificate', 'arn:aws:acm:eu-west-1:222222222222:certificate/1'),
    bootstrap,
  });
  cluster.addWebService('Api', { port: 8443 }).addEnvironment('HOST', cluster.loadBalancer.loadBalancerDnsName);
  return cluster;
}

describe('pipeline()', () => {
  const stack = testStack();
  const cluster = clusterIn(stack);
  const template = Template.fromStack(stack);
  const bundle = bundleOf(stack);
  const [[pipelineId, pipeline]] = Object.entries(template.findResources('AWS::CodePipeline::Pipeline'));
  const stages: any[] = pipeline.Properties.Stages;
  const actions = stages.slice(1).flatMap(stage => stage.Actions);
  // the action takes values files relative to the chart
  const valuesOf = ({ HelmChartLocation: chart, HelmValuesFiles: file }: any): string => path.posix.join(chart, file);
  const variablesOf = (action: any): string[] => (action.EnvironmentVariables ?? []).map((variable: any) => variable.Name);

  test('applies definitions, controllers, storage, nodes, namespaces and services in this order, and tries each again once', () => {
    expect(stages.map(stage => stage.Name)).toEqual(['Source', 'Definitions', 'Controllers', 'Storage', 'Nodes', 'Namespaces', 'WebServices']);
    for (const stage of stages.slice(1)) { expect(stage.OnFailure).toEqual({ Result: 'RETRY', RetryConfiguration: { RetryMode: 'FAILED_ACTIONS' } }); }
  });

  test('uses CodePipeline\'s own EKS actions, inside the VPC', () => {
    for (const action of actions) {
      expect(action.ActionTypeId).toEqual({ Category: 'Deploy', Owner: 'AWS', Provider: 'EKS', Version: '1' });
      expect(action.Configuration).toMatchObject({ ClusterName: cluster.clusterName, Subnets: expect.anything(), SecurityGroupIds: expect.anything() });
    }
  });

  test('everything is a release in kube-system, so that what leaves the bundle leaves the cluster', () => {
    for (const { Name: name, Configuration: configuration } of actions) {
      expect(configuration).toMatchObject({ HelmReleaseName: name, HelmChartLocation: `charts/${name}`, HelmValuesFiles: 'innovate-values.yaml', Namespace: 'kube-system' });
      expect(configuration.ManifestFiles).toBeUndefined();
    }
  });

  test('is started by every change of the bundle', () => {
    expect(pipeline.Properties).toMatchObject({ PipelineType: 'V2', ExecutionMode: 'QUEUED', RestartExecutionOnUpdate: true });
    expect(stages[0].Actions[0].Configuration.S3ObjectKey).toMatch(/^[0-9a-f]{64}\.zip$/);
  });

  test('names files that are in the bundle', () => {
    for (const { Configuration: configuration } of actions) {
      expect(Object.keys(bundle)).toEqual(expect.arrayContaining([valuesOf(configuration), `${configuration.HelmChartLocation}/Chart.yaml`]));
    }
  });

  test('gives each action the variables of its files, no more and no fewer, none the beginning of another', () => {
    for (const action of actions) {
      const text = bundle[valuesOf(action.Configuration)];
      const used = [...new Set([...text.matchAll(/\$([A-Z0-9_]+)/g)].map(match => match[1]))].sort();
      expect(variablesOf(action)).toEqual(used);
      for (const name of used) { expect(used.filter(other => other.startsWith(name))).toEqual([name]); }
    }
  });

  test('exists after the workers, its access to the cluster and the identities of the controllers, and goes before them', () => {
    const needed = ['AWS::EKS::AccessEntry', 'AWS::EKS::Addon', 'AWS::EC2::SecurityGroupIngress']
      .flatMap(type => Object.entries(template.findResources(type)))
      .filter(([id, { Properties }]) => !id.includes('NodeAccess') && Properties.SourcePrefixListId === undefined).map(([id]) => id);
    expect(template.findResources('AWS::CodePipeline::Pipeline')[pipelineId].DependsOn).toEqual(expect.arrayContaining(needed));
  });

  test('has an alarm that goes off when it fails, says what to do, and is exposed', () => {
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      AlarmDescription: Match.stringLikeRegexp('what runs keeps running.*aws codepipeline list-action-executions --pipeline-name .*-bootstrap .*docs/cluster.md'),
      Namespace: 'AWS/CodePipeline', MetricName: 'FailedPipelineExecutions', Dimensions: [{ Name: 'PipelineName', Value: { Ref: pipelineId } }],
    });
    expect(stack.resolve(cluster.bootstrapPipeline!.pipelineName)).toEqual({ Ref: pipelineId });
    expect(cluster.bootstrapFailureAlarm).toBeDefined();
  });

  test('installs the charts of the version table, definitions in charts of their own', () => {
    const versionOf = (chart: string) => parse(bundle[`charts/${chart}/Chart.yaml`]).appVersion;
    expect([versionOf('karpenter'), versionOf('karpenter-crd')]).toEqual([VERSIONS.karpenter, VERSIONS.karpenter]);
    expect([versionOf('aws-load-balancer-controller'), versionOf('aws-load-balancer-controller-crd')]).toEqual(Array(2).fill(`v${VERSIONS.loadBalancerController}`));
    expect(parse(bundle['charts/karpenter/values.yaml']).controller.image).toMatchObject({ tag: VERSIONS.karpenter, digest: expect.stringMatching(/^sha256:/) });
    expect(Object.keys(bundle).filter(file => /charts\/[^/]+\/crds\//.test(file))).toEqual([]);
    expect(bundle['charts/aws-load-balancer-controller-crd/templates/crds.yaml']).not.toContain('{{');
  });

  test.each(['karpenter', 'aws-load-balancer-controller'])('sets values that the chart of %s has', chart => {
    const known = parse(bundle[`charts/${chart}/values.yaml`]);
    const check = (values: Record<string, any>, defaults: Record<string, any>) => {
      for (const [key, value] of Object.entries(values)) {
        expect(Object.keys(defaults)).toContain(key);
        const deeper = defaults[key];
        if (typeof value === 'object' && !Array.isArray(value) && deeper && Object.keys(deeper).length > 0) { check(value, deeper); }
      }
    };
    check(parse(bundle[`charts/${chart}/innovate-values.yaml`]), known);
  });
});

/** The services' action when so many values are known at deployment only. */
function servicesAction(values: number): { stack: Stack; action: any } {
  const stack = testStack();
  const cluster = clusterIn(stack);
  for (let index = 0; index < values; index++) { cluster.webServices[0].addEnvironment(`HOST_${index}`, `${index}.${cluster.loadBalancer.loadBalancerDnsName}`); }
  const [pipeline] = Object.values(Template.fromStack(stack).findResources('AWS::CodePipeline::Pipeline'));
  return { stack, action: pipeline.Properties.Stages.at(-1).Actions[0] };
}

test('deploy-time values share variables where there are more than the ten that an action takes', () => {
  const { stack, action } = servicesAction(30);
  const { replacements } = parse(bundleOf(stack)['charts/innovate-web-services/innovate-values.yaml']);
  expect(action.EnvironmentVariables.length).toBeLessThanOrEqual(10);
  expect(replacements.map(({ values }: any) => values)).toEqual(action.EnvironmentVariables.map(({ Name: name }: any) => `$${name}`));
  replacements.forEach(({ names }: any, index: number) => {
    expect(JSON.stringify(stack.resolve(action.EnvironmentVariables[index].Value)).split('|~|')).toHaveLength(names.length);
  });
  const text = bundleOf(stack)['charts/innovate-web-services/manifests/app.api.yaml'];
  expect([...new Set([...text.matchAll(/\$([A-Z0-9_]+__)/g)].map(match => match[1]))].sort()).toEqual(replacements.flatMap(({ names }: any) => names).sort());
});

test('more deploy-time values than fit are refused', () => {
  expect(() => servicesAction(200)).toThrow(/`addEnvironment` is 20\d, but an action of CodePipeline takes 10 variables of 2000 characters.*Give values that are known at synthesis/);
});

test('a value that occurs twice is one variable, and a number stays one', () => {
  const stack = testStack();
  const cluster = clusterIn(stack);
  const [api] = cluster.webServices;
  const port = new CfnParameter(stack, 'Port', { type: 'Number' });
  api.connections.allowTo(ec2.Peer.ipv4('203.0.113.7/32'), ec2.Port.tcp(port.valueAsNumber));
  api.addEnvironment('OTHER_HOST', cluster.loadBalancer.loadBalancerDnsName);
  const bundle = bundleOf(stack);
  const { data } = objectsOf(bundle).find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === 'api-environment')!;
  expect(data.OTHER_HOST).toBe(data.HOST);
  const egress = objectsOf(bundle).find(({ metadata }) => metadata.name === 'api-egress')!;
  expect(egress.spec.egress.at(-1).ports[0].port).toMatch(/^\$.*_NUMBER__$/);
});

test('a newer library changes definitions, then controllers, then nodes, each in a stage of its own', () => {
  const stack = testStack();
  clusterIn(stack);
  const [pipeline] = Object.values(Template.fromStack(stack).findResources('AWS::CodePipeline::Pipeline'));
  const stageOf = (release: string) => pipeline.Properties.Stages.findIndex((stage: any) => stage.Actions.some(({ Name: name }: any) => name === release));
  const order = ['karpenter-crd', 'karpenter', 'innovate-storage', 'innovate-nodes', 'innovate-namespaces', 'innovate-web-services'].map(stageOf);
  expect(order).toEqual([1, 2, 3, 4, 5, 6]);
  expect(stageOf('aws-load-balancer-controller-crd')).toBe(stageOf('karpenter-crd'));
  expect(stageOf('innovate-teardown')).toBe(1);
});

test('the releases of namespaces and services are there without any service, so that the last one leaves the cluster too', () => {
  const stack = testStack();
  new KarpenterCluster(stack, 'Cluster', { vpc: foreignVpc(stack), nodeBudget: NodeBudget.usdPerMonth(1000) });
  expect(Object.keys(bundleOf(stack))).toEqual(expect.arrayContaining(['charts/innovate-namespaces/Chart.yaml', 'charts/innovate-web-services/Chart.yaml']));
});

test('EKS Auto Mode needs no charts of controllers', () => {
  const stack = testStack();
  new KarpenterCluster(stack, 'Cluster', { vpc: foreignVpc(stack), nodeBudget: NodeBudget.usdPerMonth(1000), compute: ClusterCompute.autoMode() });
  const [pipeline] = Object.values(Template.fromStack(stack).findResources('AWS::CodePipeline::Pipeline'));
  expect(pipeline.Properties.Stages.map((stage: any) => stage.Name)).toEqual(['Source', 'Definitions', 'Storage', 'Nodes', 'Namespaces', 'WebServices']);
});

describe('kubectl()', () => {
  const stack = testStack();
  const layer = lambda.LayerVersion.fromLayerVersionArn(stack, 'Layer', 'arn:aws:lambda:eu-west-1:222222222222:layer:kubectl:1');
  const cluster = clusterIn(stack, ClusterBootstrap.kubectl(layer));
  const template = Template.fromStack(stack);
  const charts = template.findResources('Custom::AWSCDK-EKS-HelmChart');
  const manifests = template.findResources('Custom::AWSCDK-EKS-KubernetesResource');

  test('installs the same charts and objects, and lets CloudFormation fill in the values', () => {
    expect(Object.values(charts).map(chart => chart.Properties.Release).sort())
      .toEqual(['aws-load-balancer-controller', 'aws-load-balancer-controller-crd', 'karpenter', 'karpenter-crd']);
    const applied = Object.values(manifests).map(manifest => JSON.stringify(manifest.Properties.Manifest)).join();
    const other = testStack();
    clusterIn(other);
    for (const { kind } of objectsOf(bundleOf(other))) { expect(applied).toContain(`\\"kind\\":\\"${kind}\\"`); }
    expect(applied).not.toContain('$NODES');
  });

  test('keeps the order', () => {
    const idsOf = (kind: string) => Object.keys(manifests).filter(id => JSON.stringify(manifests[id].Properties.Manifest).includes(`kind\\":\\"${kind}\\"`));
    const waitsFor = (id: string): string[] => [manifests[id]?.DependsOn ?? charts[id]?.DependsOn ?? []].flat();
    expect(waitsFor(idsOf('StorageClass')[0])).toEqual(expect.arrayContaining(Object.keys(charts).filter(id => !/crd/.test(id))));
    expect(waitsFor(idsOf('NodePool')[0])).toEqual(expect.arrayContaining(idsOf('StorageClass')));
    expect(waitsFor(idsOf('HorizontalPodAutoscaler')[0])).toEqual(expect.arrayContaining(idsOf('ResourceQuota')));
  });

  test('Helm gives up before its function is ended, and takes back what failed', () => {
    for (const { Properties: properties } of Object.values(charts)) { expect(properties).toMatchObject({ Atomic: true, Wait: true, Timeout: '600s' }); }
  });

  test('has no pipeline', () => {
    template.resourceCountIs('AWS::CodePipeline::Pipeline', 0);
    expect(cluster.bootstrapPipeline).toBeUndefined();
  });
});

test('none() publishes the bundle and its variables, and applies nothing', () => {
  const stack = testStack();
  const cluster = clusterIn(stack, ClusterBootstrap.none());
  const template = Template.fromStack(stack);
  expect(cluster.bootstrapPipeline).toBeUndefined();
  template.resourceCountIs('AWS::CodePipeline::Pipeline', 0);
  const outputs = Object.values(template.findOutputs('*')).map(output => JSON.stringify(output.Value));
  expect(outputs.find(value => value.includes('.zip'))).toBeDefined();
  expect(outputs.find(value => value.includes('INNOVATE_NODES_EC2NODECLASS_DEFAULT_SPEC_INSTANCEPROFILE__'))).toBeDefined();
  expect(objectsOf(bundleOf(stack)).map(object => object.kind)).toContain('NodePool');
  expectNoAnnotations(stack);
});

class KubectlV34Layer extends lambda.LayerVersion {}
class KubectlV36Layer extends lambda.LayerVersion {}

describe('the version of kubectl', () => {
  const layerOf = (stack: Stack, Layer: typeof KubectlV34Layer) => new Layer(stack, 'Layer', { code: lambda.Code.fromBucketV2(s3.Bucket.fromBucketName(stack, 'Code', 'code'), 'kubectl.zip') });

  test.each<[string, (stack: Stack) => ClusterBootstrap, RegExp]>([
    ['two minors older, by its class', stack => ClusterBootstrap.kubectl(layerOf(stack, KubectlV34Layer)), /Test\/Cluster: `bootstrap` is "ClusterBootstrap.kubectl of 1.34", but kubectl may be one minor version away from the cluster, which is 1.36. Pass a KubectlV36Layer/],
    ['two minors older, as it is said', stack => ClusterBootstrap.kubectl(imported(stack), { kubectlMinor: 34 }), /"ClusterBootstrap.kubectl of 1.34"/],
    ['three minors newer', stack => ClusterBootstrap.kubectl(imported(stack), { kubectlMinor: 39 }), /"ClusterBootstrap.kubectl of 1.39"/],
    ['no version', stack => ClusterBootstrap.kubectl(imported(stack), { kubectlMinor: 1.36 }), /`kubectlMinor` is 1.36/],
  ])('%s is refused', (_, bootstrap, message) => {
    const stack = testStack();
    expect(() => clusterIn(stack, bootstrap(stack))).toThrow(message);
  });

  test.each<[string, (stack: Stack) => ClusterBootstrap]>([
    ['the same', stack => ClusterBootstrap.kubectl(layerOf(stack, KubectlV36Layer))],
    ['one newer', stack => ClusterBootstrap.kubectl(imported(stack), { kubectlMinor: 37 })],
    ['unknown', stack => ClusterBootstrap.kubectl(imported(stack))],
  ])('%s is taken', (_, bootstrap) => {
    const stack = testStack();
    expect(clusterIn(stack, bootstrap(stack)).bootstrapPipeline).toBeUndefined();
  });
});

function imported(stack: Stack): lambda.ILayerVersion {
  return lambda.LayerVersion.fromLayerVersionArn(stack, 'Layer', 'arn:aws:lambda:eu-west-1:222222222222:layer:kubectl:1');
}

describe('an imported cluster', () => {
  function install(stack: Stack, bootstrap?: ClusterBootstrap): Karpenter {
    const cluster = eks.Cluster.fromClusterAttributes(stack, 'Shop', { clusterName: 'shop', clusterSecurityGroupId: 'sg-1', vpc: foreignVpc(stack) });
    return Karpenter.install(stack, 'Karpenter', { cluster, kubernetesVersion: eks.KubernetesVersion.V1_35, nodeBudget: NodeBudget.usdPerMonth(1000), bootstrap });
  }

  test('gets Karpenter alone, in order', () => {
    const stack = testStack();
    install(stack);
    const template = Template.fromStack(stack);
    const [pipeline] = Object.values(template.findResources('AWS::CodePipeline::Pipeline'));
    expect(pipeline.Properties.Stages.map((stage: any) => [stage.Name, ...stage.Actions.map(({ Name: name }: any) => name)])).toEqual([
      ['Source', 'Bundle'], ['Definitions', 'karpenter-crd', 'innovate-teardown'], ['Controllers', 'karpenter'], ['Nodes', 'innovate-nodes'],
    ]);
    template.hasResourceProperties('AWS::EKS::AccessEntry', { ClusterName: 'shop', KubernetesGroups: ['innovate:node-teardown'] });
    template.hasResourceProperties('AWS::EC2::SecurityGroupIngress', { GroupId: 'sg-1', Description: 'Bootstrap pipeline' });
  });

  test('without a kubectl provider is refused by kubectl()', () => {
    const stack = testStack();
    expect(() => install(stack, ClusterBootstrap.kubectl(imported(stack)))).toThrow(/`bootstrap` is "ClusterBootstrap.kubectl", but the imported cluster has no kubectl provider. Give `kubectlProvider`/);
  });
});

test('one strategy serves two clusters', () => {
  const stack = testStack();
  const bootstrap = ClusterBootstrap.pipeline();
  const vpc = foreignVpc(stack);
  for (const id of ['Blue', 'Green']) {
    new KarpenterCluster(stack, id, { vpc, bootstrap, nodeBudget: NodeBudget.usdPerMonth(1000) });
  }
  Template.fromStack(stack).resourceCountIs('AWS::CodePipeline::Pipeline', 2);
});
