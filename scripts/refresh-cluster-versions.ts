/**
 * Refreshes src/cluster/cluster-versions.json, all versions of a cluster, and prints what changed: `npx tsx scripts/refresh-cluster-versions.ts`.
 *
 * Taken where they are newer: add-ons and kubectl layers. With credentials for AWS, of any account, the AWS CLI is asked for the defaults of EKS; without, the
 * tables of the user guide are read, which lag behind and know three of the add-ons. Nothing is ever made older. What no source answers stays and is named.
 *
 * Said only: newer releases of Karpenter, the load balancer controller and the images, and Kubernetes versions that came or left. They are tried together first:
 * `--take karpenter=1.15.1` writes one of the former, then scripts/refresh-charts.ts takes the charts; a Kubernetes version is added or removed by hand.
 */
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { downloadGoModule } from './go-module';
import { AddonName, ADDONS, minorOf, VERSIONS } from '../src/cluster/versions';

const TABLE = path.join(__dirname, '..', 'src', 'cluster', 'cluster-versions.json');
const USER_GUIDE = 'https://docs.aws.amazon.com/eks/latest/userguide/';
const PAGES: Partial<Record<AddonName, string>> = { 'coredns': 'managing-coredns.md', 'kube-proxy': 'managing-kube-proxy.md', 'vpc-cni': 'managing-vpc-cni.md' };
const KARPENTER = 'github.com/aws/karpenter-provider-aws';

export interface VersionTable {
  note: string;
  date: string;
  sources: Record<string, string>;
  components: Record<ComponentName, string>;
  kubernetesOfKarpenter: { oldest: string; newest: string };
  kubernetes: Record<string, { kubectlLayer: string; addons: Record<AddonName, string> }>;
}

/** What is said to be out, and taken on demand; the tags of its releases in its repository. */
const COMPONENTS = {
  karpenter: { repository: `https://${KARPENTER}`, tag: /^v(\d+\.\d+\.\d+)$/ },
  loadBalancerController: { repository: 'https://github.com/kubernetes-sigs/aws-load-balancer-controller', tag: /^v(\d+\.\d+\.\d+)$/ },
  bottlerocket: { repository: 'https://github.com/bottlerocket-os/bottlerocket', tag: /^v(\d+\.\d+\.\d+)$/ },
  al2023: { repository: 'https://github.com/awslabs/amazon-eks-ami', tag: /^(v\d{8})$/ },
} as const;

