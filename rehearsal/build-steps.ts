/**
 * The builds of the example platform's pipelines as they were synthesized, executed in the pipelines' order for the example application:
 * from a commit in a real repository to a chart that a real API server accepts and a site in a bucket of the local AWS.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { type AssemblyStack, readAssembly } from './assembly';
import { synthesize } from './cdk-cli';
import { ApplicationRepository } from './delivery/application-repository';
import { type Outcome, PipelineRun } from './delivery/pipeline-run';
import { ReleaseTarget } from './delivery/release-target';
import { type StandIns, writeStandIns } from './delivery/stand-ins';
import { createCertificate } from './edge/certificate';
import { Checklist, unless } from './edge/checklist';
import { readDistribution } from './edge/distribution';
import { EdgeServer } from './edge/edge-server';
import { ExampleApi } from './edge/example-api';
import { BucketOrigin, HttpsOrigin } from './edge/origins';
import { Failure } from './failure';
import { ClusterClient } from './kubernetes/cluster-client';
import { startKubernetes } from './kubernetes/control-plane';
import { kubernetesTools } from './kubernetes/tools';
import { LocalAws } from './local-aws/local-aws';
import { runProgram } from './program';
import { Progress } from './progress';
import { pythonEnvironment } from './python-env';
import { openRunDirectory } from './run-directory';

const APP = 'examples/application/spa/build.sh && tsx --tsconfig tsconfig.dev.json examples/platform/app.ts';
const WORK_DIRECTORY = '.rehearsal';
const NAMESPACE = 'app';

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
const progress = new Progress();
const startedAt = Date.now();
/** What has to end before the program does, the last first. */
const started: { stop(): Promise<void> }[] = [];

async function main(): Promise<void> {
  const directory = openRunDirectory(WORK_DIRECTORY);
  try {
    await rehearse(directory);
  } finally {
    for (const each of started.reverse()) { await each.stop(); }
  }
}

async function rehearse(directory: string): Promise<void> {
  const { result: tools } = await progress.phase('tools', () => kubernetesTools(WORK_DIRECTORY, progress));
  const { result: [assembly, aws, python, repository, client] } = await progress.phase('start', () => Promise.all([
    synthesize(APP, directory),
    keep(LocalAws.start({ cache: path.resolve(WORK_DIRECTORY), directory, keep: false, nodeModules: path.resolve('node_modules') })),
    pythonEnvironment(path.join(__dirname, 'local-aws', 'requirements.txt'), path.resolve(WORK_DIRECTORY)),
    ApplicationRepository.create(directory),
    keep(startKubernetes({ directory: path.join(directory, 'kubernetes'), tools })).then(cluster => new ClusterClient(cluster, tools)),
  ]));
  const stacks = readAssembly(assembly);
  const staging = only(stacks, /\/Staging\/Delivery$/);
  const target = await ReleaseTarget.create(aws, staging);
  const edge = await startEdge(aws, target, only(stacks, /\/Staging\/Site$/), directory);
  const standIns = writeStandIns({
    directory, helm: tools.helm, aws: path.join(path.dirname(python), 'aws'),
    library: [process.execPath, require.resolve('tsx/cli'), '--tsconfig', path.resolve('tsconfig.dev.json'), path.resolve('src/cli/cdk-innovate-platform.ts')],
  });
  const pipeline = (stack: AssemblyStack, commit: string, branch: string, name: string) => new PipelineRun({
    stack, repository, commit, branch, directory: path.join(directory, name),
    environment: { ...aws.environment(stack.account, stack.region), ...edge.environment, PATH: [standIns.path, process.env.PATH].join(path.delimiter) },
    known: { SITE_BUCKET: target.bucket, DISTRIBUTION_ID: target.distributionId, SITE_URL: edge.url },
    deployToEks: (configuration, input) => target.deployToEks(client, configuration, input),
  });

  await repository.commit('feature/search', 'main', 'feat(api): search in notes');
  await repository.commit('develop', 'main', 'chore: the branch of the next release');
  const commit = await repository.merge('feature/search', 'develop');
  const run = pipeline(staging, commit, 'develop', 'staging');
  const { result: outcomes } = await progress.phase('release', () => run.run());
  outcomes.forEach(outcome => progress.event(line(outcome)));

  const checklist = new Checklist(({ name, passed }) => progress.event(`${passed ? 'ok  ' : 'FAIL'} ${name}`));
  await progress.phase('check', () => checkRelease(checklist, run, target, client, commit, standIns));
  await progress.phase('verify', () => checkVerification(checklist, repository, (hash, name) => pipeline(only(stacks, /\/Production\/Delivery$/), hash, 'main', name)));

  process.stdout.write(report(outcomes, checklist, standIns));
  if (!checklist.passed) { throw new Failure(`${checklist.findings.filter(({ passed }) => !passed).length} claims about the delivery do not hold.`, failures(outcomes)); }
}

