/**
 * What a cluster gets besides what CloudFormation knows, really applied: the bootstrap pipelines of the example platform, action by action, to a real API
 * server; again, which changes nothing; over what the release before left; and by the kubectl provider's function, which the local AWS runs. By both ways, what is
 * taken out of the code leaves the cluster.
 */
import * as path from 'node:path';
import { Failure } from './failure';
import { type App, EXAMPLE_PLATFORM, synthesizeApp, synthesizeBundles } from './kubernetes/apps';
import { type Bundle, bundlesOf, type BundleStep } from './kubernetes/bundle';
import type { ClusterClient, KubernetesObject } from './kubernetes/cluster-client';
import { missingOf, playBundle, unfinished } from './kubernetes/play';
import { NEW_FIELD, PREVIOUS_VERSION, previousGeneration } from './kubernetes/previous-generation';
import { ProvidedCluster } from './kubernetes/provided-cluster';
import { renderPart } from './kubernetes/rendering';
import { beyond, changes, differencesInContent, keyOfManifest, type Snapshot, takeSnapshot } from './kubernetes/snapshot';
import { startTestCluster, type TestCluster } from './kubernetes/test-cluster';
import { type KubernetesTools, kubernetesTools } from './kubernetes/tools';
import { runProgram } from './program';
import { Progress } from './progress';
import { openRunDirectory } from './run-directory';

const WORK_DIRECTORY = '.rehearsal';
const APP = 'rehearsal/kubernetes/kubectl-app.ts';
const BY_PIPELINE: App = { name: 'by-pipeline', file: APP, environment: { BOOTSTRAP: 'pipeline' } };
const BY_KUBECTL: App = { name: 'by-kubectl', file: APP, environment: { BOOTSTRAP: 'kubectl' } };
/** The namespace whose only service is taken out, and something in it that is somebody else's. */
const NAMESPACE = 'reports';
const SOMEBODY_ELSES = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'somebody-elses', namespace: NAMESPACE }, data: { kept: 'yes' } };
const STAYING = [`Namespace ${NAMESPACE}`, `ConfigMap ${NAMESPACE}/somebody-elses`];

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
const progress = new Progress();
const proven: string[] = [];

async function main(): Promise<void> {
  const directory = openRunDirectory(WORK_DIRECTORY);
  const { result: tools } = await progress.phase('tools', () => kubernetesTools(WORK_DIRECTORY, progress));
  const { result: bundles } = await progress.phase('synth', () => synthesizeBundles(EXAMPLE_PLATFORM, directory));
  const [first, second] = pipelines(bundles);
  await onTestCluster(tools, directory, 'pipeline', cluster => twice(cluster, tools, first));
  await onTestCluster(tools, directory, 'upgrade', cluster => upgrade(cluster, tools, second));
  const expected = await onTestCluster(tools, directory, 'compare', cluster => byPipeline(cluster, tools, directory));
  await byKubectl(tools, directory, expected);
  process.stdout.write(`${proven.map(line => `  ${line}\n`).join('')}Passed: the bundle comes to a real cluster by both ways, again without a change, over the release before in order, and leaves it when it is taken out.\n`);
}

/** One environment's for each half of what is asked. */
function pipelines(bundles: readonly Bundle[]): [Bundle, Bundle] {
  const found = bundles.filter(({ name }) => name.endsWith('bootstrap pipeline'));
  if (found.length === 0) { throw new Failure('The example platform has no bootstrap pipeline: there is nothing to play.'); }
  return [found[0], found.at(-1)!];
}

async function onTestCluster<T>(tools: KubernetesTools, directory: string, name: string, work: (cluster: TestCluster) => Promise<T>): Promise<T> {
  const { result } = await progress.phase(name, async () => {
    const cluster = await startTestCluster(tools, path.join(directory, name));
    try {
      return await work(cluster);
    } finally {
      await cluster.stop();
    }
  });
  return result;
}

