import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { parse } from 'yaml';
import { checksBuildSpec } from '../../../src/delivery/build/build-specs';
import { BranchingStrategy, EnvironmentKind } from '../../../src/delivery/github/branching-strategy';
import { GitHubEnvironment } from '../../../src/delivery/github/github-environment';
import { GitHubRepository } from '../../../src/delivery/github/github-repository';
import { GitHubWorkflows, GitHubWorkflowsProps } from '../../../src/delivery/github/github-workflows';
import * as pins from '../../../src/delivery/github/workflows/pins.json';
import { Ruleset } from '../../../src/delivery/github/workflows/rulesets';
import { Job, Workflow } from '../../../src/delivery/github/workflows/workflow';
import { temporaryDirectory } from '../../cli/local-assembly';

const PRODUCTION: GitHubEnvironment = {
  name: 'production',
  branch: 'main',
  account: '333333333333',
  region: 'eu-west-1',
  pipelineName: 'notes-production',
  reporterRoleArn: 'arn:aws:iam::333333333333:role/notes-production-reporter',
};
const STAGING: GitHubEnvironment = {
  ...PRODUCTION, name: 'staging', branch: 'develop', account: '222222222222', pipelineName: 'notes-staging', reporterRoleArn: 'arn:aws:iam::222222222222:role/notes-staging-reporter',
};
const WHOLE: GitHubWorkflowsProps = {
  branching: BranchingStrategy.simplifiedGitFlow({ hotfixes: true, dependencyUpdates: true }),
  repository: GitHubRepository.of('innovate-inc/notes'),
  folders: { api: 'services/api', site: 'spa', chart: 'deploy/chart' },
  environments: [STAGING, PRODUCTION],
  codeOwners: ['@innovate-inc/platform', 'somebody@innovate.example'],
};

function textOf(props: GitHubWorkflowsProps, name: string): string {
  return new GitHubWorkflows(props).files().find(file => file.path === `.github/${name}`)!.content;
}

function workflow(props: GitHubWorkflowsProps, name: string): Workflow {
  return parse(textOf(props, `workflows/${name}.yml`)) as Workflow;
}

function jobs(props: GitHubWorkflowsProps): Job[] {
  return new GitHubWorkflows(props).files().filter(file => file.path.includes('/workflows/'))
    .flatMap(({ content }) => Object.values((parse(content) as Workflow).jobs));
}

function names(props: GitHubWorkflowsProps, file: string): string[] {
  return Object.values(workflow(props, file).jobs).map(({ name }) => name);
}

describe('the files', () => {
  test('of a whole application', () => {
    expect(new GitHubWorkflows(WHOLE).files().map(file => file.path)).toEqual([
      '.github/CODEOWNERS',
      '.github/cliff.toml',
      '.github/dependabot.yml',
      '.github/requirements/git-cliff.txt',
      '.github/requirements/infrastructure.txt',
      '.github/rulesets/branch-names.json',
      '.github/rulesets/develop.json',
      '.github/rulesets/main.json',
      '.github/rulesets/releases.json',
      '.github/scripts/report-deployments.mjs',
      '.github/workflows/checks.yml',
      '.github/workflows/deployment.yml',
      '.github/workflows/pull-request.yml',
      '.github/workflows/security.yml',
    ]);
  });

  test('of a site that nobody deploys', () => {
    expect(new GitHubWorkflows({ folders: { site: 'spa' } }).files().map(file => file.path)).not.toEqual(expect.arrayContaining([
      expect.stringMatching(/deployment|CODEOWNERS|dependabot|git-cliff|cliff.toml/),
    ]));
    expect(names({ folders: { site: 'spa' } }, 'checks')).toEqual(['Site']);
    expect(names({ folders: { site: 'spa' } }, 'security')).toEqual(['Secrets', 'Known vulnerabilities', 'Dependency review', 'CodeQL javascript-typescript', 'CodeQL actions']);
  });

  test('of an API alone', () => {
    expect(names({ folders: { api: 'api' } }, 'checks')).toEqual(['API']);
    expect(names({ folders: { api: 'api' } }, 'security')).toEqual(['Secrets', 'Known vulnerabilities', 'Image', 'Infrastructure', 'Dependency review', 'CodeQL python', 'CodeQL actions']);
  });

  test('without a licence for code security nothing is handed to GitHub', () => {
    const props = { ...WHOLE, codeSecurity: false };
    expect(names(props, 'security')).toEqual(['Secrets', 'Known vulnerabilities', 'Image', 'Infrastructure']);
    expect(textOf(props, 'workflows/security.yml')).not.toMatch(/security-events|codeql-action|dependency-review/);
  });

  test('are the same every time', () => {
    expect(new GitHubWorkflows(WHOLE).files()).toEqual(new GitHubWorkflows(WHOLE).files());
  });

  test('are not changed by whoever got them', () => {
    const workflows = new GitHubWorkflows(WHOLE);
    workflows.files().pop();
    expect(workflows.files()).toHaveLength(14);
  });
});

