/**
 * Every manifest and chart value that the example platform or an integ app brings to a cluster, asked of a real API server with the real
 * definitions, of the Karpenter that is used and of the next; and a folder of wrong manifests, which shows that the check bites.
 */
import * as path from 'node:path';
import { Failure } from './failure';
import { EXAMPLE_PLATFORM, type App, appsWithBundles, synthesizeBundles } from './kubernetes/apps';
import type { Bundle, BundlePart } from './kubernetes/bundle';
import { ClusterClient, eventually, firstError, type KubernetesObject } from './kubernetes/cluster-client';
import { startKubernetes } from './kubernetes/control-plane';
import { tryDeploymentExamples, type Verdicts } from './kubernetes/deployment-examples';
import { type Generation, generations } from './kubernetes/generations';
import { renderPart, renderRelease, unknownValues } from './kubernetes/rendering';
import { contradictionsOf, mistakesOf } from './kubernetes/semantics';
import { type KubernetesTools, kubernetesTools } from './kubernetes/tools';
import { tryWrongManifests, type WrongManifests } from './kubernetes/wrong-manifests';
import { runProgram } from './program';
import { Progress } from './progress';
import { openRunDirectory } from './run-directory';

const WORK_DIRECTORY = '.rehearsal';
/** What others need before they can be tried: applied for real, after it was tried itself. */
const NEEDED_BY_OTHERS = ['Namespace', 'CustomResourceDefinition', 'ServiceAccount', 'ResourceQuota', 'ValidatingAdmissionPolicy', 'ValidatingAdmissionPolicyBinding'];
/** The Deployment that the example platform's pipeline ships into the platform's namespace. */
const APPLICATION = {
  name: 'api', namespace: 'app', chart: 'examples/application/deploy/chart',
  settings: ['image.repository=111111111111.dkr.ecr.eu-west-1.amazonaws.com/api', `image.digest=sha256:${'0'.repeat(64)}`],
};

interface Row {
  readonly app: string;
  readonly bundle: string;
  readonly generation: string;
  readonly charts: number;
  readonly values: number;
  readonly objects: number;
  readonly problems: readonly string[];
}

interface Rendered {
  readonly app: App;
  readonly bundle: Bundle;
  readonly parts: readonly { readonly part: BundlePart; readonly objects: readonly KubernetesObject[] }[];
}

const progress = new Progress();

async function main(): Promise<void> {
  const directory = openRunDirectory(WORK_DIRECTORY);
  const { result: tools } = await progress.phase('tools', () => kubernetesTools(WORK_DIRECTORY, progress));
  const { result: known } = await progress.phase('download', () => generations(WORK_DIRECTORY, progress));
  const { result: rendered } = await progress.phase('synth', () => renderAll(tools, directory));
  const { result: cluster } = await progress.phase('start', () => startKubernetes({ directory: path.join(directory, 'kubernetes'), tools, controllers: true }));
  try {
    const client = new ClusterClient(cluster, tools);
    const rows: Row[] = [];
    const wrong: WrongManifests[] = [];
    for (const generation of known) {
      await progress.phase(generation.name, async () => {
        await define(client, tools, generation);
        for (const each of rendered) { rows.push(await examine(client, tools, generation, each)); }
        wrong.push(await tryWrongManifests(client, generation !== known[0]));
      });
    }
    const { result: verdicts } = await progress.phase('examples', () => tryDeploymentExamples(client));
    process.stdout.write(tableOf(rows));
    conclude(rows, known, wrong, verdicts);
  } finally {
    await cluster.stop();
  }
}

async function renderAll(tools: KubernetesTools, directory: string): Promise<Rendered[]> {
  const rendered: Rendered[] = [];
  for (const app of appsWithBundles()) {
    progress.update(app.name);
    for (const bundle of await synthesizeBundles(app, directory)) {
      const parts = [];
      for (const part of bundle.steps.flatMap(step => step.parts)) { parts.push({ part, objects: await renderPart(tools, part) }); }
      rendered.push({ app, bundle, parts });
    }
  }
  if (rendered.length === 0) { throw new Failure('No app brings anything to a cluster; there is nothing to check.'); }
  return rendered;
}

async function define(client: ClusterClient, tools: KubernetesTools, { charts, files }: Generation): Promise<void> {
  for (const chart of charts) { await client.applyForReal(await renderRelease(tools, { name: path.basename(chart), namespace: 'kube-system', chart })); }
  for (const file of files) { await client.must(`${path.basename(file)} cannot be applied`, 'kubectl', 'apply', '--server-side', '--force-conflicts', '-f', file); }
  await client.definitionsAreKnown();
}

async function examine(client: ClusterClient, tools: KubernetesTools, generation: Generation, { app, bundle, parts }: Rendered): Promise<Row> {
  progress.update(bundle.name);
  const problems: string[] = [];
  const objects: KubernetesObject[] = [];
  for (const { part, objects: own } of parts) {
    problems.push(...part.release ? unknownValues(part.release).map(key => `${part.name}: the chart has no value ${key}`) : []);
    problems.push(...await refusals(client, part.name, own, generation));
    objects.push(...own);
  }
  problems.push(...objects.flatMap(mistakesOf), ...contradictionsOf(objects));
  if (app === EXAMPLE_PLATFORM) {
    const application = await renderRelease(tools, APPLICATION);
    problems.push(...application.flatMap(mistakesOf), ...await refusals(client, 'application', application, generation), ...await podRefusals(client, application));
    objects.push(...application);
  }
  await client.kubectl('delete', '--ignore-not-found', 'validatingadmissionpolicybindings', '--all');
  const releases = parts.flatMap(({ part }) => part.release ?? []);
  return {
    app: app.name, bundle: bundle.name, generation: generation.name, problems, objects: objects.length, charts: releases.length,
    values: releases.reduce((sum, { values }) => sum + values.length, 0),
  };
}

