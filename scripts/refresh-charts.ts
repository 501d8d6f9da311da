/**
 * Vendors the Helm charts of the cluster's bootstrap under src/cluster/charts, from public Go modules.
 * Run it after a change of the versions below: `npx tsx scripts/refresh-charts.ts`. Needs `go` and `unzip`.
 */
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { downloadGoModule } from './go-module';
import { VERSIONS } from '../src/cluster/versions';

const CHARTS = path.join(__dirname, '..', 'src', 'cluster', 'charts');
const LICENSE = 'LICENSE';

const KARPENTER = 'github.com/aws/karpenter-provider-aws';
/** A tagged chart names the release before it: version and image of a chart are stamped after its release, so the next release's chart knows them. */
const KARPENTER_STAMPED_AT = '1.15.1';

const LOAD_BALANCER_CONTROLLER = 'sigs.k8s.io/aws-load-balancer-controller';
/** The module path ends without /v2, so Go knows the tag by its commit only. */
const LOAD_BALANCER_CONTROLLER_PSEUDO_VERSION = 'v0.0.0-20260109171550-3b9bdb1e3fb2';

function unpack(module: string, version: string): string {
  const workDir = fs.mkdtempSync(path.join(os.tmpdir(), 'charts-'));
  execFileSync('unzip', ['-q', '-o', downloadGoModule(module, version), '-d', workDir]);
  return path.join(workDir, `${module}@${version}`);
}

/** Copies what helm needs: no documentation, no tests, no CRDs (helm would install those once and never upgrade them). */
function vendor(module: string, chart: string, name: string): string {
  const target = path.join(CHARTS, name);
  fs.rmSync(target, { recursive: true, force: true });
  fs.mkdirSync(target, { recursive: true });
  for (const file of ['Chart.yaml', 'values.yaml', '.helmignore', 'templates']) {
    const source = path.join(module, chart, file);
    if (fs.existsSync(source)) { fs.cpSync(source, path.join(target, file), { recursive: true }); }
  }
  fs.copyFileSync(path.join(module, LICENSE), path.join(target, LICENSE));
  return target;
}

function replaceLine(file: string, pattern: RegExp, line: string): void {
  const text = fs.readFileSync(file, 'utf8');
  if (!pattern.test(text)) { throw new Error(`${file} has no line ${pattern}`); }
  fs.writeFileSync(file, text.replace(pattern, line));
}

function vendorKarpenter(): void {
  const module = unpack(KARPENTER, `v${VERSIONS.karpenter}`);
  const stamped = fs.readFileSync(path.join(unpack(KARPENTER, `v${KARPENTER_STAMPED_AT}`), 'charts/karpenter/values.yaml'), 'utf8');
  const digest = /digest: (sha256:[0-9a-f]{64})/.exec(stamped)?.[1];
  if (!digest || !stamped.includes(`tag: ${VERSIONS.karpenter}`)) {
    throw new Error(`the chart of ${KARPENTER_STAMPED_AT} does not name the image of ${VERSIONS.karpenter}`);
  }
  for (const name of ['karpenter-crd', 'karpenter']) {
    const chart = path.join(vendor(module, `charts/${name}`, name), 'Chart.yaml');
    replaceLine(chart, /^version: .*$/m, `version: ${VERSIONS.karpenter}`);
    replaceLine(chart, /^appVersion: .*$/m, `appVersion: ${VERSIONS.karpenter}`);
  }
  const values = path.join(CHARTS, 'karpenter', 'values.yaml');
  replaceLine(values, /^ {4}tag: .*$/m, `    tag: ${VERSIONS.karpenter}`);
  replaceLine(values, /^ {4}digest: .*$/m, `    digest: ${digest}`);
}

function vendorLoadBalancerController(): void {
  const name = 'aws-load-balancer-controller';
  const module = unpack(LOAD_BALANCER_CONTROLLER, LOAD_BALANCER_CONTROLLER_PSEUDO_VERSION);
  const chart = vendor(module, `helm/${name}`, name);
  const tag = `v${VERSIONS.loadBalancerController}`;
  if (!fs.readFileSync(path.join(chart, 'Chart.yaml'), 'utf8').includes(`appVersion: ${tag}\n`)) {
    throw new Error(`${LOAD_BALANCER_CONTROLLER_PSEUDO_VERSION} is not ${tag}`);
  }
  const crds = path.join(CHARTS, `${name}-crd`);
  fs.rmSync(crds, { recursive: true, force: true });
  fs.mkdirSync(path.join(crds, 'templates'), { recursive: true });
  fs.copyFileSync(path.join(module, `helm/${name}/crds/crds.yaml`), path.join(crds, 'templates/crds.yaml'));
  fs.copyFileSync(path.join(module, LICENSE), path.join(crds, LICENSE));
  fs.writeFileSync(path.join(crds, 'Chart.yaml'), [
    'apiVersion: v2', `name: ${name}-crd`, 'description: The CRDs of the AWS Load Balancer Controller, in a chart of their own so that they are upgraded',
    'type: application', `version: ${VERSIONS.loadBalancerController}`, `appVersion: ${tag}`, 'home: https://github.com/kubernetes-sigs/aws-load-balancer-controller', '',
  ].join('\n'));
}

function makeWritable(folder: string): void {
  for (const entry of fs.readdirSync(folder, { withFileTypes: true, recursive: true })) {
    fs.chmodSync(path.join(entry.parentPath, entry.name), entry.isDirectory() ? 0o755 : 0o644);
  }
}

vendorKarpenter();
vendorLoadBalancerController();
makeWritable(CHARTS);
