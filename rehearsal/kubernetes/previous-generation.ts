/** A bundle as the release before would have brought it: an older controller, a definition that lacks a field, and node pools without that field. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Bundle, BundlePart } from './bundle';
import type { KubernetesObject } from './cluster-client';
import { objectsIn, renderRelease } from './rendering';
import type { KubernetesTools } from './tools';
import { Failure } from '../failure';

/** Unknown to the older definition: it would be dropped without a word if the node pools came before the definition. */
export const NEW_FIELD = 'terminationGracePeriod';
export const PREVIOUS_VERSION = '1.0.0';
const DEFINITION = 'nodepools.karpenter.sh';

/** Writes the older bundle beside the given one. */
export async function previousGeneration(tools: KubernetesTools, bundle: Bundle): Promise<Bundle> {
  const folder = `${bundle.folder}-previous`;
  fs.rmSync(folder, { recursive: true, force: true });
  fs.cpSync(bundle.folder, folder, { recursive: true });
  const moved = (file: string) => path.join(folder, path.relative(bundle.folder, file));
  const steps = bundle.steps.map(step => ({
    ...step,
    parts: step.parts.map(({ name, release, files }): BundlePart => ({
      name,
      files: files.map(moved),
      release: release && { ...release, chart: moved(release.chart), values: release.values.map(moved) },
    })),
  }));
  const parts = steps.flatMap(step => step.parts);
  await makeDefinitionOlder(tools, parts);
  makeControllerOlder(parts);
  parts.forEach(makeNodePoolsOlder);
  return { ...bundle, folder, steps };
}

async function makeDefinitionOlder(tools: KubernetesTools, parts: readonly BundlePart[]): Promise<void> {
  const release = releaseOf(parts, 'karpenter-crd');
  const definition = (await renderRelease(tools, release)).find(({ metadata }) => metadata.name === DEFINITION)!;
  for (const { schema } of definition.spec.versions as { schema: { openAPIV3Schema: KubernetesObject } }[]) {
    delete schema.openAPIV3Schema.properties.spec.properties.template.properties.spec.properties[NEW_FIELD];
  }
  const text = JSON.stringify(definition).replace(/\{\{/g, '{ {');
  fs.writeFileSync(path.join(release.chart, 'templates', 'karpenter.sh_nodepools.yaml'), text);
  rewrite(path.join(release.chart, 'Chart.yaml'), /^(version|appVersion): .*$/gm, `$1: ${PREVIOUS_VERSION}`);
}

function makeControllerOlder(parts: readonly BundlePart[]): void {
  const { chart } = releaseOf(parts, 'karpenter');
  rewrite(path.join(chart, 'Chart.yaml'), /^(version|appVersion): .*$/gm, `$1: ${PREVIOUS_VERSION}`);
  rewrite(path.join(chart, 'values.yaml'), /^(\s+tag): \d.*$/m, `$1: ${PREVIOUS_VERSION}`);
}

/** Wherever the objects of a part are, as files of their own or in a chart. */
function makeNodePoolsOlder({ files, release }: BundlePart): void {
  const folder = release ? path.join(release.chart, 'manifests') : '';
  const inChart = fs.existsSync(folder) ? fs.readdirSync(folder).map(file => path.join(folder, file)) : [];
  for (const file of [...files, ...inChart]) {
    const objects = objectsIn(fs.readFileSync(file, 'utf8'), file);
    const pools = objects.filter(({ kind }) => kind === 'NodePool');
    if (pools.length === 0) { continue; }
    for (const { spec } of pools) { delete spec.template.spec[NEW_FIELD]; }
    fs.writeFileSync(file, objects.map(object => JSON.stringify(object, null, 2)).join('\n---\n'));
  }
}

function releaseOf(parts: readonly BundlePart[], name: string): NonNullable<BundlePart['release']> {
  const release = parts.find(part => part.release?.name === name)?.release;
  if (!release) { throw new Failure(`The bundle has no release ${name}.`); }
  return release;
}

function rewrite(file: string, pattern: RegExp, replacement: string): void {
  const text = fs.readFileSync(file, 'utf8');
  const changed = text.replace(pattern, replacement);
  if (changed === text) { throw new Failure(`${path.basename(file)} has nothing like ${pattern}: an older one cannot be made of it.`); }
  fs.writeFileSync(file, changed);
}