describe('safety', () => {
  const all = jobs(WHOLE);

  test('every action is one of the table, by its commit and with its version', () => {
    const text = new GitHubWorkflows(WHOLE).files().map(({ content }) => content).join('');
    const uses = [...text.matchAll(/uses: (.+)$/gm)].map(([, use]) => use);
    expect(uses.length).toBeGreaterThan(20);
    const known = Object.entries(pins.actions).map(([name, { commit, version }]) => `${name}@${commit} # ${version}`);
    expect([...new Set(uses)].sort()).toEqual(known.sort());
    expect(known.every(pin => /@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(pin))).toBe(true);
  });

  test('a workflow may nothing, and a job says what it may and how long', () => {
    for (const { content } of new GitHubWorkflows(WHOLE).files().filter(file => file.path.includes('/workflows/'))) {
      expect((parse(content) as Workflow).permissions).toEqual({});
    }
    expect(all.filter(job => job.permissions === undefined || !(job['timeout-minutes'] <= 60))).toEqual([]);
  });

  test('each job may only what it is for', () => {
    const writers = all.filter(({ permissions }) => Object.values(permissions).includes('write'))
      .map(({ name, permissions }) => `${name}: ${Object.entries(permissions).filter(([, right]) => right === 'write').map(([right]) => right).join(', ')}`);
    expect(writers.sort()).toEqual([
      'CodeQL actions: security-events', 'CodeQL javascript-typescript: security-events', 'CodeQL python: security-events',
      'Image: security-events', 'Infrastructure: security-events', 'Known vulnerabilities: security-events',
      'Release production: contents', 'Report production: deployments, id-token', 'Report staging: deployments, id-token',
      'Report the other branches: actions', 'Secrets: security-events',
    ]);
  });

  test('no script has an expression in it, no checkout leaves its token, and no secret is asked for', () => {
    const steps = all.flatMap(job => job.steps);
    expect(steps.filter(({ run }) => run?.includes('${{'))).toEqual([]);
    expect(steps.filter(({ uses }) => uses?.startsWith('actions/checkout@')).every(step => step.with!['persist-credentials'] === false)).toBe(true);
    expect(JSON.stringify(all)).not.toMatch(/\bsecrets\.[A-Z]/);
  });

  test('nothing runs with the rights of the repository on code of strangers', () => {
    for (const { content } of new GitHubWorkflows(WHOLE).files()) { expect(content).not.toContain('pull_request_target'); }
  });

  test('what is installed is known by its content', () => {
    for (const name of ['git-cliff', 'infrastructure']) {
      const lines = textOf(WHOLE, `requirements/${name}.txt`).trim().split('\n').slice(1);
      expect(lines.filter(line => !/^[a-z0-9.-]+==\S+( --hash=sha256:[0-9a-f]{64})+$/.test(line))).toEqual([]);
    }
    expect(pins.binaries.gitleaks.sha256).toMatch(/^[0-9a-f]{64}$/);
  });
});