async function twice({ client, empty, webhooksAsked }: TestCluster, tools: KubernetesTools, bundle: Bundle): Promise<void> {
  const { actions, retries } = await playBundle(client, bundle, follow);
  const first = await takeSnapshot(client);
  refuseAny(bundle.name, [...await missingOf(tools, bundle, first), ...await unfinished(client, bundle, first)]);
  const own = beyond(empty, first);
  refuseAny(`${bundle.name}: what every cluster has to have`, without(own, ['NodePool', 'Namespace', 'Service', 'HorizontalPodAutoscaler', 'CustomResourceDefinition', 'Deployment']));
  await playBundle(client, bundle, follow);
  refuseAny(`${bundle.name}, applied again`, changes(first, await takeSnapshot(client)));
  proven.push(
    `${bundle.name}: ${actions} actions in ${bundle.steps.length} stages made ${own.size} objects${retries.length > 0 ? `, ${retries.length} at the second try` : ''}; ${webhooksAsked.size} webhooks were asked`,
    'applied again, no object changed',
  );
}

/** The state of the three that have to come in order. */
interface State {
  readonly definition: boolean;
  readonly controller: boolean;
  readonly pools: boolean;
}

async function upgrade({ client }: TestCluster, tools: KubernetesTools, bundle: Bundle): Promise<void> {
  const previous = await previousGeneration(tools, bundle);
  await playBundle(client, previous, follow);
  const order: string[] = [];
  const note = async (step: string) => {
    const { definition, controller, pools } = await stateOf(client);
    order.push(`${step}: ${[definition && 'definitions', controller && 'controller', pools && 'node pools'].filter(Boolean).join(', ') || 'nothing'}`);
  };
  await note('before');
  await playBundle(client, bundle, async step => {
    await follow(step);
    await note(step.name);
  });
  const wanted = ['before: nothing', 'Definitions: definitions', 'Controllers: definitions, controller', 'Nodes: definitions, controller, node pools'];
  refuseAny('The upgrade does not go in order: what is new after each stage', wanted.filter(line => !order.includes(line)).map(line => `${line} is not in ${order.join(' | ')}`));
  const snapshot = await takeSnapshot(client);
  refuseAny(`${bundle.name}, over the release before`, [...await missingOf(tools, bundle, snapshot), ...await unfinished(client, bundle, snapshot)]);
  proven.push(`${bundle.name}: over the release before, definitions came first, then the controller, then the node pools`);
}

async function stateOf(client: ClusterClient): Promise<State> {
  const [definition, controller, pools] = await Promise.all([
    client.find('/apis/apiextensions.k8s.io/v1/customresourcedefinitions/nodepools.karpenter.sh'),
    client.find('/apis/apps/v1/namespaces/kube-system/deployments/karpenter'),
    client.list('/apis/karpenter.sh/v1/nodepools'),
  ]);
  return {
    definition: fieldsOfNodePools(definition).includes(NEW_FIELD),
    controller: !(controller?.spec.template.spec.containers[0].image as string).includes(`:${PREVIOUS_VERSION}`),
    pools: pools.length > 0 && pools.every(({ spec }) => spec.template.spec[NEW_FIELD] !== undefined),
  };
}

function fieldsOfNodePools(definition?: KubernetesObject): string[] {
  const { properties } = definition!.spec.versions[0].schema.openAPIV3Schema;
  return Object.keys(properties.spec.properties.template.properties.spec.properties as object);
}

/** What one strategy brings: everything, and what is left when a pool and a service are taken out of the code. */
interface Brought {
  readonly whole: Snapshot;
  readonly less: Snapshot;
  /** What has to leave. */
  readonly leaving: readonly string[];
}

async function byPipeline({ client, empty }: TestCluster, tools: KubernetesTools, directory: string): Promise<Brought> {
  const [whole, less] = [await bundleOf(BY_PIPELINE, directory), await bundleOf(lessOf(BY_PIPELINE), directory)];
  const kept = new Set(await keysOf(tools, less));
  const leaving = (await keysOf(tools, whole)).filter(key => !kept.has(key) && !STAYING.includes(key));
  refuseAny('What is taken out has no object of a kind that is to be proven', kindsMissing(leaving, ['NodePool', 'EC2NodeClass', 'ValidatingAdmissionPolicy', 'ResourceQuota', 'TargetGroupBinding']));

  await playBundle(client, whole, follow);
  const before = beyond(empty, await takeSnapshot(client));
  await client.applyForReal([SOMEBODY_ELSES]);
  await playBundle(client, less, follow);
  const after = beyond(empty, await takeSnapshot(client));
  refuseAny('The pipeline does not take out what is no more in the code', remains(after, leaving));
  proven.push(`a node pool and a web service that are taken out of the code leave with the pipeline's next run: ${leaving.length} objects; their namespace and what is somebody else's in it stay`);
  return { whole: before, less: after, leaving };
}

