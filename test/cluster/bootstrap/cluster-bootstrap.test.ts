import * as fs from 'node:fs';
import * as path from 'node:path';
import { App, CfnParameter, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
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

  test('has an alarm that goes off when it failed for good, says what to do, and is exposed', () => {
    const [question] = Object.keys(template.findResources('AWS::StepFunctions::StateMachine'));
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      AlarmDescription: Match.stringLikeRegexp('its own retry included.*what runs keeps running.*aws codepipeline list-action-executions --pipeline-name .*-bootstrap .*docs/cluster.md'),
      Namespace: 'AWS/States', MetricName: 'ExecutionsFailed', Dimensions: [{ Name: 'StateMachineArn', Value: { Ref: question } }], Threshold: 1, TreatMissingData: 'notBreaching',
    });
    expect(stack.resolve(cluster.bootstrapPipeline!.pipelineName)).toEqual({ Ref: pipelineId });
    expect(cluster.bootstrapFailureAlarm).toBeDefined();
  });

  test('a failed attempt is asked about a minute later, until it is known whether the retry mended it', () => {
    const [[questionId, question]] = Object.entries(template.findResources('AWS::StepFunctions::StateMachine'));
    template.hasResourceProperties('AWS::Events::Rule', {
      EventPattern: { 'source': ['aws.codepipeline'], 'detail-type': ['CodePipeline Pipeline Execution State Change'], 'detail': { pipeline: [{ Ref: pipelineId }], state: ['FAILED'] } },
      Targets: [Match.objectLike({ Arn: { Ref: questionId } })],
    });
    const { StartAt, States } = JSON.parse(textOf(stack.resolve(question.Properties.DefinitionString)));
    expect([StartAt, States.Wait.Seconds, States.Wait.Next, States.Ask.Next]).toEqual(['Wait', 60, 'Ask', 'Answer']);
    expect(States.Ask).toMatchObject({
      Resource: expect.stringMatching(/:states:::aws-sdk:codepipeline:getPipelineExecution$/), Parameters: { 'PipelineExecutionId.$': '$.detail[\'execution-id\']' },
      ResultSelector: { 'status.$': '$.PipelineExecution.Status' },
    });
    const nextOf = (status: string) => States.Answer.Choices
      .find((choice: any) => [choice, ...choice.Or ?? []].some(({ StringEquals }) => StringEquals === status))?.Next ?? States.Answer.Default;
    expect(['InProgress', 'Succeeded', 'Superseded', 'Failed', 'SomethingNew'].map(nextOf)).toEqual(['Wait', 'Mended', 'Mended', 'Failed', 'Failed']);
    expect([States.Mended.Type, States.Failed.Type]).toEqual(['Succeed', 'Fail']);
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

/** What CloudFormation joins, its references as they are called. */
function textOf(value: any): string {
  if (typeof value === 'string') { return value; }
  return value['Fn::Join'] ? value['Fn::Join'][1].map(textOf).join('') : Object.values(value).flat().join('.');
}

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
  const { directory } = (stack.node.root as App).synth();
  const idOf = (release: string) => Object.keys(charts).find(id => charts[id].Properties.Release === release)!;
  /** The chart of a release as it lies in cdk.out. */
  const chartOf = (release: string) => path.join(directory, `asset.${/([0-9a-f]{64})\.zip/.exec(textOf(charts[idOf(release)].Properties.ChartAssetURL))![1]}`);

  test('installs the same releases', () => {
    const other = testStack();
    clusterIn(other);
    const [pipeline] = Object.values(Template.fromStack(other).findResources('AWS::CodePipeline::Pipeline'));
    const released = pipeline.Properties.Stages.slice(1).flatMap((stage: any) => stage.Actions.map((action: any) => action.Configuration.HelmReleaseName));
    expect(Object.values(charts).map(chart => chart.Properties.Release).sort()).toEqual([...released].sort());
    for (const { Properties: properties } of Object.values(charts)) { expect(properties.Namespace).toBe('kube-system'); }
  });

  test('the charts have the same objects, and CloudFormation fills in the values', () => {
    const other = testStack();
    clusterIn(other);
    const bundle = bundleOf(other);
    for (const release of ['teardown', 'storage', 'nodes', 'namespaces', 'web-services'].map(name => `innovate-${name}`)) {
      const files = fs.readdirSync(chartOf(release), { recursive: true, encoding: 'utf8' }).filter(file => /\.yaml$/.test(file));
      expect(files.map(file => `charts/${release}/${file}`).concat(`charts/${release}/innovate-values.yaml`).sort())
        .toEqual(Object.keys(bundle).filter(file => file.startsWith(`charts/${release}/`)).sort());
      for (const file of files) { expect(fs.readFileSync(path.join(chartOf(release), file), 'utf8')).toBe(bundle[`charts/${release}/${file}`]); }
      const { replacements } = JSON.parse(textOf(charts[idOf(release)].Properties.Values));
      const used = files.flatMap(file => [...bundle[`charts/${release}/${file}`].matchAll(/\$([A-Z0-9_]+__)/g)].map(match => match[1]));
      expect(replacements.flatMap(({ names }: any) => names).sort()).toEqual([...new Set(used)].sort());
      for (const { values } of replacements) { expect(values).not.toMatch(/^$|\$/); }
    }
  });

  test('a pool and a service are no resources of their own, so that a release removes them', () => {
    template.resourceCountIs('Custom::AWSCDK-EKS-KubernetesResource', 0);
    const larger = testStack();
    const kubectl = lambda.LayerVersion.fromLayerVersionArn(larger, 'Layer', 'arn:aws:lambda:eu-west-1:222222222222:layer:kubectl:1');
    const more = clusterIn(larger, ClusterBootstrap.kubectl(kubectl, { kubectlMinor: 36 }));
    more.addNodePool('Batch', { nodeBudget: NodeBudget.usdPerMonth(800) });
    more.addWebService('Web', { port: 8443, paths: ['/web/*'], namespace: 'web' });
    const releases = Template.fromStack(larger).findResources('Custom::AWSCDK-EKS-HelmChart');
    expect(Object.keys(releases).sort()).toEqual(Object.keys(charts).sort());
    // the namespace stays when its last service leaves
    expect(fs.readFileSync(path.join(chartOf('innovate-namespaces'), 'manifests/app.yaml'), 'utf8')).toContain('"helm.sh/resource-policy": "keep"');
  });

  test('a value stays what it is, whatever is in it', () => {
    const odd = testStack();
    const kubectl = lambda.LayerVersion.fromLayerVersionArn(odd, 'Layer', 'arn:aws:lambda:eu-west-1:222222222222:layer:kubectl:1');
    const its = clusterIn(odd, ClusterBootstrap.kubectl(kubectl, { kubectlMinor: 36 }));
    its.webServices[0].addEnvironment('ODD', `a "quote" and ${its.loadBalancer.loadBalancerDnsName}`);
    const services = Object.values(Template.fromStack(odd).findResources('Custom::AWSCDK-EKS-HelmChart')).find(({ Properties: { Release } }) => Release === 'innovate-web-services')!;
    const { replacements } = JSON.parse(textOf(services.Properties.Values));
    expect(replacements.map(({ values }: any) => values)).toContainEqual(expect.stringMatching(/^a "quote" and \w/));
  });

  test('keeps the order', () => {
    const waitsFor = (release: string): string[] => [charts[idOf(release)].DependsOn ?? []].flat();
    // between nodes and namespaces stands the teardown, whose test says so
    for (const chain of [['karpenter-crd', 'karpenter', 'innovate-storage', 'innovate-nodes'], ['innovate-namespaces', 'innovate-web-services']]) {
      chain.slice(1).forEach((release, index) => { expect(waitsFor(release)).toContain(idOf(chain[index])); });
    }
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

/** As the layers of the AWS CDK describe themselves. */
function described(stack: Stack, kubectl: string): lambda.ILayerVersion {
  const code = lambda.Code.fromBucketV2(s3.Bucket.fromBucketName(stack, 'Code', 'code'), 'kubectl.zip');
  return new lambda.LayerVersion(stack, 'Layer', { code, description: `/opt/kubectl/kubectl ${kubectl}; /opt/helm/helm 4.2.3` });
}

class KubectlV34Layer extends lambda.LayerVersion {}
class KubectlV36Layer extends lambda.LayerVersion {}

describe('the version of kubectl', () => {
  const layerOf = (stack: Stack, Layer: typeof KubectlV34Layer) => new Layer(stack, 'Layer', { code: lambda.Code.fromBucketV2(s3.Bucket.fromBucketName(stack, 'Code', 'code'), 'kubectl.zip') });

  test.each<[string, (stack: Stack) => ClusterBootstrap, RegExp]>([
    ['two minors older, by its class', stack => ClusterBootstrap.kubectl(layerOf(stack, KubectlV34Layer)), /Test\/Cluster: `bootstrap` is "ClusterBootstrap.kubectl of 1.34", but kubectl may be one minor version away from the cluster, which is 1.36. Pass a KubectlV36Layer of @aws-cdk\/lambda-layer-kubectl-v36, \d+\.\d+\.\d+ or newer\./],
    ['two minors older, by its description', stack => ClusterBootstrap.kubectl(described(stack, '1.34.6')), /"ClusterBootstrap.kubectl of 1.34"/],
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
    ['the same, by its description', stack => ClusterBootstrap.kubectl(described(stack, '1.36.3'))],
  ])('%s is taken', (_, bootstrap) => {
    const stack = testStack();
    expect(clusterIn(stack, bootstrap(stack)).bootstrapPipeline).toBeUndefined();
    Annotations.fromStack(stack).hasNoWarning('/Test/Cluster', Match.stringLikeRegexp('kubectl'));
  });

  test('unknown is taken too, and said', () => {
    const stack = testStack();
    clusterIn(stack, ClusterBootstrap.kubectl(imported(stack)));
    Annotations.fromStack(stack).hasWarning('/Test/Cluster', Match.stringLikeRegexp('Nothing says which kubectl is in the layer.*give `kubectlMinor`'));
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