/** What the API server has against the objects of a part. Definitions of another generation would undo the ones that are asked for. */
async function refusals(client: ClusterClient, name: string, objects: readonly KubernetesObject[], { charts }: Generation): Promise<string[]> {
  const needed = objects.filter(({ kind }) => NEEDED_BY_OTHERS.includes(kind) && (kind !== 'CustomResourceDefinition' || charts.length > 0));
  const namespaces = needed.filter(({ kind }) => kind === 'Namespace');
  // objects of a namespace can be tried in a namespace only
  const problems = await refusalsOf(client, name, namespaces);
  if (problems.length > 0) { return problems; }
  await client.applyForReal(namespaces);
  problems.push(...await refusalsOf(client, name, objects.filter(object => !namespaces.includes(object))));
  if (problems.length > 0) { return problems; }
  await client.applyForReal(needed);
  if (needed.some(({ kind }) => kind === 'CustomResourceDefinition')) { await client.definitionsAreKnown(); }
  for (const { kind, metadata } of needed) {
    if (kind === 'ResourceQuota') { await client.quotaIsKnown(metadata.namespace!, metadata.name); }
    if (kind === 'ValidatingAdmissionPolicy') { problems.push(...await policyWarnings(client, metadata.name)); }
  }
  return problems;
}

async function refusalsOf(client: ClusterClient, name: string, objects: readonly KubernetesObject[]): Promise<string[]> {
  if (objects.length === 0) { return []; }
  const { exitCode, output } = await client.tryOut(objects);
  if (exitCode === 0) { return []; }
  const errors = output.split('\n').filter(line => /^(error|Error|The )|invalid|unknown field/.test(line));
  return (errors.length > 0 ? errors : [firstError(output)]).map(error => `${name}: ${error}`);
}

/** The controller checks the types of a policy's expressions; afterwards the policy is in force. */
async function policyWarnings(client: ClusterClient, name: string): Promise<string[]> {
  let policy: KubernetesObject | undefined;
  await eventually(`the policy ${name} to be checked`, async () => {
    policy = await client.find(`/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies/${name}`);
    return policy?.status?.observedGeneration === policy?.metadata.generation;
  });
  const warnings = (policy!.status.typeChecking?.expressionWarnings ?? []) as { fieldRef: string; warning: string }[];
  return warnings.map(({ fieldRef, warning }) => `ValidatingAdmissionPolicy ${name} ${fieldRef}: ${warning}`);
}

/** A Deployment passes whatever its pods are; a pod of its template does not. */
async function podRefusals(client: ClusterClient, objects: readonly KubernetesObject[]): Promise<string[]> {
  const pods = objects.filter(({ kind }) => kind === 'Deployment').map(({ metadata, spec }) => ({
    apiVersion: 'v1', kind: 'Pod', metadata: { ...spec.template.metadata, name: `${metadata.name}-0`, namespace: metadata.namespace }, spec: spec.template.spec as object,
  }));
  if (pods.length === 0) { return ['the application has no Deployment']; }
  const { exitCode, output } = await client.tryOut(pods, 'create');
  return exitCode === 0 ? [] : [`a pod of the application: ${firstError(output)}`];
}

function conclude(rows: readonly Row[], known: readonly Generation[], wrong: readonly WrongManifests[], verdicts: Verdicts): void {
  const problems = [
    ...rows.flatMap(row => row.problems.map(problem => `${row.bundle}, Karpenter ${row.generation}: ${problem}`)),
    ...known.flatMap(({ name }, index) => wrong[index].problems.map(problem => `wrong manifests, Karpenter ${name}: ${problem}`)),
    ...verdicts.problems,
  ];
  if (problems.length > 0) { throw new Failure(`${problems.length} problems with what is brought to clusters`, problems.join('\n')); }
  const [{ byServer, byRules }] = wrong;
  process.stdout.write([
    `Passed: every object is accepted, by ${known.length} generations of definitions.`,
    `Of ${byServer + byRules} wrong manifests the API server rejects ${byServer} and the rules ${byRules};`,
    `of ${verdicts.admitted + verdicts.refused} Deployments the policy refuses ${verdicts.refused}, those that the table says.\n`,
  ].join(' '));
}

function tableOf(rows: readonly Row[]): string {
  const lines = [
    ['bundle', 'Karpenter', 'charts', 'values files', 'objects', 'problems'],
    ...rows.map(({ app, bundle, generation, charts, values, objects, problems }) =>
      [`${app}, ${bundle}`, generation, charts, values, objects, problems.length].map(String)),
  ];
  const widths = lines[0].map((_, column) => Math.max(...lines.map(line => line[column].length)));
  return lines.map(line => `${line.map((cell, column) => column ? cell.padStart(widths[column]) : cell.padEnd(widths[column])).join('  ')}\n`).join('');
}

runProgram(progress, main);
