import * as fs from 'node:fs';
import * as path from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { parseAllDocuments } from 'yaml';

/** The bundle as it lies in cdk.out: path in the bundle to content. */
export type BundleFiles = Record<string, string>;

export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Record<string, string>;
    readonly annotations?: Record<string, string>;
  };
  readonly [field: string]: any;
}

/** Synthesizes the app and reads the one bundle in it. */
export function bundleOf(stack: Stack): BundleFiles {
  const { directory } = (Stack.of(stack).node.root as App).synth();
  const folder = fs.readdirSync(directory).map(name => path.join(directory, name)).find(name => fs.existsSync(path.join(name, 'charts')))!;
  const files = fs.readdirSync(folder, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile());
  return Object.fromEntries(files.map(entry => path.join(entry.parentPath, entry.name)).sort()
    .map(file => [path.relative(folder, file), fs.readFileSync(file, 'utf8')]));
}

/** The Kubernetes objects of the bundle, in the order of its files. */
export function objectsOf(bundle: BundleFiles): KubernetesObject[] {
  return Object.keys(bundle).filter(file => /^charts\/[^/]+\/manifests\//.test(file))
    .flatMap(file => parseAllDocuments(bundle[file]) as any[])
    .map(document => document.toJS())
    .filter((object): object is KubernetesObject => object !== null);
}

export function objectOf(bundle: BundleFiles, kind: string, name?: string): KubernetesObject {
  const found = objectsOf(bundle).filter(object => object.kind === kind && (name === undefined || object.metadata.name === name));
  expect(found).toHaveLength(1);
  return found[0];
}