test('checks run in the folders of the application', () => {
  const { api, site } = workflow(WHOLE, 'checks').jobs;
  expect(api.steps.map(({ run }) => run).filter(Boolean)).toEqual(['mkdir -p "$REPORTS_DIR" && bash services/api/test.sh']);
  expect(api.steps[1].with!['cache-dependency-path']).toBe('services/api/**/requirements*.txt');
  expect(site.steps.map(({ run }) => run).filter(Boolean)).toEqual(['mkdir -p "$REPORTS_DIR" && bash spa/test.sh']);
});

test.each([
  { title: 'feat: search', allowed: true },
  { title: 'fix(api): a limit', allowed: true },
  { title: 'feat(api)!: another path', allowed: true },
  { title: 'build(deps): bump vite from 8 to 9', allowed: true },
  { title: 'Feat: search', allowed: false },
  { title: 'feat : search', allowed: false },
  { title: 'feat:', allowed: false },
  { title: 'search', allowed: false },
  { title: 'feature: search', allowed: false },
  { title: '$(touch injected)', allowed: false },
  { title: 'fix: `touch injected` "; touch injected; $(touch injected)', allowed: true },
])('the title "$title": $allowed', ({ title, allowed }) => {
  const { run } = workflow(WHOLE, 'pull-request').jobs.rules.steps[1];
  const { status, stdout } = spawnSync('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', run!], { env: { PATH: process.env.PATH, TITLE: title }, encoding: 'utf8' });
  expect({ status, told: stdout.startsWith('::error::') }).toEqual({ status: allowed ? 0 : 1, told: !allowed });
  expect(fs.existsSync('injected')).toBe(false);
});

test('an environment is reported by the role of its account, in its region', () => {
  const { 'report-staging': staging, 'report-production': production, 'release-production': release, 'release-staging': none } = workflow(WHOLE, 'deployment').jobs;
  expect(staging.if).toBe('github.repository == \'innovate-inc/notes\' && github.ref == \'refs/heads/develop\'');
  expect(staging.steps[1].with).toEqual({ 'role-to-assume': STAGING.reporterRoleArn, 'aws-region': 'eu-west-1', 'allowed-account-ids': '222222222222' });
  expect(production.steps[2].env).toMatchObject({ PIPELINE: 'notes-production', ENVIRONMENT: 'production', PRODUCTION: 'true' });
  expect(release.needs).toBe('report-production');
  expect(none).toBeUndefined();
});

test('one environment is started by the hourly run, unless that run is of its branch', () => {
  expect(names({ ...WHOLE, environments: [PRODUCTION] }, 'deployment')).toEqual(['Report production', 'Release production', 'Report the other branches']);
  const { others } = workflow({ ...WHOLE, environments: [PRODUCTION] }, 'deployment').jobs;
  expect(others.if).toBe('github.repository == \'innovate-inc/notes\' && github.event_name == \'schedule\' && github.ref != \'refs/heads/main\'');
  expect(others.steps[0].env).toMatchObject({ BRANCHES: 'main' });
});

test('checks run with the languages of the builds in AWS', () => {
  const { 'runtime-versions': versions } = checksBuildSpec(['api'], BranchingStrategy.simplifiedGitFlow()).phases.install;
  const { steps } = workflow(WHOLE, 'checks').jobs.api;
  const inActions = (action: string, input: string) => steps.find(({ uses }) => uses?.startsWith(`actions/${action}@`))!.with![input];
  expect({ python: inActions('setup-python', 'python-version'), nodejs: inActions('setup-node', 'node-version') })
    .toEqual({ python: versions.python, nodejs: String(versions.nodejs) });
});

