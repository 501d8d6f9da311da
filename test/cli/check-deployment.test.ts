import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { App, Size, Stack, Stage } from 'aws-cdk-lib';
import { stringify } from 'yaml';
import { temporaryDirectory } from './local-assembly';
import { checkDeployment } from '../../src/cli/check-deployment';
import { CommandError } from '../../src/cli/command-error';
import { KarpenterCluster } from '../../src/cluster/karpenter-cluster';
import { NodeBudget } from '../../src/cluster/nodes/node-budget';
import { WebServiceOptions } from '../../src/cluster/services/web-service';
import { DEPLOYMENT_EXAMPLES } from '../cluster/services/deployment-examples';
import { foreignVpc } from '../support/stacks';

const ROOT = path.join(__dirname, '..', '..');
const CHART = path.join(ROOT, 'examples', 'application', 'deploy', 'chart');
const ORDERS: WebServiceOptions = { port: 8443, namespace: 'shop', podRequests: { vcpus: 0.5, memory: Size.mebibytes(512) } };
const directory = temporaryDirectory();
const app = path.join(directory, 'cdk.out');

function clusterIn(stack: Stack, clusterName: string, services: Record<string, WebServiceOptions>): void {
  const cluster = new KarpenterCluster(stack, 'Cluster', { vpc: foreignVpc(stack), clusterName, nodeBudget: NodeBudget.usdPerMonth(1000), plainHttp: true });
  for (const [id, options] of Object.entries(services)) { cluster.addWebService(id, options); }
}

function file(name: string, ...documents: object[]): string {
  const target = path.join(directory, name);
  fs.writeFileSync(target, documents.map(document => stringify(document)).join('---\n'));
  return target;
}

function exampleFile(name: string): string {
  return file('deployment.yaml', { apiVersion: 'v1', kind: 'ConfigMap' }, DEPLOYMENT_EXAMPLES.find(example => example.name === name)!.deployment);
}

/** What the command prints and ends with. */
function check(...args: string[]): { status: number; printed: string } {
  const write = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
  try {
    const status = checkDeployment(args.includes('--contract') ? args : ['--app', app, ...args]);
    return { status, printed: write.mock.calls.map(([text]) => String(text)).join('') };
  } finally {
    write.mockRestore();
  }
}

beforeAll(() => {
  const root = new App({ outdir: app });
  const env = { account: '222222222222', region: 'eu-west-1' };
  clusterIn(new Stack(root, 'Production', { env }), 'shop-production', { Orders: ORDERS });
  clusterIn(new Stack(new Stage(root, 'Staging'), 'Cluster', { env }), 'shop-staging', { Orders: { ...ORDERS, podRequests: { vcpus: 0.25 } }, Api: { port: 8443, paths: ['/api/*'] } });
  root.synth();
  // what an earlier synthesis left is nobody's
  fs.mkdirSync(path.join(app, 'asset.0'));
  fs.writeFileSync(path.join(app, 'asset.0', 'contract.json'), JSON.stringify({ cluster: 'shop-gone', services: [] }));
}, 60_000);

test('a Deployment is measured by every cluster that has its service', () => {
  const { status, printed } = check(exampleFile('the plainest one'));
  expect(status).toBe(1);
  expect(printed.split('\n')).toEqual([
    expect.stringMatching(/^ok {6}shop\/orders in .*deployment.yaml, for the cluster shop-production$/),
    expect.stringMatching(/^refused shop\/orders in .*deployment.yaml, for the cluster shop-staging$/),
    expect.stringMatching(/^ {2}requested-cpu: A pod requests 250m of cpu in all, .*Make the two agree/),
    '',
  ]);
});

test('--cluster chooses one, and a Deployment that keeps its rules ends with 0', () => {
  expect(check('--cluster', 'shop-production', exampleFile('the plainest one'))).toEqual({ status: 0, printed: expect.stringMatching(/^ok/) });
});

test('--json tells what programs want to know', () => {
  const { status, printed } = check('--cluster', 'shop-production', '--json', exampleFile('any architecture'));
  expect(status).toBe(1);
  expect(JSON.parse(printed)).toEqual([{
    source: expect.stringMatching(/deployment.yaml$/),
    cluster: 'shop-production',
    deployment: 'shop/orders',
    broken: [{ rule: 'architecture', message: expect.stringContaining('build the image for linux/arm64') }],
  }]);
});

