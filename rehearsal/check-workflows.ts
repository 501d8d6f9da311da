/**
 * The files that `GitHubWorkflows` writes, for applications of several shapes: read by actionlint with shellcheck and by zizmor, as strictly as
 * it can be. What the jobs run is run here as far as it needs no GitHub: the lint of the example's Containerfile, and releases of a repository
 * with commits of each kind. This repository's own workflows are read too; what zizmor finds there is shown and fails nothing.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { parse } from 'yaml';
import { Failure } from './failure';
import { goProgram } from './kubernetes/go-program';
import { run } from './process';
import { runProgram } from './program';
import { Progress } from './progress';
import { pythonEnvironment } from './python-env';
import { openRunDirectory } from './run-directory';
import { tryReleases } from './workflows/releases';
import { BranchingStrategy, EnvironmentKind } from '../src/delivery/github/branching-strategy';
import { GitHubRepository } from '../src/delivery/github/github-repository';
import { GitHubWorkflows, type GitHubWorkflowsProps } from '../src/delivery/github/github-workflows';
import type { Workflow } from '../src/delivery/github/workflows/workflow';

const WORK_DIRECTORY = '.rehearsal';
const FOLDERS = { api: 'api', site: 'spa', chart: 'deploy/chart' };
const EXAMPLE = path.join(__dirname, '..', 'examples', 'application');

const SHAPES: Record<string, GitHubWorkflowsProps> = {
  whole: {
    branching: BranchingStrategy.simplifiedGitFlow({ hotfixes: true, dependencyUpdates: true }),
    repository: GitHubRepository.of('innovate-inc/notes'),
    folders: FOLDERS,
    environments: [environment('staging', 'develop'), environment('production', 'main')],
    codeOwners: ['@innovate-inc/platform'],
    requiredChecks: ['checks'],
  },
  private: { folders: FOLDERS, environments: [environment('production', 'main')], codeSecurity: false },
  site: { folders: { site: 'apps/site' } },
  api: { folders: { api: 'services/api' }, reviews: 0 },
  custom: {
    branching: BranchingStrategy.custom([
      { branch: 'main', deploysTo: EnvironmentKind.NON_PRODUCTION, pullRequestsFrom: ['topic/'] },
      { branch: 'release/live', deploysTo: EnvironmentKind.PRODUCTION, pullRequestsFrom: ['main'] },
      { branch: 'topic/' },
    ]),
    folders: FOLDERS,
    environments: [environment('preview', 'main'), environment('live', 'release/live')],
  },
};

interface Linters {
  readonly actionlint: string;
  /** hadolint, shellcheck and zizmor. */
  readonly binaries: string;
}

const progress = new Progress();

async function main(): Promise<void> {
  const directory = openRunDirectory(WORK_DIRECTORY);
  const { result: linters } = await progress.phase('tools', install);
  await progress.phase('shapes', async () => {
    for (const [name, props] of Object.entries(SHAPES)) { await lint(write(path.join(directory, 'workflows', name), props), linters); }
  });
  const whole = path.join(directory, 'workflows', 'whole');
  await progress.phase('container', () => lintContainerFile(whole, linters));
  const { result: releases } = await progress.phase('releases', () => tryReleases({
    directory: path.join(directory, 'releases'), files: path.join(whole, '.github'), script: script(whole, 'deployment', 'release-production', 'Version, notes and release'),
  }));
  const own = await ownFindings(linters);
  process.stdout.write(`Workflows of ${Object.keys(SHAPES).length} shapes pass actionlint, shellcheck and zizmor; ${releases} releases have the versions they should.\n`);
  process.stdout.write(own === '' ? 'This repository\'s own workflows have no findings.\n' : `This repository's own workflows: ${own}\n`);
}

function environment(name: string, branch: string) {
  return { name, branch, account: '333333333333', region: 'eu-west-1', pipelineName: `notes-${name}`, reporterRoleArn: `arn:aws:iam::333333333333:role/notes-${name}-reporter` };
}

async function install(): Promise<Linters> {
  const actionlint = await goProgram({
    name: 'actionlint', folder: path.join(__dirname, 'workflows', 'actionlint'), package: 'github.com/rhysd/actionlint/cmd/actionlint', minutes: 1,
  }, WORK_DIRECTORY, progress);
  const interpreter = await pythonEnvironment(path.join(__dirname, 'workflows', 'requirements.txt'), WORK_DIRECTORY);
  return { actionlint, binaries: path.resolve(path.dirname(interpreter)) };
}

function write(folder: string, props: GitHubWorkflowsProps): string {
  fs.mkdirSync(path.join(folder, '.git'), { recursive: true });
  new GitHubWorkflows(props).write(folder);
  return folder;
}

async function lint(folder: string, { actionlint, binaries }: Linters): Promise<void> {
  const workflows = fs.readdirSync(path.join(folder, '.github', 'workflows')).map(name => path.join('.github', 'workflows', name));
  await expectSilence('actionlint', run(actionlint, ['-shellcheck', path.join(binaries, 'shellcheck'), '-no-color', ...workflows], { cwd: folder }));
  await expectSilence('zizmor', run(path.join(binaries, 'zizmor'), ['--offline', '--quiet', '--persona', 'auditor', '--strict-collection', '.'], { cwd: folder }));
}

/** The very line of the job, in the example application. */
async function lintContainerFile(written: string, { binaries }: Linters): Promise<void> {
  const command = script(written, 'security', 'infrastructure', 'Lint the Containerfile');
  await expectSilence('hadolint', run('bash', ['-c', command], { cwd: EXAMPLE, env: { ...process.env, PATH: `${binaries}:${process.env.PATH}` } }));
}

async function ownFindings({ binaries }: Linters): Promise<string> {
  const { output } = await run(path.join(binaries, 'zizmor'), ['--offline', '--quiet', '--format', 'plain', '.github/workflows'], { cwd: path.join(__dirname, '..') });
  const lines = output.trim().split('\n').filter(line => /finding/.test(line));
  return lines.at(-1) ?? output.trim();
}

function script(folder: string, workflow: string, job: string, step: string): string {
  const { jobs } = parse(fs.readFileSync(path.join(folder, '.github', 'workflows', `${workflow}.yml`), 'utf8')) as Workflow;
  return jobs[job].steps.find(({ name }) => name === step)!.run!;
}

async function expectSilence(tool: string, running: ReturnType<typeof run>): Promise<void> {
  const { exitCode, output } = await running;
  if (exitCode !== 0) { throw new Failure(`${tool} ended with ${exitCode}; what it printed says which line of which file.`, output); }
}

runProgram(progress, main);