test('Dependabot goes where its branches may go, with titles that are taken', () => {
  const { updates } = parse(textOf(WHOLE, 'dependabot.yml')) as { updates: Record<string, unknown>[] };
  expect(updates.map(update => `${String(update['package-ecosystem'])} ${String(update.directory)}`)).toEqual(['github-actions /', 'pip /services/api', 'docker /services/api', 'npm /spa']);
  expect(new Set(updates.map(update => update['target-branch']))).toEqual(new Set(['develop']));
});

describe('rulesets', () => {
  function ruleset(props: GitHubWorkflowsProps, name: string): Ruleset {
    return JSON.parse(textOf(props, `rulesets/${name}.json`)) as Ruleset;
  }

  function parameters(props: GitHubWorkflowsProps, name: string, type: string): Record<string, unknown> {
    return ruleset(props, name).rules.find(rule => rule.type === type)!.parameters!;
  }

  test('have reviews, owners and further checks as they are asked for', () => {
    expect(parameters(WHOLE, 'main', 'pull_request')).toMatchObject({ required_approving_review_count: 1, require_code_owner_review: true, require_last_push_approval: true });
    const alone = { folders: WHOLE.folders, reviews: 0, requiredChecks: ['checks'] };
    expect(parameters(alone, 'main', 'pull_request')).toMatchObject({ required_approving_review_count: 0, require_code_owner_review: false, require_last_push_approval: false });
    expect(parameters(alone, 'main', 'required_status_checks').required_status_checks).toEqual(expect.arrayContaining([{ context: 'checks' }, { context: 'API', integration_id: 15368 }]));
  });

  test('a branch that takes no pull request is only kept', () => {
    const branching = BranchingStrategy.custom([{ branch: 'release/live', deploysTo: EnvironmentKind.PRODUCTION }]);
    expect(ruleset({ branching, folders: { site: 'spa' } }, 'release-live')).toMatchObject({
      conditions: { ref_name: { include: ['refs/heads/release/live'] } }, rules: [{ type: 'deletion' }, { type: 'non_fast_forward' }],
    });
  });

  test('a release stays what it is', () => {
    expect(ruleset(WHOLE, 'releases')).toMatchObject({ target: 'tag', conditions: { ref_name: { include: ['refs/tags/v*'] } }, rules: [{ type: 'deletion' }, { type: 'update' }] });
  });

  // GitHub refuses its own Actions app among them, and with it the whole file
  test('nobody passes over a rule, and so the release job may make its tag', () => {
    for (const name of ['main', 'develop', 'branch-names', 'releases']) { expect(ruleset(WHOLE, name).bypass_actors).toEqual([]); }
    expect(ruleset(WHOLE, 'releases').rules.map(({ type }) => type)).not.toContain('creation');
  });
});