test('lists are looked into, and what names no namespace is taken for the service\'s', () => {
  const { deployment } = DEPLOYMENT_EXAMPLES[0];
  const list = file('list.yaml', { apiVersion: 'v1', kind: 'List', items: [{ ...deployment, metadata: { name: 'orders' } }] });
  expect(check('--cluster', 'shop-production', list).status).toBe(0);
});

test('nothing to check is no success', () => {
  const other = file('other.yaml', { ...DEPLOYMENT_EXAMPLES[0].deployment, metadata: { name: 'order', namespace: 'shop' } });
  expect(check(other)).toEqual({
    status: 1, printed: expect.stringMatching(/^None of 1 Deployments belongs to a web service\. .*shop\/orders \(shop-production\).*app\/api \(shop-staging\)/),
  });
});

test('the chart of the example application keeps every rule', () => {
  const values = { resources: { requests: { cpu: '250m', memory: '512Mi' }, limits: { memory: '512Mi' } }, shutdown: { preStopSeconds: 20, terminationGracePeriodSeconds: 60 } };
  const rendered = path.join(directory, 'chart.yaml');
  const lookUp = (trail: string) => trail.split('.').reduce((value: any, field) => value[field], values);
  const template = (name: string) => fs.readFileSync(path.join(CHART, 'templates', name), 'utf8');
  const parts = new Map([...template('_pod.tpl').matchAll(/\{\{- define "([^"]+)" -\}\}\n(.*?)\n\{\{- end \}\}/gs)].map(([, name, text]) => [name, text]));
  fs.writeFileSync(rendered, template('deployment.yaml')
    .replace(/\n *\{\{- include "([^"]+)" [^|]+\| nindent (\d+) \}\}/g, (_, name: string, indent: string) => parts.get(name)!.split('\n').map(line => `\n${' '.repeat(Number(indent))}${line}`).join(''))
    .replace(/\{\{ \.Values\.([\w.]+)( \| quote)? \}\}/g, (_, trail: string) => JSON.stringify(lookUp(trail)))
    .replace(/\{\{.*?\}\}/g, 'rendered'));
  expect(check('--cluster', 'shop-staging', rendered)).toEqual({ status: 0, printed: expect.stringMatching(/^ok {6}app\/api/) });
});

test('the command reads standard input, and a contract that was kept', () => {
  const contract = path.join(directory, 'contract.json');
  fs.writeFileSync(contract, JSON.stringify({ cluster: 'shop-kept', services: [{ name: 'orders', namespace: 'shop', port: 8443, podVcpus: 0.5, podMemoryMib: 512, leastGraceSeconds: 31, mostGraceSeconds: 120 }] }));
  const { status, stdout, stderr } = spawnSync(process.execPath, [
    path.join(ROOT, 'node_modules/tsx/dist/cli.mjs'), path.join(ROOT, 'src/cli/cdk-innovate-platform.ts'), 'check-deployment', '--contract', contract,
  ], { encoding: 'utf8', input: JSON.stringify(DEPLOYMENT_EXAMPLES[0].deployment) });
  expect([stderr, stdout, status]).toEqual(['', 'ok      shop/orders in standard input, for the cluster shop-kept\n', 0]);
});

test.each<[string, () => string[], RegExp]>([
  ['what is no YAML', () => [file('ok.yaml'), broken()], /broken.yaml is no YAML: /],
  ['a file that is not there', () => ['missing.yaml'], /missing.yaml cannot be read/],
  ['an unknown cluster', () => ['--cluster', 'shop', exampleFile('the plainest one')], /has no cluster "shop"\. Give one of shop-production, shop-staging\./],
  ['a directory that is no assembly', () => ['--app', directory], /is not a cloud assembly; synthesize the app first/],
  ['an unknown option', () => ['--kluster'], /Unknown option '--kluster'.*check-deployment \[options\]/s],
])('%s is refused', (_, args, message) => {
  expect(() => check(...args())).toThrow(CommandError);
  expect(() => check(...args())).toThrow(message);
});

function broken(): string {
  const target = path.join(directory, 'broken.yaml');
  fs.writeFileSync(target, 'kind: Deployment\n  spec: [');
  return target;
}