async function bundleOf(app: App, directory: string): Promise<Bundle> {
  const assembly = await synthesizeApp(app, directory);
  const [bundle] = await bundlesOf(assembly, path.join(path.dirname(assembly), 'bundles'));
  return bundle;
}

function lessOf(app: App): App {
  return { ...app, name: `${app.name}-less`, environment: { ...app.environment, LESS: 'yes' } };
}

async function keysOf(tools: KubernetesTools, { steps }: Bundle): Promise<string[]> {
  const keys: string[] = [];
  for (const part of steps.flatMap(({ parts }) => parts)) { keys.push(...(await renderPart(tools, part)).map(keyOfManifest)); }
  return keys;
}

function kindsMissing(keys: readonly string[], kinds: readonly string[]): string[] {
  return kinds.filter(kind => !keys.some(key => new RegExp(`(^|/)${kind} `).test(key))).map(kind => `there is no ${kind}`);
}

/** What is there and should not be, and the other way round. */
function remains(snapshot: Snapshot, leaving: readonly string[]): string[] {
  return [...leaving.filter(key => snapshot.has(key)).map(key => `${key} is still there`), ...STAYING.filter(key => !snapshot.has(key)).map(key => `${key} is gone`)];
}

async function byKubectl(tools: KubernetesTools, directory: string, { whole, less, leaving }: Brought): Promise<void> {
  const assembly = await synthesizeApp(BY_KUBECTL, directory);
  const later = await synthesizeApp(lessOf(BY_KUBECTL), directory);
  const provided = await ProvidedCluster.start(tools, path.join(directory, 'kubectl'), WORK_DIRECTORY, assembly);
  try {
    const { result: made, seconds } = await progress.phase('kubectl', () => provided.deploy());
    refuseAny('The kubectl provider does not bring what the pipeline brings', [...difference(whole, made), ...differencesInContent(whole, made)]);
    await provided.client.applyForReal([SOMEBODY_ELSES]);
    const { result: left } = await progress.phase('taken out', () => provided.deploy(later));
    refuseAny('The kubectl provider does not take out what is no more in the code', remains(left, leaving));
    refuseAny('The kubectl provider does not leave what the pipeline leaves', [...difference(less, left), ...differencesInContent(less, left)]);
    const { result: rest } = await progress.phase('destroy', () => provided.destroy());
    const staying = [...STAYING, 'Namespace app'];
    refuseAny('The deletion of the stack leaves objects in the cluster', [...rest.keys()].filter(key => !staying.includes(key)));
    refuseAny('The deletion of the stack takes namespaces with it', staying.filter(key => !rest.has(key)));
    refuseAny('The teardown of nodes did not come into the cluster', provided.admitted.some(arn => /NodeTeardown/.test(arn)) ? [] : ['no role of it was let in', ...provided.refused]);
    proven.push(
      `the kubectl provider's function, let in by its access entry, made the same ${made.size} objects in ${seconds.toFixed(0)} s of cdk deploy, and took the same ${leaving.length} out`,
      'cdk destroy took everything away but namespaces, the NodePools by the teardown\'s function, let in by its own',
    );
  } finally {
    await provided.stop();
  }
}

function difference(expected: Snapshot, made: Snapshot): string[] {
  return [...beyond(made, expected).keys()].map(key => `${key} is not made`).concat([...beyond(expected, made).keys()].map(key => `${key} is made besides`));
}

function without(snapshot: Snapshot, kinds: readonly string[]): string[] {
  const found = new Set([...snapshot.values()].map(({ kind }) => kind));
  return kinds.filter(kind => !found.has(kind)).map(kind => `there is no ${kind}`);
}

async function follow({ name }: BundleStep): Promise<void> {
  progress.update(name);
}

function refuseAny(what: string, problems: readonly string[]): void {
  if (problems.length > 0) { throw new Failure(`${what}: ${problems.length} problems`, problems.join('\n')); }
}

runProgram(progress, main);