async function checkRelease(
  checklist: Checklist, run: PipelineRun, target: ReleaseTarget, client: ClusterClient, commit: string, standIns: StandIns,
): Promise<void> {
  const { outcomes } = run;
  const builds = outcomes.flatMap(({ built }) => built ?? []);
  const digest = builds.map(({ variables }) => variables.IMAGE_DIGEST).find(value => value !== undefined) ?? '';
  await checklist.check('every action of the pipeline ends well', async () => ({
    problems: [
      ...outcomes.filter(({ problem }) => problem).map(({ stage, action, problem }) => `${stage}/${action}: ${problem}`),
      ...run.stageNames.filter(name => !outcomes.some(({ stage }) => stage === name)).map(name => `${name} was not reached`),
    ],
    evidence: [`${run.stageNames.join(' → ')}: ${outcomes.length} actions`],
  }));
  await checklist.check('the application was tested, and the reports are found', async () => {
    const reports = builds.flatMap(build => build.reports);
    const tests = reports.filter(({ format }) => format === 'JUNITXML');
    const coverage = reports.filter(({ format }) => format === 'COBERTURAXML');
    return {
      problems: unless({
        'there are not two reports of tests with cases': tests.length === 2 && tests.every(({ files, count }) => files > 0 && count > 0),
        'there are not two reports of coverage': coverage.length === 2 && coverage.every(({ files }) => files > 0),
      }),
      evidence: [`${tests.map(({ count }) => `${count} tests`).join(' and ')}, coverage ${coverage.map(({ count }) => `${count}%`).join(' and ')}`],
    };
  });
  await checklist.check('the registry has the commit\'s image under the digest that was exported', async () => {
    const stored = await target.digestOf(commit);
    return { problems: unless({ [`the registry has ${stored}, the build exported "${digest}"`]: stored !== undefined && stored === digest }), evidence: [digest] };
  });
  await checklist.check('the cluster runs that digest and nothing else', async () => {
    const images = [...await target.runningImages(client, NAMESPACE), ...target.jobImages];
    return {
      problems: unless({ 'there is no Deployment': images.length > 0, [`it runs ${images.join(', ')}`]: images.every(image => digest !== '' && image.endsWith(`@${digest}`)) }),
      evidence: [`${images.length} containers, accepted by the API server with the platform's rules for Deployments in force`],
    };
  });
  await checklist.check('the chart was measured by the cluster\'s contract before it was shipped', async () => ({
    problems: unless({
      'the pipeline\'s stack has no contract': target.contract() !== undefined,
      'check-deployment was not asked': standIns.calls().some(call => call.startsWith('npx cdk-innovate-platform@')),
    }),
    evidence: [`contract of ${target.contract()?.cluster}`],
  }));
  await checklist.check('the site is in its bucket, each file with the caching that it is made for', () => checkSite(target, commit));
  await checklist.check('what pages refer to was uploaded before the pages, and index.html last', async () => {
    const output = outcomes.filter(({ built }) => built?.output.includes('s3://')).map(({ built }) => built!.output).join('\n');
    const order = [...output.matchAll(/upload: \S+ to s3:\/\/[^/]+\/(\S+)/g)].map(([, key]) => key);
    const assets = order.filter(key => key.startsWith('assets/'));
    return {
      problems: unless({
        'nothing was uploaded': order.length > 2,
        [`the order is ${order.join(', ')}`]: assets.length > 0 && order.slice(0, assets.length).join() === assets.join() && order.indexOf('index.html') === order.length - 1,
      }),
      evidence: [`${order.length} files`],
    };
  });
}

async function checkSite(target: ReleaseTarget, commit: string): Promise<{ problems: string[]; evidence: string[] }> {
  const uploaded = await target.uploaded();
  const release = uploaded.has('release.json') ? await target.object('release.json') : '';
  const wrong = [...uploaded].filter(([key, { cacheControl }]) => cacheControl !== (key.startsWith('assets/') ? 'public,max-age=31536000,immutable' : 'no-cache'));
  return {
    problems: [
      ...unless({
        'there is no index.html of type text/html': uploaded.get('index.html')?.contentType === 'text/html',
        'there are no assets': [...uploaded.keys()].some(key => key.startsWith('assets/')),
        'the pipeline overwrote runtime-config.json': !uploaded.has('runtime-config.json'),
        [`release.json does not name the commit: ${release}`]: release.includes(commit),
      }),
      ...wrong.map(([key, { cacheControl }]) => `${key} is kept as "${cacheControl}"`),
    ],
    evidence: [`${uploaded.size} objects, ${release.trim().replace(/\s+/g, ' ')}`],
  };
}

type ProductionPipeline = (commit: string, name: string) => PipelineRun;

