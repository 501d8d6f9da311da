/**
 * Refreshes src/cluster/cluster-versions.json, the add-ons of each Kubernetes version, and prints what changed: `npx tsx scripts/refresh-cluster-versions.ts`.
 *
 * With credentials for AWS, of any account, the AWS CLI is asked for the defaults of EKS. Without, the tables of the user guide are read, which lag behind and know
 * three of the add-ons. Nothing is ever made older. What no source answers stays as it is and is named. Kubernetes versions come and go by hand: the script says which.
 */
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { downloadGoModule } from './go-module';
import { AddonName, ADDONS, VERSIONS } from '../src/cluster/versions';

const TABLE = path.join(__dirname, '..', 'src', 'cluster', 'cluster-versions.json');
const USER_GUIDE = 'https://docs.aws.amazon.com/eks/latest/userguide/';
const PAGES: Partial<Record<AddonName, string>> = { 'coredns': 'managing-coredns.md', 'kube-proxy': 'managing-kube-proxy.md', 'vpc-cni': 'managing-vpc-cni.md' };
const KARPENTER = 'github.com/aws/karpenter-provider-aws';

export interface VersionTable {
  note: string;
  date: string;
  sources: Record<string, string>;
  kubernetes: Record<string, { addons: Record<AddonName, string> }>;
}

/** Add-ons by Kubernetes version. */
export type FoundVersions = Record<string, Partial<Record<AddonName, string>>>;

/** What `aws eks describe-addon-versions` answers, as far as it is read here. */
export interface DescribedAddons {
  readonly addons: {
    readonly addonName: string;
    readonly addonVersions: {
      readonly addonVersion: string;
      readonly architecture: string[];
      readonly compatibilities: { readonly clusterVersion: string; readonly defaultVersion: boolean }[];
    }[];
  }[];
}

/** The default version for Graviton, of each add-on in the answer. */
export function defaultVersions({ addons }: DescribedAddons, kubernetes: string): Partial<Record<AddonName, string>> {
  return Object.fromEntries(addons.flatMap(({ addonName, addonVersions }) => addonVersions
    .filter(({ architecture, compatibilities }) => architecture.includes('arm64')
      && compatibilities.some(({ clusterVersion, defaultVersion }) => defaultVersion && clusterVersion === kubernetes))
    .map(({ addonVersion }) => [addonName, addonVersion])));
}

/** Rows such as `| 1.36 | v1.36.0-eksbuild.25 |` of a page of the user guide; the first row of a version counts. */
export function versionsOfPage(markdown: string): Record<string, string> {
  const rows = [...markdown.matchAll(/^\|\s*`?(1\.\d+)`?\s*\|\s*`?(v\d+\.\d+\.\d+-eksbuild\.\d+)`?\s*\|/gm)];
  return Object.fromEntries(rows.reverse().map(([, kubernetes, version]) => [kubernetes, version]));
}

/** Takes what is newer into the table, and says in words what was taken and what was not. */
export function merge(table: VersionTable, found: FoundVersions, source: string): string[] {
  return Object.entries(table.kubernetes).flatMap(([kubernetes, { addons }]) => ADDONS.flatMap(name => {
    const [old, candidate] = [addons[name], found[kubernetes]?.[name]];
    if (candidate === undefined) { return [`? ${kubernetes} ${name}: stays at ${old}, no source names it`]; }
    if (candidate === old) { return []; }
    if (rank(candidate) < rank(old)) { return [`= ${kubernetes} ${name}: stays at ${old}, ${source} is behind with ${candidate}`]; }
    addons[name] = candidate;
    table.sources[kubernetes] = source;
    return [`+ ${kubernetes} ${name}: ${old} -> ${candidate}`];
  }));
}

function rank(version: string): string {
  return version.match(/\d+/g)!.map(part => part.padStart(6, '0')).join('.');
}

function aws(...args: string[]): any {
  return JSON.parse(execFileSync('aws', [...args, '--output', 'json'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], maxBuffer: 64 * 1024 * 1024 }));
}

function hasCredentials(): boolean {
  try {
    aws('sts', 'get-caller-identity');
    return true;
  } catch {
    return false;
  }
}

function askEks(): { found: FoundVersions; notes: string[] } {
  const found = Object.fromEntries(VERSIONS.kubernetes.map(kubernetes => [
    kubernetes, Object.assign({}, ...ADDONS.map(name =>
      defaultVersions(aws('eks', 'describe-addon-versions', '--kubernetes-version', kubernetes, '--addon-name', name), kubernetes))),
  ]));
  const supported: string[] = aws('eks', 'describe-cluster-versions', '--version-status', 'STANDARD_SUPPORT').clusterVersions
    .map(({ clusterVersion }: { clusterVersion: string }) => clusterVersion);
  return {
    found,
    notes: [
      ...supported.filter(version => !VERSIONS.kubernetes.includes(version)).map(version => `! Kubernetes ${version} is in standard support and not in the table`),
      ...VERSIONS.kubernetes.filter(version => !supported.includes(version)).map(version => `! Kubernetes ${version} has left standard support: remove it from the table`),
    ],
  };
}

async function readUserGuide(): Promise<{ found: FoundVersions; notes: string[] }> {
  const found: FoundVersions = {};
  const notes: string[] = [];
  for (const [name, page] of Object.entries(PAGES)) {
    try {
      const response = await fetch(`${USER_GUIDE}${page}`, { signal: AbortSignal.timeout(30_000) });
      if (!response.ok) { throw new Error(`${response.status}`); }
      for (const [kubernetes, version] of Object.entries(versionsOfPage(await response.text()))) { (found[kubernetes] ??= {})[name as AddonName] = version; }
    } catch (error) {
      notes.push(`! ${page} of the user guide cannot be read: ${(error as Error).message}`);
    }
  }
  return { found, notes };
}

/** What the pinned Karpenter accepts, as its own source says. */
function checkKarpenter(): string[] {
  const archive = downloadGoModule(KARPENTER, `v${VERSIONS.karpenter}`);
  const source = execFileSync('unzip', ['-p', archive, `${KARPENTER}@v${VERSIONS.karpenter}/pkg/providers/version/version.go`], { encoding: 'utf8' });
  const newest = /MaxK8sVersion = "([^"]+)"/.exec(source)?.[1];
  return newest === VERSIONS.kubernetesOfKarpenter.newest ? []
    : [`! Karpenter ${VERSIONS.karpenter} accepts Kubernetes up to ${newest}; src/cluster/versions.ts says ${VERSIONS.kubernetesOfKarpenter.newest}`];
}

async function refresh(): Promise<void> {
  const table: VersionTable = JSON.parse(fs.readFileSync(TABLE, 'utf8'));
  const date = new Date().toISOString().slice(0, 10);
  const account = hasCredentials();
  const source = account ? `aws eks describe-addon-versions, ${date}` : `the EKS user guide, ${date}`;
  const { found, notes } = account ? askEks() : await readUserGuide();
  const lines = merge(table, found, source);
  if (lines.some(line => line.startsWith('+'))) {
    fs.writeFileSync(TABLE, `${JSON.stringify({ ...table, date }, null, 2)}\n`);
  } else {
    lines.push('Nothing is newer.');
  }
  process.stdout.write(`${[`Source: ${source}`, ...notes, ...checkKarpenter(), ...lines].join('\n')}\n`);
}

if (require.main === module) {
  refresh().catch(error => {
    process.stderr.write(`${error}\n`);
    process.exitCode = 1;
  });
}
