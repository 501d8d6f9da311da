import * as path from 'node:path';
import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { parse } from 'yaml';
import { bundleOf, objectsOf } from './bundle';
import { ClusterBootstrap } from '../../src/cluster/cluster-bootstrap';
import { KarpenterCluster } from '../../src/cluster/karpenter-cluster';
import { NodeBudget } from '../../src/cluster/node-budget';
import { VERSIONS } from '../../src/cluster/versions';
import { expectNoAnnotations, foreignVpc, testStack } from '../support/stacks';

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
  const valuesOf = ({ HelmChartLocation: chart, HelmValuesFiles: file }: any): string | undefined => file && path.posix.join(chart, file);
  const variablesOf = (action: any): string[] => (action.EnvironmentVariables ?? []).map((variable: any) => variable.Name);

  test('applies definitions, controllers, nodes, namespaces and services in this order, and tries each again once', () => {
    expect(stages.map(stage => stage.Name)).toEqual(['Source', 'Definitions', 'Controllers', 'Nodes', 'Namespaces', 'WebServices']);
    for (const stage of stages.slice(1)) { expect(stage.OnFailure).toEqual({ Result: 'RETRY', RetryConfiguration: { RetryMode: 'FAILED_ACTIONS' } }); }
  });

  test('uses CodePipeline\'s own EKS actions, inside the VPC', () => {
    for (const action of actions) {
      expect(action.ActionTypeId).toEqual({ Category: 'Deploy', Owner: 'AWS', Provider: 'EKS', Version: '1' });
      expect(action.Configuration).toMatchObject({ ClusterName: cluster.clusterName, Subnets: expect.anything(), SecurityGroupIds: expect.anything() });
    }
  });

  test('names a namespace for charts only: manifests name their own', () => {
    for (const { Configuration: configuration } of actions) {
      expect(configuration.Namespace).toBe(configuration.HelmChartLocation ? 'kube-system' : undefined);
    }
  });

  test('is started by every change of the bundle', () => {
    expect(pipeline.Properties).toMatchObject({ PipelineType: 'V2', ExecutionMode: 'QUEUED', RestartExecutionOnUpdate: true });
    expect(stages[0].Actions[0].Configuration.S3ObjectKey).toMatch(/^[0-9a-f]{64}\.zip$/);
  });

  test('names files that are in the bundle', () => {
    for (const { Configuration: configuration } of actions) {
      const files = [valuesOf(configuration), configuration.ManifestFiles, configuration.HelmChartLocation && `${configuration.HelmChartLocation}/Chart.yaml`];
      expect(Object.keys(bundle)).toEqual(expect.arrayContaining(files.filter(file => file !== undefined)));
    }
  });

  test('gives each action the variables of its files, no more and no fewer, none the beginning of another', () => {
    for (const action of actions) {
      const text = bundle[valuesOf(action.Configuration) ?? action.Configuration.ManifestFiles];
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

  test('has an alarm that goes off when it fails, and is exposed', () => {
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
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

test('many deploy-time values are spread over several actions, since one takes ten', () => {
  const stack = testStack();
  const cluster = clusterIn(stack);
  const api = cluster.webServices[0];
  for (let index = 0; index < 9; index++) { api.addEnvironment(`HOST_${index}`, `${index}.${cluster.loadBalancer.loadBalancerDnsName}`); }
  const [pipeline] = Object.values(Template.fromStack(stack).findResources('AWS::CodePipeline::Pipeline'));
  const actions: any[] = pipeline.Properties.Stages.at(-1).Actions;
  expect(actions.map(action => [action.Name, action.EnvironmentVariables.length])).toEqual([['app.api', 10], ['app.api.2', 2]]);
  expect(Object.keys(bundleOf(stack))).toEqual(expect.arrayContaining(['manifests/app.api.yaml', 'manifests/app.api.2.yaml']));
});

test('more deploy-time values in one object than an action takes are refused', () => {
  const stack = testStack();
  const cluster = clusterIn(stack);
  for (let index = 0; index < 10; index++) { cluster.webServices[0].addEnvironment(`HOST_${index}`, cluster.loadBalancer.loadBalancerDnsName); }
  expect(() => Template.fromStack(stack)).toThrow(/`addEnvironment` is \[.*HOST_9__.*but an action of CodePipeline takes 10 values.*Join several of them/);
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
    const nodes = Object.values(manifests).find(manifest => JSON.stringify(manifest.Properties.Manifest).includes('NodePool'))!;
    expect(nodes.DependsOn).toEqual(expect.arrayContaining(Object.keys(charts).filter(id => !/crd/.test(id))));
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
  template.resourceCountIs('AWS::Lambda::Function', 0);
  const outputs = Object.values(template.findOutputs('*')).map(output => JSON.stringify(output.Value));
  expect(outputs.find(value => value.includes('.zip'))).toBeDefined();
  expect(outputs.find(value => value.includes('NODES_EC2NODECLASS_SPEC_INSTANCEPROFILE__'))).toBeDefined();
  expect(objectsOf(bundleOf(stack)).map(object => object.kind)).toContain('NodePool');
  expectNoAnnotations(stack);
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