describe('a repository', () => {
  const directory = temporaryDirectory();
  const workflows = new GitHubWorkflows(WHOLE);
  let folder: string;

  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(directory, 'repository-'));
    fs.mkdirSync(path.join(folder, '.git'));
  });

  const file = (name: string) => path.join(folder, '.github', name);

  test('gets the files, and each only once', () => {
    expect(workflows.differences(folder)).toHaveLength(14);
    expect(workflows.write(folder)).toEqual(workflows.files().map(each => each.path));
    expect(workflows.write(folder)).toEqual([]);
    expect(workflows.differences(folder)).toEqual([]);
    for (const { path: name, content } of workflows.files()) { expect(fs.readFileSync(path.join(folder, name), 'utf8')).toBe(content); }
  });

  test('a file of ours that somebody changed is written anew', () => {
    workflows.write(folder);
    fs.appendFileSync(file('workflows/checks.yml'), '# more\n');
    fs.writeFileSync(file('rulesets/main.json'), fs.readFileSync(file('rulesets/main.json'), 'utf8').replace('"active"', '"disabled"'));
    expect(workflows.differences(folder)).toEqual(['.github/rulesets/main.json', '.github/workflows/checks.yml']);
    workflows.write(folder);
    expect(workflows.differences(folder)).toEqual([]);
  });

  test('a file of somebody else stops everything, before anything is written', () => {
    fs.mkdirSync(file('workflows'), { recursive: true });
    fs.writeFileSync(file('workflows/checks.yml'), 'name: Mine\n');
    expect(() => workflows.write(folder)).toThrow(/these files in it are somebody else's: \.github\/workflows\/checks\.yml\. Move them away/);
    expect(fs.existsSync(file('cliff.toml'))).toBe(false);
    expect(fs.readFileSync(file('workflows/checks.yml'), 'utf8')).toBe('name: Mine\n');
  });

  test('an action that it pins in a newer version stays, an older one goes', () => {
    workflows.write(folder);
    const newer = `actions/checkout@${'1'.repeat(40)} # v10.0.0`;
    const older = `actions/setup-node@${'2'.repeat(40)} # v6.9.9`;
    const checks = fs.readFileSync(file('workflows/checks.yml'), 'utf8');
    fs.writeFileSync(file('workflows/checks.yml'), checks.replace(/actions\/checkout@.*/g, newer));
    expect(workflows.differences(folder)).toEqual([]);
    fs.writeFileSync(file('workflows/checks.yml'), checks.replace(/actions\/checkout@.*/g, newer).replace(/actions\/setup-node@.*/g, older));
    expect(workflows.write(folder)).toEqual(['.github/workflows/checks.yml']);
    expect(fs.readFileSync(file('workflows/checks.yml'), 'utf8')).toBe(checks.replace(/actions\/checkout@.*/g, newer));
  });

  test('has to be one', () => {
    fs.rmSync(path.join(folder, '.git'), { recursive: true });
    expect(() => workflows.write(folder)).toThrow(/`folder` is ".*", but it is not the root of a git repository/);
  });
});

test.each<{ what: string; props: Partial<GitHubWorkflowsProps>; message: RegExp }>([
  { what: 'nothing to check', props: { folders: { chart: 'deploy' } }, message: /`folders` is .*neither an API nor a site/ },
  { what: 'a folder that leaves the repository', props: { folders: { api: '../api' } }, message: /`folders.api` is "..\/api", but it is not a folder below/ },
  { what: 'a folder with a command', props: { folders: { site: 'spa; rm -rf /' } }, message: /`folders.site`/ },
  { what: 'a branch that is not deployed', props: { environments: [{ ...STAGING, branch: 'feature/a' }] }, message: /`environments\[0\].branch` is "feature\/a", but the branching strategy does not deploy it. Give one of "main", "develop"/ },
  { what: 'a branch of two environments', props: { environments: [STAGING, { ...PRODUCTION, branch: 'develop' }] }, message: /`environments\[1\].branch` is "develop", but "staging" follows it already/ },
  { what: 'an environment twice', props: { environments: [STAGING, { ...PRODUCTION, name: 'staging' }] }, message: /`environments\[1\].name` is "staging", but there is an environment/ },
  { what: 'a name that is none', props: { environments: [{ ...STAGING, name: 'Staging ' }] }, message: /`environments\[0\].name`/ },
  { what: 'an account that is none', props: { environments: [{ ...STAGING, account: '1' }] }, message: /`environments\[0\].account`/ },
  { what: 'a region that is none', props: { environments: [{ ...STAGING, region: 'Ireland' }] }, message: /`environments\[0\].region`/ },
  { what: 'a pipeline that is none', props: { environments: [{ ...STAGING, pipelineName: 'a b' }] }, message: /`environments\[0\].pipelineName`/ },
  { what: 'a role that is none', props: { environments: [{ ...STAGING, reporterRoleArn: 'reporter' }] }, message: /`environments\[0\].reporterRoleArn`/ },
  { what: 'half a review', props: { reviews: 0.5 }, message: /`reviews` is 0.5/ },
  { what: 'an owner that is none', props: { codeOwners: ['platform'] }, message: /`codeOwners\[0\]` is "platform"/ },
])('refuses $what', ({ props, message }) => {
  expect(() => new GitHubWorkflows({ folders: { api: 'api' }, ...props })).toThrow(message);
});
