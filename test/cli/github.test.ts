import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { App, Stack, Stage } from 'aws-cdk-lib';
import { temporaryDirectory } from './local-assembly';
import { CommandError } from '../../src/cli/command-error';
import { github } from '../../src/cli/github';
import { GitFlowPipeline } from '../../src/delivery/git-flow-pipeline';
import { BranchingStrategy } from '../../src/delivery/github/branching-strategy';
import { DeliveryRecord, recordDelivery, recordedDeliveries } from '../../src/private/delivery-record';
import { apiTarget, REPOSITORY, siteTarget } from '../delivery/targets';
import { ACCOUNT, REGION } from '../support/stacks';

const ROOT = path.join(__dirname, '..', '..');
const STAGING: DeliveryRecord = {
  pipelineName: 'notes-staging',
  repository: 'innovate-inc/notes',
  environmentName: 'staging',
  branch: 'develop',
  production: false,
  reporterRoleName: 'notes-staging-reporter',
  rules: BranchingStrategy.simplifiedGitFlow().rules,
  folders: { api: 'api', chart: 'deploy/chart' },
};
const PRODUCTION: DeliveryRecord = {
  ...STAGING, pipelineName: 'notes-production', environmentName: 'production', branch: 'main', production: true, reporterRoleName: 'notes-production-reporter', folders: { site: 'spa' },
};
const directory = temporaryDirectory();

/** An app with a stack for each delivery, one of them in a stage, in an order that is not that of the branches. */
function assembly(deliveries: DeliveryRecord[], env: { account?: string; region?: string } = { account: ACCOUNT, region: REGION }): string {
  const outdir = fs.mkdtempSync(path.join(directory, 'cdk.out-'));
  const app = new App({ outdir });
  deliveries.forEach((delivery, index) => {
    const scope = index === 0 ? new Stage(app, 'Stage') : app;
    recordDelivery(new Stack(scope, `Stack${index}`, { env }), delivery);
  });
  app.synth();
  return outdir;
}

function repository(): string {
  const folder = fs.mkdtempSync(path.join(directory, 'repository-'));
  fs.mkdirSync(path.join(folder, '.git'));
  return folder;
}

/** What the command prints and ends with. */
function call(...args: string[]): { status: number; printed: string } {
  const write = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
  try {
    const status = github(args);
    return { status, printed: write.mock.calls.map(([text]) => String(text)).join('') };
  } finally {
    write.mockRestore();
  }
}

function read(folder: string, file: string): string {
  return fs.readFileSync(path.join(folder, '.github', file), 'utf8');
}

function recordedPipeline(stack: Stack, options: { readonly reportToGitHub?: boolean } = {}): DeliveryRecord {
  new GitFlowPipeline(stack, 'Pipeline', { repository: REPOSITORY, branch: 'develop', environmentName: 'staging', api: apiTarget(stack), site: siteTarget(stack), ...options });
  return recordedDeliveries({ Metadata: stack.templateOptions.metadata })[0];
}

test('writes what the pipelines of an app need, says what it wrote, and then nothing', () => {
  const outdir = fs.mkdtempSync(path.join(directory, 'cdk.out-'));
  const app = new App({ outdir });
  const stack = new Stack(app, 'Staging', { env: { account: ACCOUNT, region: REGION } });
  recordedPipeline(stack);
  app.synth();
  const folder = repository();
  const { status, printed } = call(folder, '--app', outdir);
  expect(status).toBe(0);
  expect(printed).toContain('written  .github/workflows/deployment.yml\n');
  expect(read(folder, 'workflows/checks.yml')).toContain('bash spa/test.sh');
  expect(read(folder, 'workflows/deployment.yml')).toMatch(new RegExp(`role-to-assume: arn:aws:iam::${ACCOUNT}:role/\\S+-reporter\n`));
  expect(call(folder, '--app', outdir)).toEqual({ status: 0, printed: `${folder} is up to date.\n` });
});

test('--check writes nothing, and ends with 1 where something differs', () => {
  const app = assembly([PRODUCTION, STAGING]);
  const folder = repository();
  expect(call(folder, '--app', app, '--check')).toEqual({ status: 1, printed: expect.stringContaining('differs  .github/workflows/checks.yml\n') });
  expect(fs.existsSync(path.join(folder, '.github'))).toBe(false);
  call(folder, '--app', app);
  expect(call(folder, '--app', app, '--check')).toEqual({ status: 0, printed: `${folder} is up to date.\n` });
});

test('the environments are in the order of the branches, and their pipelines may deliver different parts', () => {
  const folder = repository();
  call(folder, '--app', assembly([STAGING, PRODUCTION]));
  const other = repository();
  call(other, '--app', assembly([PRODUCTION, STAGING]));
  expect(read(folder, 'workflows/deployment.yml')).toBe(read(other, 'workflows/deployment.yml'));
  expect(read(folder, 'workflows/checks.yml')).toMatch(/bash api\/test.sh[\s\S]*bash spa\/test.sh/);
});

