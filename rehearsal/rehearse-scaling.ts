/**
 * The example platform's cluster through one day: a real Kubernetes control plane, metrics server and Karpenter apply exactly what
 * `examples/platform` synthesizes, against a local EC2, with machines played by kwok. Everything on the loopback interface.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { parseArgs } from 'node:util';
import { synthesize } from './cdk-cli';
import { Failure } from './failure';
import { kubernetesTools } from './kubernetes/tools';
import { MemoryWatch } from './memory';
import { runProgram } from './program';
import { Progress } from './progress';
import { openRunDirectory } from './run-directory';
import { type Assertion, assertionsOf, overrunOf } from './scaling/assertions';
import { budgetOf, SHAPES } from './scaling/budget';
import { ScalingCluster } from './scaling/cluster';
import { Day } from './scaling/day';
import { millicores } from './scaling/karpenter';
import { draw } from './scaling/picture';
import { type Sample, Sampler, type Service } from './scaling/sampling';
import { type Teardown, tearDown } from './scaling/teardown';
import { type ScalingTools, scalingTools } from './scaling/tools';
import { Traffic } from './scaling/traffic';

const EXAMPLE = 'examples/platform/app.ts';
const APP = `tsx --tsconfig tsconfig.dev.json ${EXAMPLE}`;
const CHART = 'examples/application/deploy/chart';
const WORK_DIRECTORY = '.rehearsal';
const PRICES = path.resolve('src/cluster/nodes/node-prices.json');
const SERVICE: Service = { namespace: 'app', name: 'api' };
const IMAGE = { repository: 'registry.example/api', digest: `sha256:${'0'.repeat(64)}` };
const PACE = { bootSeconds: 20, podStartSeconds: { least: 4, most: 9 }, podStopSeconds: 5 };
const ROW_SECONDS = 10;

const USAGE = `Plays a day of the example platform's cluster: real Kubernetes, real Karpenter, a local EC2, machines played by kwok.

  --environment <name>   whose cluster (Production)
  --app <directory>      a cloud assembly instead of the synthesized example
  --minutes <number>     the longest that the evening may take, until everything is back to the baseline (30)
  --keep                 leave everything running after the day, until Ctrl-C
`;

interface Options {
  readonly environment: string;
  readonly app: string;
  readonly minutes: number;
  readonly keep: boolean;
}

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
const progress = new Progress();

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2));
  if (!options) { return; }
  const memory = new MemoryWatch();
  const directory = openRunDirectory(WORK_DIRECTORY);
  const { result: tools, seconds: buildSeconds } = await progress.phase('programs', async () => ({
    ...await kubernetesTools(WORK_DIRECTORY, progress), ...await scalingTools(WORK_DIRECTORY, progress),
  }));
  const { result: assembly } = await progress.phase('synth', () => synthesize(options.app, directory));
  const { result: cluster, seconds: startSeconds } = await progress.phase('cluster', () => ScalingCluster.start({
    assembly, environment: options.environment, cache: WORK_DIRECTORY, directory, tools, prices: PRICES, shapes: SHAPES, pace: PACE, progress,
  }));
  try {
    const played = await progress.phase('day', () => playDay(cluster, tools, options));
    const teardown = await progress.phase('teardown', () => tearDown(cluster, directory));
    await played.result.traffic.stop();
    const mebibytes = memory.end();
    const figures = { buildSeconds, startSeconds, daySeconds: played.seconds, teardownSeconds: teardown.seconds, mebibytes };
    finish(cluster, tools, played.result, teardown.result, figures);
    if (options.keep) { await kept(cluster); }
  } finally {
    await cluster.stop();
  }
}

interface Played {
  readonly sampler: Sampler;
  readonly assertions: readonly Assertion[];
  /** Goes on while the cluster is deleted. */
  readonly traffic: Traffic;
}