async function checkVerification(checklist: Checklist, repository: ApplicationRepository, production: ProductionPipeline): Promise<void> {
  const released = await repository.merge('develop', 'main');
  const verdict = async (commit: string, name: string) => {
    const run = production(commit, name);
    if (!run.stageNames.includes('Verify')) { return { exitCode: -1, output: 'the pipeline has no stage Verify', summary: '' }; }
    const built = (await run.run('Verify')).find(({ stage }) => stage === 'Verify')?.built;
    return { exitCode: built?.exitCode ?? -1, output: built?.output ?? 'Verify was not reached', summary: Object.values(built?.variables ?? {}).join(' ') };
  };
  await checklist.check('production takes a merge of develop, and the approver is told what it brings', async () => {
    const { exitCode, output, summary } = await verdict(released, 'production');
    return { problems: unless({ [lastLine(output)]: exitCode === 0, [`the summary is "${summary}"`]: summary.includes('search in notes') }), evidence: [summary.slice(0, 140)] };
  });
  const refusals: [string, () => Promise<string>][] = [
    ['a commit that somebody pushed to main', () => repository.commit('main', 'main', 'fix: at night')],
    ['a merge of a feature branch', async () => {
      await repository.commit('feature/shortcut', 'main', 'feat: past develop');
      return repository.merge('feature/shortcut', 'main');
    }],
  ];
  for (const [what, make] of refusals) {
    await checklist.check(`production refuses ${what}`, async () => {
      const { exitCode, output } = await verdict(await make(), what.replace(/\W+/g, '-'));
      await repository.reset('main', released);
      return { problems: unless({ [`it ended with ${exitCode}: ${lastLine(output)}`]: exitCode > 0 && /Refused/.test(output) }), evidence: [lastLine(output, /Refused/)] };
    });
  }
}

interface Edge {
  readonly url: string;
  readonly environment: NodeJS.ProcessEnv;
}

/** What answers in CloudFront's place: the distribution as synthesized, the bucket that was uploaded to, and the example's API. */
async function startEdge(aws: LocalAws, target: ReleaseTarget, site: AssemblyStack, directory: string): Promise<Edge> {
  const distribution = readDistribution(site.template);
  const api = await keep(ExampleApi.start(path.resolve(WORK_DIRECTORY), directory));
  const host = distribution.aliases[0];
  const certificate = await createCertificate(host, directory);
  const server = await keep(EdgeServer.start(distribution, new Map(distribution.behaviors.map(({ origin }) => [
    origin.id, origin.bucket ? new BucketOrigin(aws.endpoint, target.bucket, site, origin.bucket) : new HttpsOrigin(api.url, origin.domainName),
  ])), certificate));
  const settings = path.join(directory, 'curl.rc');
  fs.mkdirSync(settings, { recursive: true });
  fs.writeFileSync(path.join(settings, '.curlrc'), `connect-to = "${host}:443:127.0.0.1:${server.securePort}"\ncacert = "${path.join(directory, 'edge.crt')}"\nnoproxy = "${host}"\n`);
  return { url: `https://${host}`, environment: { CURL_HOME: settings } };
}

function report(outcomes: readonly Outcome[], checklist: Checklist, standIns: StandIns): string {
  const counted = new Map<string, number>();
  for (const call of standIns.calls()) { counted.set(call, (counted.get(call) ?? 0) + 1); }
  return [
    '',
    ...outcomes.map(line),
    '',
    ...checklist.findings.flatMap(({ name, passed, evidence }) => [`${passed ? 'ok  ' : 'FAIL'} ${name}${passed && evidence.length > 0 ? `: ${evidence.join('; ')}` : ''}`, ...passed ? [] : evidence.map(each => `       ${each}`)]),
    '',
    'Not real: there is no Docker engine here, so the image is a manifest without layers; CodeBuild caches are left out; builds run on this machine, not on Graviton;',
    'no pod runs, so the job before a release is said to have succeeded.',
    ...[...counted].map(([call, times]) => `  ${call}${times > 1 ? ` (${times} times)` : ''}`),
    '',
    `${checklist.passed ? 'Passed' : 'FAILED'} in ${((Date.now() - startedAt) / 1000).toFixed(1)} s: ${checklist.findings.filter(({ passed }) => passed).length} of ${checklist.findings.length} claims hold.`,
    '',
  ].join('\n');
}

function line({ stage, action, seconds, problem, seen }: Outcome): string {
  return `${stage.padEnd(10)} ${action.padEnd(12)} ${seconds.toFixed(1).padStart(6)} s  ${problem ? `FAILED: ${problem}` : seen}`;
}

function failures(outcomes: readonly Outcome[]): string {
  return outcomes.filter(({ problem }) => problem).map(({ stage, action, details = '' }) => `--- ${stage}/${action}\n${details.slice(-2500)}`).join('\n');
}

function lastLine(output: string, matching = /\S/): string {
  return output.trim().split('\n').filter(text => matching.test(text)).at(-1)?.trim() ?? 'it printed nothing';
}

async function keep<T extends { stop(): Promise<void> }>(starting: Promise<T>): Promise<T> {
  const thing = await starting;
  started.push(thing);
  return thing;
}

function only(stacks: readonly AssemblyStack[], name: RegExp): AssemblyStack {
  const found = stacks.filter(({ displayName }) => name.test(displayName));
  if (found.length !== 1) { throw new Failure(`The example has ${found.length} stacks that match ${name}, not one.`); }
  return found[0];
}

runProgram(progress, main);