test('the partition of the role is that of its region', () => {
  const folder = repository();
  call(folder, '--app', assembly([STAGING], { account: ACCOUNT, region: 'cn-north-1' }));
  expect(read(folder, 'workflows/deployment.yml')).toContain(`arn:aws-cn:iam::${ACCOUNT}:role/notes-staging-reporter`);
});

test('what cannot be reported is said, and the rest is written', () => {
  const folder = repository();
  expect(call(folder, '--app', assembly([STAGING], {})).printed).toContain('notes-staging is not reported to GitHub: the app does not say its account and region.\n');
  expect(fs.existsSync(path.join(folder, '.github', 'workflows', 'checks.yml'))).toBe(true);
  expect(fs.existsSync(path.join(folder, '.github', 'workflows', 'deployment.yml'))).toBe(false);
});

test('a pipeline that reports nothing gets its checks and rules all the same', () => {
  const outdir = fs.mkdtempSync(path.join(directory, 'cdk.out-'));
  const app = new App({ outdir });
  const stack = new Stack(app, 'Staging', { env: { account: ACCOUNT, region: REGION } });
  const { pipelineName } = recordedPipeline(stack, { reportToGitHub: false });
  app.synth();
  const folder = repository();
  expect(call(folder, '--app', outdir).printed).toContain(`${pipelineName} is not reported to GitHub: \`reportToGitHub\` is false.\n`);
  expect(read(folder, 'workflows/checks.yml')).toContain('bash spa/test.sh');
  expect(read(folder, 'rulesets/main.json')).toContain('Pull request rules (main)');
  expect(fs.existsSync(path.join(folder, '.github', 'workflows', 'deployment.yml'))).toBe(false);
});

test('options are passed on', () => {
  const folder = repository();
  call(folder, '--app', assembly([STAGING]), '--code-owner', '@innovate-inc/platform', '--code-owner', '@somebody', '--reviews', '2', '--required-check', 'checks', '--without-code-security');
  expect(read(folder, 'CODEOWNERS')).toMatch(/\* @innovate-inc\/platform @somebody\n$/);
  expect(read(folder, 'rulesets/main.json')).toContain('"required_approving_review_count": 2');
  expect(JSON.parse(read(folder, 'rulesets/main.json')).rules[3].parameters.required_status_checks).toContainEqual({ context: 'checks' });
  expect(read(folder, 'workflows/security.yml')).not.toContain('CodeQL');
});

const OTHER = { ...STAGING, pipelineName: 'other', repository: 'innovate-inc/other' };

test('--repository chooses, where an app delivers from several', () => {
  expect(call(repository(), '--app', assembly([OTHER, STAGING]), '--repository', 'innovate-inc/notes').status).toBe(0);
});

test.each<{ what: string; deliveries?: DeliveryRecord[]; args?: string[]; message: RegExp }>([
  { what: 'no deliveries', deliveries: [], message: /delivers nothing from GitHub. Name the cloud assembly/ },
  { what: 'another repository', args: ['--repository', 'innovate-inc/else'], message: /delivers nothing from "innovate-inc\/else". Give one of innovate-inc\/notes/ },
  { what: 'several repositories', deliveries: [OTHER, STAGING], message: /delivers from innovate-inc\/notes, innovate-inc\/other. Say with --repository/ },
  { what: 'two strategies', deliveries: [STAGING, { ...PRODUCTION, rules: BranchingStrategy.simplifiedGitFlow({ hotfixes: true }).rules }], message: /notes-production and notes-staging have different branching strategies/ },
  { what: 'a branch of two environments', deliveries: [STAGING, { ...PRODUCTION, branch: 'develop' }], message: /`environments\[1\].branch` is "develop", but "staging" follows it already/ },
  { what: 'half a review', args: ['--reviews', 'two'], message: /`reviews` is/ },
  { what: 'an unknown option', args: ['--force'], message: /Unknown option '--force'[\s\S]*cdk-innovate-platform github <folder>/ },
  { what: 'two folders', args: ['another'], message: /Name one folder/ },
])('refuses $what', ({ deliveries = [STAGING], args = [], message }) => {
  const failing = () => call(repository(), '--app', assembly(deliveries), ...args);
  expect(failing).toThrow(message);
  expect(failing).toThrow(CommandError);
});

test('refuses a folder that is no repository, and an app that is not synthesized', () => {
  expect(() => call(directory, '--app', assembly([STAGING]))).toThrow(/not the root of a git repository/);
  expect(() => call(repository(), '--app', directory)).toThrow(/is not a cloud assembly/);
});

test('is a command', () => {
  const { status, stdout } = spawnSync('npx', ['tsx', '--tsconfig', 'tsconfig.dev.json', 'src/cli/cdk-innovate-platform.ts', 'github', '--help'], { cwd: ROOT, encoding: 'utf8' });
  expect(status).toBe(0);
  expect(stdout).toContain('cdk-innovate-platform github <folder> [options]');
}, 60_000);
