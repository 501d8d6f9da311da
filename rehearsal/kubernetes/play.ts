/**
 * Plays a bootstrap pipeline's actions against a cluster, as CodePipeline's EKS action would: Helm and kubectl, stage after stage, the
 * actions of one stage at the same time.
 */
import type { Bundle, BundlePart, BundleStep } from './bundle';
import type { ClusterClient, KubernetesObject } from './cluster-client';
import { renderPart } from './rendering';
import { keyOfManifest, type Snapshot } from './snapshot';
import type { KubernetesTools } from './tools';
import { Failure } from '../failure';

/** A Deployment becomes available by the nodes that stand in, in seconds. */
const PATIENCE = '120s';

export interface Played {
  /** Actions that had to be tried twice, with what went wrong the first time. */
  readonly retries: readonly string[];
  readonly actions: number;
}

export async function playBundle(
  client: ClusterClient, { name, steps }: Bundle, afterStep: (step: BundleStep) => Promise<void> = async () => undefined,
): Promise<Played> {
  const retries: string[] = [];
  for (const step of steps) {
    const outcomes = await Promise.allSettled(step.parts.map(part => playPart(client, part, step.retries ? retries : undefined)));
    const failed = outcomes.flatMap(outcome => outcome.status === 'rejected' ? [outcome.reason as Failure] : []);
    if (failed.length > 0) {
      throw new Failure(`${name}, stage ${step.name}: ${failed.map(({ message }) => message).join('; ')}`, failed.map(({ message, details }) => details ?? message).join('\n'));
    }
    await afterStep(step);
  }
  return { retries, actions: steps.flatMap(({ parts }) => parts).length };
}

/** CodePipeline tries the failed actions of a stage once more, where the stage says so. */
async function playPart(client: ClusterClient, part: BundlePart, retries?: string[]): Promise<void> {
  try {
    await applyPart(client, part);
  } catch (error) {
    if (!retries) { throw error; }
    retries.push(`${part.name}: ${(error as Failure).message}`);
    await applyPart(client, part);
  }
}

async function applyPart(client: ClusterClient, { name, release, files }: BundlePart): Promise<void> {
  if (release) {
    const values = release.values.flatMap(file => ['--values', file]);
    await client.must(`Helm cannot install ${release.name}`, 'helm',
      'upgrade', '--install', release.name, release.chart, '--namespace', release.namespace, ...values, '--wait', '--timeout', PATIENCE);
  } else {
    await client.must(`kubectl cannot apply ${name}`, 'kubectl', 'apply', ...files.flatMap(file => ['-f', file]));
  }
}

/** What the bundle says and the cluster has not, or has otherwise. */
export async function missingOf(tools: KubernetesTools, { steps }: Bundle, snapshot: Snapshot): Promise<string[]> {
  const problems: string[] = [];
  for (const part of steps.flatMap(step => step.parts)) {
    for (const object of await renderPart(tools, part)) {
      const real = snapshot.get(keyOfManifest(object));
      if (!real) { problems.push(`${part.name}: ${keyOfManifest(object)} is not there`); }
    }
  }
  return problems;
}

/** Releases that are not deployed, and Deployments that are not available. */
export async function unfinished(client: ClusterClient, { steps }: Bundle, snapshot: Snapshot): Promise<string[]> {
  const releases = JSON.parse(await client.must('Helm does not list its releases', 'helm', 'list', '--all-namespaces', '--output', 'json')) as { name: string; status: string }[];
  const wanted = steps.flatMap(({ parts }) => parts).flatMap(({ release }) => release?.name ?? []);
  return [
    ...wanted.filter(name => releases.find(release => release.name === name)?.status !== 'deployed').map(name => `the release ${name} is not deployed`),
    ...unfinishedDeployments(snapshot),
  ];
}

export function unfinishedDeployments(snapshot: Snapshot): string[] {
  return [...snapshot].filter(([, object]) => object.kind === 'Deployment' && !isAvailable(object)).map(([key]) => `${key} is not available`);
}

function isAvailable({ status }: KubernetesObject): boolean {
  return ((status?.conditions ?? []) as { type: string; status: string }[]).some(condition => condition.type === 'Available' && condition.status === 'True');
}

