/**
 * The example's built React app behind a local edge that executes the synthesized distribution's own configuration, driven in headless Chromium:
 * first page, deep links, API, errors, security and cache headers, and a deployment while a tab is open.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { type AssemblyStack, readAssembly } from './assembly';
import { synthesize } from './cdk-cli';
import { launchBrowser } from './edge/browser';
import { createCertificate } from './edge/certificate';
import { checkHeaders } from './edge/check-headers';
import { checkPages } from './edge/check-pages';
import { checkReleases, type Release } from './edge/check-releases';
import { Checklist } from './edge/checklist';
import { type Distribution, readDistribution } from './edge/distribution';
import { EdgeServer } from './edge/edge-server';
import { ExampleApi } from './edge/example-api';
import { BucketOrigin, HttpsOrigin, type OriginServer } from './edge/origins';
import { renderPage, renderTable } from './edge/report';
import { BUCKET, SiteDeployment } from './edge/site-deployment';
import { buildRelease } from './edge/spa-release';
import { Failure } from './failure';
import { LocalAws } from './local-aws/local-aws';
import { run } from './process';
import { runProgram } from './program';
import { Progress } from './progress';
import { pythonEnvironment } from './python-env';
import { openRunDirectory } from './run-directory';

const APP = 'tsx --tsconfig tsconfig.dev.json examples/platform/app.ts';
const BUILD = 'examples/application/spa/build.sh';
const WORK_DIRECTORY = '.rehearsal';
const SCREENSHOTS = path.resolve(WORK_DIRECTORY, 'edge');
const REPORT = path.resolve(WORK_DIRECTORY, 'edge.html');

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
const progress = new Progress();
const startedAt = Date.now();
/** What has to end before the program does, the last first. */
const started: { stop(): Promise<void> }[] = [];

async function main(): Promise<void> {
  const directory = openRunDirectory(WORK_DIRECTORY);
  fs.rmSync(SCREENSHOTS, { recursive: true, force: true });
  fs.mkdirSync(SCREENSHOTS, { recursive: true });
  try {
    await rehearse(directory);
  } finally {
    for (const each of started.reverse()) { await each.stop(); }
  }
}

async function rehearse(directory: string): Promise<void> {
  const releases = ['one', 'two'].map((name, index) => ({ name, commit: String(index + 1).repeat(7), folder: path.join(directory, `release-${name}`) })) as [Release, Release];
  await progress.phase('build', () => build(releases));
  const { result: [assembly, aws, api, python] } = await progress.phase('start', () => Promise.all([
    synthesize(APP, directory),
    keep(LocalAws.start({ cache: path.resolve(WORK_DIRECTORY), directory, keep: false, nodeModules: path.resolve('node_modules') })),
    keep(ExampleApi.start(path.resolve(WORK_DIRECTORY), directory)),
    pythonEnvironment(path.join(__dirname, 'local-aws', 'requirements.txt'), path.resolve(WORK_DIRECTORY)),
  ]));
  const stacks = readAssembly(assembly);
  const [site, delivery] = [/\/Production\/Site$/, /\/Production\/Delivery$/].map(name => only(stacks, name));
  const distribution = readDistribution(site.template);
  const host = distribution.aliases[0];

  const { result: deployment } = await progress.phase('upload', async () => {
    const made = await SiteDeployment.prepare(aws, { site, delivery }, assembly, directory, python);
    await made.byStack('Create');
    return made;
  });
  const { result: { edge, certificate, browser } } = await progress.phase('edge', async () => {
    const made = await createCertificate(host, directory);
    const server = await keep(EdgeServer.start(distribution, originsOf(distribution, aws, api, site), made));
    const { securePort, plainPort } = server;
    const launched = await launchBrowser({ host, securePort, plainPort, keyHash: made.keyHash }, WORK_DIRECTORY, progress);
    started.push({ stop: () => launched.close() });
    return { edge: server, certificate: made, browser: launched };
  });

  const checklist = new Checklist(({ name, passed }) => progress.event(`${passed ? 'ok  ' : 'FAIL'} ${name}`));
  const stage = { host, distribution, edge, certificate, deployment, api, browser, screenshots: SCREENSHOTS };
  await progress.phase('pages', () => checkPages(stage, checklist));
  await progress.phase('headers', () => checkHeaders(stage, checklist));
  await progress.phase('releases', () => checkReleases(stage, checklist, releases));

  const report = { distribution, findings: checklist.findings, browser: browser.version(), seconds: (Date.now() - startedAt) / 1000 };
  fs.writeFileSync(REPORT, renderPage(report));
  process.stdout.write(`${renderTable(report)}The report, with pictures: ${path.relative('.', REPORT)}\n`);
  if (!checklist.passed) { throw new Failure(`${checklist.findings.filter(({ passed }) => !passed).length} checks of the site failed.`); }
}

/** The app as the stack uploads it, and two releases of it. */
async function build(releases: readonly Release[]): Promise<void> {
  const built = await run('bash', [BUILD]);
  if (built.exitCode !== 0) { throw new Failure(`${BUILD} failed.`, built.output); }
  for (const { name, folder } of releases) { await buildRelease(name, folder); }
}

function originsOf({ behaviors }: Distribution, aws: LocalAws, api: ExampleApi, site: AssemblyStack): Map<string, OriginServer> {
  return new Map(behaviors.map(({ origin }) => [
    origin.id, origin.bucket ? new BucketOrigin(aws.endpoint, BUCKET, site, origin.bucket) : new HttpsOrigin(api.url, origin.domainName),
  ]));
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