async function playDay(cluster: ScalingCluster, tools: ScalingTools, options: Options): Promise<Played> {
  const budget = await budgetOf(cluster.api, monthlyBudgetOf(options.environment));
  await deployApplication(cluster);
  const { minReplicas, maxReplicas, requestedMillicores, cpuUtilization } = await serviceFacts(cluster);
  const traffic = new Traffic(
    cluster.api, SERVICE, requestedMillicores, error => cluster.note(error), tools.metricsServer ? undefined : { minReplicas, maxReplicas, cpuUtilization },
  );
  const sampler = new Sampler(cluster, SERVICE, budget, liveTable());
  traffic.start();
  sampler.start();
  const day = new Day({
    cluster, sampler, traffic, service: SERVICE, minReplicas, podVcpus: requestedMillicores / 1000,
    vcpusPerPod: requestedMillicores / 1000 * cpuUtilization / 100,
    eveningMinutes: options.minutes, onPhase: name => progress.update(name),
  });
  try {
    const facts = await day.play();
    const { instanceProfile, securityGroup } = cluster.surroundings;
    const assertions = assertionsOf({ sampler, facts, minReplicas, clusterName: cluster.name, instanceProfile, securityGroup: securityGroup.id });
    await day.nextMorning();
    return { sampler, traffic, assertions };
  } finally {
    await sampler.stop();
    write(sampler, options.environment);
  }
}

/** As the delivery pipeline deploys it: the application's own chart. */
async function deployApplication(cluster: ScalingCluster): Promise<void> {
  await cluster.client.must('The application cannot be deployed', 'helm',
    'upgrade', '--install', SERVICE.name, CHART, '--namespace', SERVICE.namespace, '--set', `image.repository=${IMAGE.repository}`, '--set', `image.digest=${IMAGE.digest}`,
  );
}

async function serviceFacts({ api }: ScalingCluster) {
  const { namespace, name } = SERVICE;
  const autoscaler = await api.get(`/apis/autoscaling/v2/namespaces/${namespace}/horizontalpodautoscalers/${name}`);
  const deployment = await api.get(`/apis/apps/v1/namespaces/${namespace}/deployments/${name}`);
  const { cpu } = deployment.spec.template.spec.containers[0].resources.requests as { cpu: string };
  const target = (autoscaler.spec.metrics as { resource: { name: string; target: { averageUtilization: number } } }[]).find(({ resource }) => resource.name === 'cpu')!;
  return {
    minReplicas: autoscaler.spec.minReplicas as number,
    maxReplicas: autoscaler.spec.maxReplicas as number,
    cpuUtilization: target.resource.target.averageUtilization,
    requestedMillicores: millicores(cpu),
  };
}

/** The dollars are said once, in the example. */
function monthlyBudgetOf(environment: string): number {
  const [, amount] = new RegExp(`PlatformEnvironment\\.${environment.toLowerCase()}\\(\\{[^}]*monthlyNodeBudget: (\\d+)`).exec(fs.readFileSync(EXAMPLE, 'utf8')) ?? [];
  if (!amount) { throw new Failure(`${EXAMPLE} says no monthlyNodeBudget of ${environment}.`); }
  return Number(amount);
}

const COLUMNS = ['time', 'phase', 'pods wanted', 'ready', 'pending', 'on demand', 'spot', 'vCPUs', '$/h'];

/** A line every ten seconds on standard output, and the newest figures on the live line. */
function liveTable(): (sample: Sample) => void {
  let nextRow = 0;
  const widths = COLUMNS.map(column => Math.max(column.length, 6));
  widths[1] = 12;
  const row = (cells: readonly string[]) => `${cells.map((cell, index) => index === 1 ? cell.padEnd(widths[1]) : cell.padStart(widths[index])).join('  ')}\n`;
  return sample => {
    const { second, phase, pods, machines, vcpus, usdPerHour } = sample;
    const cells = [`${second.toFixed(0)} s`, phase, pods.wanted, pods.ready, pods.pending, machines.onDemand, machines.spot, vcpus, usdPerHour.toFixed(2)].map(String);
    progress.update(`${phase}: ${pods.ready} of ${pods.wanted} pods, ${machines.onDemand + machines.spot} nodes, ${vcpus} vCPUs, $${usdPerHour.toFixed(2)} an hour`);
    if (nextRow === 0) { process.stdout.write(row(COLUMNS)); }
    if (second >= nextRow) {
      process.stdout.write(row(cells));
      nextRow = second + ROW_SECONDS;
    }
  };
}