export type ComponentName = keyof typeof COMPONENTS;

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
export function merge(table: Pick<VersionTable, 'sources' | 'kubernetes'>, found: FoundVersions, source: string): string[] {
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

/** Takes newer kubectl layers, by Kubernetes version. */
export function mergeLayers(table: Pick<VersionTable, 'kubernetes'>, found: Record<string, string | undefined>): string[] {
  return Object.entries(table.kubernetes).flatMap(([kubernetes, release]) => {
    const [old, candidate] = [release.kubectlLayer, found[kubernetes]];
    if (candidate === undefined) { return [`? ${kubernetes} kubectl layer: stays at ${old}, the registry does not answer`]; }
    if (rank(candidate) <= rank(old)) { return []; }
    release.kubectlLayer = candidate;
    return [`+ ${kubernetes} kubectl layer: ${old} -> ${candidate}`];
  });
}

function layersOfRegistry(): Record<string, string | undefined> {
  return Object.fromEntries(VERSIONS.kubernetes.map(kubernetes => [
    kubernetes, attempt(() => execFileSync('npm', ['view', `@aws-cdk/lambda-layer-kubectl-v${minorOf(kubernetes)}`, 'version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()),
  ]));
}

/** What is out of a component, said and not taken. */
export function newer(name: ComponentName, current: string, tags: string[] | undefined): string[] {
  if (!tags) { return [`? ${name}: stays at ${current}, ${COMPONENTS[name].repository} cannot be read`]; }
  const [newest] = tags.flatMap(tag => COMPONENTS[name].tag.exec(tag)?.[1] ?? []).sort((one, other) => (rank(one) < rank(other) ? 1 : -1));
  return newest !== undefined && rank(newest) > rank(current) ? [`> ${name}: ${newest} is out, the table has ${current}; --take ${name}=${newest}`] : [];
}

/** Writes one component, as `karpenter=1.15.1`. */
export function take(table: Pick<VersionTable, 'components'>, choice: string): string {
  const [name, version] = choice.split('=') as [ComponentName, string | undefined];
  if (!(name in COMPONENTS) || !version || !COMPONENTS[name].tag.test(name === 'al2023' ? version : `v${version}`)) {
    throw new Error(`--take ${choice}: give one of ${Object.keys(COMPONENTS).join(', ')} and its version, as in karpenter=1.15.1`);
  }
  const old = table.components[name];
  table.components[name] = version;
  return `+ ${name}: ${old} -> ${version}${['karpenter', 'loadBalancerController'].includes(name) ? '; now scripts/refresh-charts.ts' : ''}`;
}

function tagsOf(name: ComponentName): string[] | undefined {
  return attempt(() => {
    if (name === 'karpenter') { return execFileSync('go', ['list', '-m', '-versions', '-f', '{{join .Versions "\\n"}}', KARPENTER], { cwd: os.tmpdir(), encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).split('\n'); }
    const listed = execFileSync('git', ['ls-remote', '--tags', '--refs', COMPONENTS[name].repository], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    return [...listed.matchAll(/refs\/tags\/(\S+)/g)].map(([, tag]) => tag);
  });
}

function attempt<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}

/** The newest Kubernetes that the Karpenter of the table accepts, as its own source says. */
function acceptedByKarpenter(karpenter: string): string | undefined {
  const archive = downloadGoModule(KARPENTER, `v${karpenter}`);
  const source = execFileSync('unzip', ['-p', archive, `${KARPENTER}@v${karpenter}/pkg/providers/version/version.go`], { encoding: 'utf8' });
  return /MaxK8sVersion = "([^"]+)"/.exec(source)?.[1];
}

function mergeKarpenter({ components: { karpenter }, kubernetesOfKarpenter: range }: VersionTable): string[] {
  const newest = attempt(() => acceptedByKarpenter(karpenter));
  if (newest === undefined) { return [`? Karpenter ${karpenter} does not say which Kubernetes it accepts: stays at ${range.newest}`]; }
  if (newest === range.newest) { return []; }
  const line = `+ Karpenter ${karpenter} accepts Kubernetes up to ${range.newest} -> ${newest}`;
  range.newest = newest;
  return [line];
}

async function refresh(args: readonly string[]): Promise<void> {
  const table: VersionTable = JSON.parse(fs.readFileSync(TABLE, 'utf8'));
  const taken = args.flatMap((arg, index) => arg === '--take' ? [take(table, args[index + 1] ?? '')] : []);
  const date = new Date().toISOString().slice(0, 10);
  const account = hasCredentials();
  const source = account ? `aws eks describe-addon-versions, ${date}` : `the EKS user guide, ${date}`;
  const { found, notes } = account ? askEks() : await readUserGuide();
  const lines = [...taken, ...mergeKarpenter(table), ...mergeLayers(table, layersOfRegistry()), ...merge(table, found, source)];
  if (lines.some(line => line.startsWith('+'))) {
    fs.writeFileSync(TABLE, `${JSON.stringify({ ...table, date }, null, 2)}\n`);
  } else {
    lines.push('Nothing that is taken by itself is newer.');
  }
  const out = (Object.keys(COMPONENTS) as ComponentName[]).flatMap(name => newer(name, table.components[name], tagsOf(name)));
  process.stdout.write(`${[`Source: ${source}`, ...notes, ...lines, ...out].join('\n')}\n`);
}

if (require.main === module) {
  refresh(process.argv.slice(2)).catch(error => {
    process.stderr.write(`${error}\n`);
    process.exitCode = 1;
  });
}
