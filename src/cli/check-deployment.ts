import * as fs from 'node:fs';
import * as path from 'node:path';
import { parseArgs } from 'node:util';
import { parseAllDocuments } from 'yaml';
import { CommandError } from './command-error';
import { CONTRACT_FILE, DeploymentContract, ServiceContract } from '../private/deployment-contract';
import { Deployment, violations } from '../private/deployment-rules';

export const CHECK_DEPLOYMENT_USAGE = `Says whether the Deployments of web services keep the rules of the clusters that they are for, before they are shipped.

  helm template deploy/chart … | cdk-innovate-platform check-deployment [options]
  cdk-innovate-platform check-deployment [options] <file> …

  --app <directory>    the cloud assembly (cdk.out) with the clusters; make it with \`npx cdk synth\`
  --contract <file>    a ${CONTRACT_FILE} that was kept from a bundle, instead of --app
  --cluster <name>     measure by this cluster only
  --json               the result as JSON on standard output

Reads YAML or JSON. The cluster refuses by the same rules. Ends with 1 where one is broken, or where nothing was found to check.
`;

interface Options {
  readonly files: string[];
  readonly app: string;
  readonly contract?: string;
  readonly cluster?: string;
  readonly json: boolean;
}

/** A Deployment measured by one cluster. */
interface Finding {
  readonly source: string;
  readonly cluster: string;
  readonly deployment: string;
  readonly broken: { readonly rule: string; readonly message: string }[];
}

interface Source {
  readonly name: string;
  readonly text: string;
}

/** Prints what the Deployments break. */
export function checkDeployment(args: string[]): number {
  const options = parse(args);
  const contracts = contractsFor(options);
  const deployments = sources(options.files).flatMap(source => deploymentsIn(source).map(deployment => ({ source: source.name, deployment })));
  const findings = deployments.flatMap(({ source, deployment }) => findingsOf(source, deployment, contracts));
  process.stdout.write(options.json ? `${JSON.stringify(findings, undefined, 2)}\n` : asText(findings, deployments.length, contracts));
  return findings.length > 0 && findings.every(({ broken }) => broken.length === 0) ? 0 : 1;
}

function findingsOf(source: string, deployment: Deployment, contracts: DeploymentContract[]): Finding[] {
  return contracts.flatMap(({ cluster, services }) => services.filter(service => isOf(deployment, service)).map(service => ({
    source,
    cluster,
    deployment: `${service.namespace}/${service.name}`,
    broken: violations(deployment, service).map(({ id, message }) => ({ rule: id, message: message(service) })),
  })));
}

/** What names no namespace goes to the one that is named when it is applied. */
function isOf({ metadata = {} }: Deployment, service: ServiceContract): boolean {
  return metadata.name === service.name && (metadata.namespace ?? service.namespace) === service.namespace;
}

function deploymentsIn({ name, text }: Source): Deployment[] {
  return parseAllDocuments(text).flatMap(document => {
    const [error] = document.errors;
    if (error) { throw new CommandError(`${name} is no YAML: ${error.message}`); }
    return objectsIn(document.toJS());
  }).filter(({ kind }) => kind === 'Deployment');
}

function objectsIn(value: unknown): (Deployment & { readonly kind?: string })[] {
  if (typeof value !== 'object' || value === null) { return []; }
  const { kind, items } = value as { kind?: string; items?: unknown[] };
  return kind === 'List' ? (items ?? []).flatMap(objectsIn) : [value];
}

function sources(files: string[]): Source[] {
  if (files.length === 0 || files.join() === '-') { return [{ name: 'standard input', text: fs.readFileSync(0, 'utf8') }]; }
  return files.map(file => ({ name: file, text: read(file) }));
}

function contractsFor({ app, contract, cluster }: Options): DeploymentContract[] {
  const all = (contract ? [contract] : contractFiles(app)).map(file => JSON.parse(read(file)) as DeploymentContract)
    .sort((one, other) => one.cluster < other.cluster ? -1 : 1);
  const chosen = all.filter(one => cluster === undefined || one.cluster === cluster);
  if (chosen.length > 0) { return chosen; }
  const where = contract ?? app;
  throw new CommandError(all.length === 0
    ? `${where} has no cluster with web services. Name the cloud assembly of the app that has one with --app.`
    : `${where} has no cluster "${cluster}". Give one of ${all.map(one => one.cluster).join(', ')}.`);
}

interface Manifest {
  readonly artifacts?: Record<string, { readonly type: string; readonly properties?: { readonly file?: string; readonly directoryName?: string } }>;
}

/** By the manifests, since a directory keeps what earlier syntheses left. */
function contractFiles(assembly: string): string[] {
  const manifest = path.join(assembly, 'manifest.json');
  if (!fs.existsSync(manifest)) {
    throw new CommandError(`${assembly} is not a cloud assembly; synthesize the app first (\`npx cdk synth\`), or name its directory with --app.`);
  }
  const { artifacts = {} } = JSON.parse(read(manifest)) as Manifest;
  return Object.values(artifacts).flatMap(({ type, properties = {} }) => {
    if (type === 'cdk:cloud-assembly') { return contractFiles(path.join(assembly, properties.directoryName!)); }
    if (type !== 'cdk:asset-manifest') { return []; }
    return assetsOf(path.join(assembly, properties.file!)).map(asset => path.join(asset, CONTRACT_FILE)).filter(file => fs.existsSync(file));
  });
}

function assetsOf(assetManifest: string): string[] {
  const { files = {} } = JSON.parse(read(assetManifest)) as { files?: Record<string, { readonly source?: { readonly path?: string } }> };
  const paths = Object.values(files).map(({ source }) => source?.path).filter(file => file !== undefined);
  return paths.map(file => path.resolve(path.dirname(assetManifest), file));
}

function asText(findings: Finding[], deployments: number, contracts: DeploymentContract[]): string {
  if (findings.length === 0) {
    const known = contracts.flatMap(({ cluster, services }) => services.map(({ namespace, name }) => `${namespace}/${name} (${cluster})`));
    return `None of ${deployments} Deployments belongs to a web service. A Deployment is called like its service; these are known: ${known.join(', ')}.\n`;
  }
  return findings.map(({ source, cluster, deployment, broken }) => {
    const title = `${deployment} in ${source}, for the cluster ${cluster}`;
    if (broken.length === 0) { return `ok      ${title}\n`; }
    return `refused ${title}\n${broken.map(({ rule, message }) => `  ${rule}: ${message}\n`).join('')}`;
  }).join('');
}

function read(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch (error) {
    throw new CommandError(`${file} cannot be read: ${(error as Error).message}`);
  }
}

function parse(args: string[]): Options {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { app: { type: 'string' }, contract: { type: 'string' }, cluster: { type: 'string' }, json: { type: 'boolean' } },
    });
    return { files: positionals, app: values.app ?? 'cdk.out', contract: values.contract, cluster: values.cluster, json: values.json ?? false };
  } catch (error) {
    throw new CommandError(`${(error as Error).message}\n\n${CHECK_DEPLOYMENT_USAGE}`);
  }
}