function write(sampler: Sampler, environment: string): void {
  if (sampler.samples.length < 2) { return; }
  const title = `A day of ${environment}: the node budget and the traffic`;
  fs.writeFileSync(path.join(WORK_DIRECTORY, 'scaling.svg'), draw(title, sampler.samples, sampler.budget));
  fs.writeFileSync(path.join(WORK_DIRECTORY, 'scaling.json'), `${JSON.stringify({ environment, budget: sampler.budget, samples: sampler.samples }, null, 1)}\n`);
}

interface Figures {
  readonly buildSeconds: number;
  readonly startSeconds: number;
  readonly daySeconds: number;
  readonly teardownSeconds: number;
  readonly mebibytes?: number;
}

function finish(cluster: ScalingCluster, tools: ScalingTools, { sampler, assertions }: Played, teardown: Teardown, figures: Figures): void {
  const all = [...assertions, ...teardown.assertions];
  const over = overrunOf(sampler);
  const lines = [
    '',
    ...all.map(({ name, holds, measured }) => `${holds ? 'ok  ' : 'FAIL'} ${name}: ${measured}`),
    '',
    `The vCPU limit ${over.samples ? `was exceeded by up to ${over.most} vCPUs in ${over.samples} of ${sampler.samples.length} samples (${
      Object.entries(over.phases).map(([phase, vcpus]) => `${phase}: ${vcpus}`).join(', ')}); the budget has room for ${sampler.budget.surplusVcpus}` : 'was never exceeded'}.`,
    ...[...tools.leftOut, ...teardown.leftOut].map(text => `Left out: ${text}.`),
    ...cluster.failedInPassing ? [`${cluster.failedInPassing} requests of the rehearsal itself failed in passing; a sample may be missing.`] : [],
    `Programs ${figures.buildSeconds.toFixed(0)} s, cluster ${figures.startSeconds.toFixed(0)} s, day ${figures.daySeconds.toFixed(0)} s, teardown ${
      figures.teardownSeconds.toFixed(0)} s${figures.mebibytes ? `, at most ${figures.mebibytes} MiB` : ''}.`,
    `Picture: ${path.join(WORK_DIRECTORY, 'scaling.svg')}; samples: ${path.join(WORK_DIRECTORY, 'scaling.json')}.`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  const failed = all.filter(({ holds }) => !holds);
  if (failed.length) { throw new Failure(`${failed.length} of ${all.length} assertions do not hold: ${failed.map(({ name }) => name).join('; ')}.`); }
}

async function kept(cluster: ScalingCluster): Promise<void> {
  progress.line(`Kept until Ctrl-C. Kubernetes: KUBECONFIG=${cluster.kubernetes.kubeconfig}; EC2: AWS_ENDPOINT_URL=${cluster.ec2.endpoint}.`);
  await new Promise(() => { setInterval(() => undefined, 60_000); });
}

function parseOptions(args: string[]): Options | undefined {
  const { values } = (() => {
    try {
      return parseArgs({
        args,
        options: { environment: { type: 'string' }, app: { type: 'string' }, minutes: { type: 'string' }, keep: { type: 'boolean' }, help: { type: 'boolean' } },
      });
    } catch (error) {
      throw new Failure(`${(error as Error).message}\n\n${USAGE}`);
    }
  })();
  if (values.help) {
    process.stdout.write(USAGE);
    return undefined;
  }
  const minutes = Number(values.minutes ?? 30);
  if (!(minutes > 0)) { throw new Failure(`--minutes is ${values.minutes}; give a number of minutes above zero.`); }
  return { environment: values.environment ?? 'Production', app: values.app ?? APP, minutes, keep: values.keep ?? false };
}

runProgram(progress, main);
