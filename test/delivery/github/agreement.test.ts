import { execFileSync } from 'node:child_process';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { parse } from 'yaml';
import { actionsMatches, codePipelineMatches, rulesetMatches } from './patterns';
import { GitFlowPipeline } from '../../../src/delivery/git-flow-pipeline';
import { BranchingStrategy, EnvironmentKind } from '../../../src/delivery/github/branching-strategy';
import { GitHubWorkflows } from '../../../src/delivery/github/github-workflows';
import { Ruleset } from '../../../src/delivery/github/workflows/rulesets';
import { Workflow } from '../../../src/delivery/github/workflows/workflow';
import { recordedDeliveries } from '../../../src/private/delivery-record';
import { ACCOUNT, REGION } from '../../support/stacks';
import { REPOSITORY, siteTarget } from '../targets';

/**
 * One strategy, and four who act by it: the pipelines of AWS, the build of pull requests, the workflows of GitHub Actions, and the rulesets.
 * Every event with every branch has to mean the same to all of them.
 */

const { PRODUCTION, NON_PRODUCTION } = EnvironmentKind;
const REPOSITORY_NAME = `${REPOSITORY.owner}/${REPOSITORY.name}`;

/** Branches that are in order, and those that only look like it. */
const BRANCHES = [
  'main', 'develop', 'feature/a', 'feature/a/b', 'bugfix/a', 'hotfix/a', 'hotfix/a/b', 'dependabot/npm_and_yarn/spa/vite-9.0.0',
  'revert-12-feature/a', 'revert-a', 'live', 'load-test', 'v1.x', 'topic/a', 'random', 'feature', 'main2', 'x/main', 'main/x', 'v1-x', 'Feature/a', 'my-feature/a',
];

const STRATEGIES: Record<string, BranchingStrategy> = {
  'without hotfixes': BranchingStrategy.simplifiedGitFlow(),
  'with hotfixes and updates': BranchingStrategy.simplifiedGitFlow({ hotfixes: true, dependencyUpdates: true }),
  'with a branch more': BranchingStrategy.simplifiedGitFlow().withBranch({ branch: 'load-test', deploysTo: NON_PRODUCTION }),
  'custom': BranchingStrategy.custom([
    { branch: 'main', deploysTo: NON_PRODUCTION, pullRequestsFrom: ['topic/'] },
    { branch: 'live', deploysTo: PRODUCTION, pullRequestsFrom: ['main', 'hotfix/'] },
    { branch: 'v1.x', deploysTo: NON_PRODUCTION, pullRequestsFrom: ['hotfix/', 'random'] },
    { branch: 'topic/' },
    { branch: 'hotfix/' },
    { branch: 'random', pullRequestsFrom: ['topic/'] },
  ]),
};

describe.each(Object.entries(STRATEGIES))('%s', (_, strategy) => {
  const aws = synthesize(strategy);
  const { workflows, rulesets } = write(strategy, aws);

  test.each(BRANCHES)('a push to %s', branch => {
    const deploys = strategy.deploysTo(branch) !== undefined;
    const checksOnly = strategy.isChecksOnly(branch);
    expect({
      pipelines: aws.pipelines.filter(({ pushes }) => pushes.some(pattern => codePipelineMatches(pattern, branch))).map(pipeline => pipeline.branch),
      build: startsBuild(aws.webhook, 'PUSH', { HEAD_REF: `refs/heads/${branch}` }),
      workflows: started(workflows, { event: 'push', branch }),
      reports: reports(workflows, 'push', `refs/heads/${branch}`),
    }).toEqual({
      pipelines: deploys ? [branch] : [],
      build: checksOnly,
      workflows: [...checksOnly ? ['checks'] : [], ...deploys ? ['deployment', 'security'] : []],
      reports: deploys ? [environmentName(branch)] : [],
    });
  });

  test.each(BRANCHES)('may %s be made, and is it protected', branch => {
    const rule = strategy.ruleOf(branch);
    const takes = strategy.pullRequestBases.includes(branch);
    expect({
      made: !rulesOf(rulesets, branch).includes('creation'),
      kept: rulesOf(rulesets, branch).includes('deletion') && rulesOf(rulesets, branch).includes('non_fast_forward'),
      byPullRequest: rulesOf(rulesets, branch).includes('pull_request'),
      checked: rulesOf(rulesets, branch).includes('required_status_checks'),
    }).toEqual({ made: rule !== undefined, kept: takes || rule?.deploysTo !== undefined, byPullRequest: takes, checked: takes });
  });

  test('a pull request, when it is opened and when it is updated', () => {
    const pairs = BRANCHES.flatMap(head => BRANCHES.filter(base => base !== head).map(base => ({ head, base })));
    const inActions = exitCodes(pullRequestScript(workflows), pairs.map(({ head, base }) => ({
      HEAD: head, BASE: base, HEAD_REPOSITORY: REPOSITORY_NAME, GITHUB_REPOSITORY: REPOSITORY_NAME,
    })));
    const inBuild = exitCodes(aws.buildCommand, pairs.map(({ head, base }) => ({
      CODEBUILD_WEBHOOK_EVENT: 'PULL_REQUEST_CREATED', CODEBUILD_WEBHOOK_HEAD_REF: `refs/heads/${head}`, CODEBUILD_WEBHOOK_BASE_REF: `refs/heads/${base}`,
    })));
    const found = pairs.flatMap(({ head, base }, index) => ['PULL_REQUEST_CREATED', 'PULL_REQUEST_UPDATED', 'PULL_REQUEST_REOPENED'].map(event => ({
      pullRequest: `${event} ${head} -> ${base}`,
      pipelines: aws.pipelines.filter(({ pullRequests }) => pullRequests.length > 0).length,
      build: startsBuild(aws.webhook, event, { HEAD_REF: `refs/heads/${head}`, BASE_REF: `refs/heads/${base}` }),
      buildAllows: inBuild[index] === 0,
      workflows: started(workflows, { event: 'pull_request', branch: base, action: ACTIONS[event] }),
      actionsAllow: inActions[index] === 0,
      required: rulesOf(rulesets, base).includes('required_status_checks'),
    })));
    const wanted = pairs.flatMap(({ head, base }) => ['PULL_REQUEST_CREATED', 'PULL_REQUEST_UPDATED', 'PULL_REQUEST_REOPENED'].map(event => {
      const takes = strategy.pullRequestBases.includes(base);
      return {
        pullRequest: `${event} ${head} -> ${base}`,
        pipelines: 0,
        build: takes,
        buildAllows: strategy.allowsPullRequest(head, base),
        // the check of the branches says no to every other base
        workflows: takes ? ['checks', 'pull-request', 'security'] : ['pull-request'],
        actionsAllow: strategy.allowsPullRequest(head, base),
        required: takes,
      };
    }));
    expect(found).toEqual(wanted);
  });

  test('a pull request that is sent elsewhere is judged anew, by its new base', () => {
    const bases = strategy.pullRequestBases;
    const moves = BRANCHES.flatMap(head => bases.flatMap(from => bases.map(base => ({ head, from, base }))))
      .filter(({ head, from, base }) => new Set([head, from, base]).size === 3);
    const codes = exitCodes(pullRequestScript(workflows), moves.map(({ head, base }) => ({
      HEAD: head, BASE: base, HEAD_REPOSITORY: REPOSITORY_NAME, GITHUB_REPOSITORY: REPOSITORY_NAME,
    })));
    moves.forEach(({ head, from, base }, index) => {
      const reported = jobNames(workflows, base, ['pull-request']);
      expect({
        started: started(workflows, { event: 'pull_request', branch: base, action: 'edited' }),
        required: requiredChecks(rulesets, base).filter(name => reported.includes(name)),
        leftFromBefore: requiredChecks(rulesets, base).filter(name => jobNames(workflows, from, ['pull-request']).includes(name)),
        allowed: codes[index] === 0,
      }).toEqual({ started: ['pull-request'], required: [`Pull request rules (${base})`], leftFromBefore: [], allowed: strategy.allowsPullRequest(head, base) });
    });
  });

  test('two pull requests from one commit do not lend each other the check of the branches', () => {
    for (const base of strategy.pullRequestBases) {
      const [rules, ...more] = requiredChecks(rulesets, base).filter(name => name.startsWith('Pull request rules'));
      expect(more).toEqual([]);
      const lenders = BRANCHES.filter(other => jobNames(workflows, other, started(workflows, { event: 'pull_request', branch: other })).includes(rules));
      expect(lenders).toEqual([base]);
    }
  });

  test('no check has the name of another', () => {
    for (const base of strategy.pullRequestBases) {
      const required = requiredChecks(rulesets, base).map(name => name.toLowerCase());
      expect(new Set(required).size).toBe(required.length);
      for (const context of aws.contexts) { expect(required).not.toContain(context.toLowerCase()); }
    }
    // what a push is worth says nothing about a pull request
    expect(aws.contexts).toEqual([...new Set(aws.contexts)]);
  });

  test('every environment is reported every hour, whatever the default branch is, and were it the only one', () => {
    const branches = strategy.deployedBranches;
    for (const some of [branches, ...branches.map(branch => [branch])]) {
      const { deployment } = write(strategy, { ...aws, deliveries: aws.deliveries.filter(({ branch }) => some.includes(branch)) }).workflows;
      expect(deployment.on.schedule).toHaveLength(1);
      for (const main of branches) {
        const run = { event_name: 'schedule', ref: `refs/heads/${main}`, repository: REPOSITORY_NAME };
        const { others } = deployment.jobs;
        const [{ run: script, env }] = others.steps;
        const startedByIt = evaluate(others.if, run) ? callsOfGh(script!, { ...env, GITHUB_REF_NAME: main, GITHUB_REPOSITORY: REPOSITORY_NAME }) : [];
        const calls = startedByIt.map(call => /^workflow run deployment\.yml --repo \S+ --ref (\S+)$/.exec(call)![1]);
        expect([...reports({ deployment }, 'schedule', run.ref), ...calls.flatMap(ref => reports({ deployment }, 'workflow_dispatch', `refs/heads/${ref}`))].sort())
          .toEqual(some.map(environmentName).sort());
        // what is there already is not started again
        expect(calls).not.toContain(main);
        expect(evaluate(others.if, run)).toBe(some.some(branch => branch !== main));
      }
    }
  });

  test('a fork is taken by the prefixes of its branches only', () => {
    const pairs = BRANCHES.flatMap(head => strategy.pullRequestBases.map(base => ({ head, base })));
    const codes = exitCodes(pullRequestScript(workflows), pairs.map(({ head, base }) => ({ HEAD: head, BASE: base, HEAD_REPOSITORY: 'somebody/notes', GITHUB_REPOSITORY: REPOSITORY_NAME })));
    expect(codes.map(code => code === 0)).toEqual(pairs.map(({ head, base }) => strategy.allowsPullRequest(head, base) && strategy.ruleOf(head)!.branch.endsWith('/')));
  });

  test('a tag starts nothing, whatever it is called', () => {
    expect(aws.pipelines.filter(({ tags }) => tags)).toEqual([]);
    expect(BRANCHES.filter(name => startsBuild(aws.webhook, 'PUSH', { HEAD_REF: `refs/tags/${name}` }))).toEqual([]);
    expect(Object.keys(workflows).filter(name => workflows[name].on.push && !('branches' in workflows[name].on.push))).toEqual([]);
  });

  test('what is started by hand has the branch of its environment', () => {
    expect(aws.pipelines.map(({ branch, manual }) => ({ branch, manual }))).toEqual(strategy.deployedBranches.map(branch => ({ branch, manual: branch })));
    for (const branch of BRANCHES) {
      expect(reports(workflows, 'workflow_dispatch', `refs/heads/${branch}`)).toEqual(strategy.deployedBranches.includes(branch) ? [environmentName(branch)] : []);
      expect(reports(workflows, 'workflow_dispatch', `refs/tags/${branch}`)).toEqual([]);
    }
  });

  test('a pipeline trusts no other way of a commit than the pull requests', () => {
    expect(aws.pipelines.map(({ branch, sources }) => ({ branch, sources })))
      .toEqual(strategy.deployedBranches.map(branch => ({ branch, sources: strategy.ruleOf(branch)!.pullRequestsFrom })));
  });

  test('a role trusts the branch whose workflow reports by it', () => {
    expect(aws.pipelines.map(({ trusted }) => trusted)).toEqual(strategy.deployedBranches.map(branch => [
      `repo:${REPOSITORY_NAME}:ref:refs/heads/${branch}`,
      `repo:${REPOSITORY.owner}@*/${REPOSITORY.name}@*:ref:refs/heads/${branch}`,
    ]));
    // the run of the schedule has the default branch and starts the others
    const others = workflows.deployment.jobs.others.steps.map(({ env }) => env!.BRANCHES);
    expect(others).toEqual([strategy.deployedBranches.join(' ')]);
  });

  test('a ruleset requires jobs that there are, and that every pull request into the branch runs', () => {
    for (const base of strategy.pullRequestBases) {
      const names = jobNames(workflows, base, started(workflows, { event: 'pull_request', branch: base }));
      expect(requiredChecks(rulesets, base).sort()).toEqual(names.sort());
      expect(new Set(names).size).toBe(names.length);
    }
  });

  test('a branch that lives on is merged, one that is thrown away may be squashed', () => {
    for (const base of strategy.pullRequestBases) {
      const rules = branchRulesets(rulesets, base).flatMap(ruleset => ruleset.rules);
      const living = strategy.ruleOf(base)!.pullRequestsFrom!.some(source => !source.endsWith('/'));
      expect(rules.find(({ type }) => type === 'pull_request')!.parameters!.allowed_merge_methods).toEqual([living ? 'merge' : 'squash']);
      expect(rules.find(({ type }) => type === 'required_status_checks')!.parameters!.strict_required_status_checks_policy).toBe(!living);
    }
  });
});

interface Pipeline {
  readonly branch: string;
  readonly pushes: string[];
  readonly tags: boolean;
  readonly pullRequests: unknown[];
  /** The branch of an execution that somebody starts. */
  readonly manual: string;
  readonly sources?: string[];
  readonly trusted: string[];
}

interface WebhookFilter {
  readonly Type: string;
  readonly Pattern: string;
  readonly ExcludeMatchedPattern?: boolean;
}

/** One pipeline for each branch that is deployed, the first with the build of pull requests. */
function synthesize(strategy: BranchingStrategy) {
  const app = new App();
  const stacks = strategy.deployedBranches.map((branch, index) => {
    const stack = new Stack(app, `Stack${index}`, { env: { account: ACCOUNT, region: REGION } });
    new GitFlowPipeline(stack, 'Pipeline', {
      repository: REPOSITORY, branching: strategy, branch, environmentName: environmentName(branch), site: siteTarget(stack), checks: index === 0,
    });
    return stack;
  });
  const templates = stacks.map(stack => Template.fromStack(stack));
  const projects = Object.values(templates[0].findResources('AWS::CodeBuild::Project', { Properties: { Triggers: { Webhook: true } } }));
  const filters = (project: typeof projects[number]) => project.Properties.Triggers.FilterGroups as WebhookFilter[][];
  const project = projects.find(each => filters(each).flat().some(({ Type, Pattern }) => Type === 'EVENT' && Pattern.includes('PULL_REQUEST_CREATED')))!;
  const { phases } = parse(joined(project.Properties.Source.BuildSpec)) as { phases: { build: { commands: string[] } } };
  return {
    pipelines: templates.map((template, index): Pipeline => pipelineOf(template, strategy.deployedBranches[index])),
    deliveries: templates.flatMap(template => recordedDeliveries(template.toJSON())),
    webhook: projects.flatMap(filters),
    contexts: projects.map(({ Properties }) => Properties.Source.BuildStatusConfig.Context as string),
    buildCommand: phases.build.commands.find(command => command.includes('CODEBUILD_WEBHOOK_EVENT'))!,
  };
}

/** A text with references in it, of which none matters here. */
function joined(value: unknown): string {
  if (typeof value === 'string') { return value; }
  const parts = (value as { 'Fn::Join': [string, unknown[]] })['Fn::Join'][1];
  return parts.map((part, index) => typeof part === 'string' ? part : `reference${index}`).join('');
}

function pipelineOf(template: Template, branch: string): Pipeline {
  const [{ Properties: { Triggers: [{ GitConfiguration: { Push: pushes = [], PullRequest: pullRequests = [] } }], Stages: stages } }] = Object.values(template.findResources('AWS::CodePipeline::Pipeline'));
  const actionsOfAll = stages.flatMap(({ Actions }: { Actions: { Name: string; Configuration: Record<string, string> }[] }) => Actions);
  const verification = actionsOfAll.find(({ Configuration }: { Configuration: Record<string, string> }) => JSON.stringify(Configuration).includes('SOURCES'));
  const variables = verification && JSON.parse(verification.Configuration.EnvironmentVariables);
  const role = Object.values(template.findResources('AWS::IAM::Role')).find(({ Properties }) => JSON.stringify(Properties.AssumeRolePolicyDocument).includes('AssumeRoleWithWebIdentity'))!;
  const { StringLike: trust } = role.Properties.AssumeRolePolicyDocument.Statement[0].Condition;
  return {
    branch,
    pushes: pushes.flatMap((filter: { Branches?: { Includes?: string[] } }) => filter.Branches?.Includes ?? []),
    tags: pushes.some((filter: { Tags?: unknown }) => filter.Tags),
    pullRequests,
    manual: actionsOfAll[0].Configuration.BranchName,
    sources: (variables as { name: string; value: string }[] | undefined)?.find(({ name }) => name === 'SOURCES')!.value.split(' '),
    trusted: trust['token.actions.githubusercontent.com:sub'],
  };
}

function write(strategy: BranchingStrategy, { deliveries }: Pick<ReturnType<typeof synthesize>, 'deliveries'>) {
  const files = new GitHubWorkflows({
    branching: strategy,
    repository: REPOSITORY,
    folders: { api: 'api', site: 'spa', chart: 'deploy/chart' },
    environments: deliveries.map(({ environmentName: name, branch, pipelineName, reporterRoleName }) => ({
      name, branch, pipelineName, account: ACCOUNT, region: REGION, reporterRoleArn: `arn:aws:iam::${ACCOUNT}:role/${reporterRoleName}`,
    })),
  }).files();
  const inFolder = <T>(folder: string, read: (text: string) => T): Record<string, T> => Object.fromEntries(files
    .filter(({ path }) => path.startsWith(`.github/${folder}/`))
    .map(({ path, content }) => [path.split('/').pop()!.split('.')[0], read(content)]));
  return {
    workflows: inFolder('workflows', text => parse(text) as Workflow),
    rulesets: Object.values(inFolder('rulesets', text => JSON.parse(text) as Ruleset)),
  };
}

function environmentName(branch: string): string {
  return `env-${branch.replace(/\W/g, '-')}`;
}

/** Filters of a group have to match all, one group is enough. */
function startsBuild(groups: WebhookFilter[][], event: string, references: Record<string, string>): boolean {
  return groups.some(group => group.every(({ Type, Pattern, ExcludeMatchedPattern = false }) => {
    const matches = Type === 'EVENT' ? Pattern.split(', ').includes(event) : new RegExp(Pattern).test(references[Type] ?? '');
    return matches !== ExcludeMatchedPattern;
  }));
}

interface StartingEvent {
  readonly event: 'push' | 'pull_request';
  readonly branch: string;
  /** What happened to a pull request. @default opened */
  readonly action?: string;
}

/** @see https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows#pull_request */
const DEFAULT_TYPES = ['opened', 'synchronize', 'reopened'];
/** What CodeBuild calls an event, and GitHub its action. */
const ACTIONS: Record<string, string> = { PULL_REQUEST_CREATED: 'opened', PULL_REQUEST_UPDATED: 'synchronize', PULL_REQUEST_REOPENED: 'reopened' };

function started(workflows: Record<string, Workflow>, { event, branch, action = 'opened' }: StartingEvent): string[] {
  return Object.entries(workflows).filter(([, { on }]) => {
    const filter = on[event];
    if (event === 'pull_request' && !(on.pull_request?.types ?? DEFAULT_TYPES).includes(action)) { return false; }
    return filter && (filter.branches?.some(pattern => actionsMatches(pattern, branch)) ?? true);
  }).map(([name]) => name).sort();
}

/** The environments whose jobs a run of the deployment workflow has. */
function reports({ deployment }: Record<string, Workflow>, event_name: string, ref: string): string[] {
  if (event_name === 'push' && !started({ deployment }, { event: 'push', branch: ref.replace('refs/heads/', '') }).length) { return []; }
  return Object.entries(deployment.jobs)
    .filter(([id, job]) => id.startsWith('report-') && evaluate(job.if, { event_name, ref, repository: REPOSITORY_NAME }))
    .map(([id]) => id.replace('report-', ''));
}

/** What the jobs of a pull request into a branch are called beside its commit. */
function jobNames(workflows: Record<string, Workflow>, base: string, files: string[]): string[] {
  return files.flatMap(file => Object.values(workflows[file].jobs))
    .filter(job => evaluate(job.if, { event_name: 'pull_request', base_ref: base, repository: REPOSITORY_NAME }))
    .map(({ name }) => name.replace(/\$\{\{(.*?)\}\}/g, (_, expression: string) => new Function('github', `return ${expression}`)({ base_ref: base })));
}

function requiredChecks(rulesets: Ruleset[], base: string): string[] {
  const { parameters } = branchRulesets(rulesets, base).flatMap(({ rules }) => rules).find(({ type }) => type === 'required_status_checks')!;
  return (parameters!.required_status_checks as { context: string }[]).map(({ context }) => context);
}

/** An expression of GitHub Actions: comparisons and conjunctions are those of JavaScript. */
function evaluate(expression: string | undefined, github: Record<string, string>): boolean {
  return expression === undefined || new Function('github', `return ${expression}`)(github) as boolean;
}

function branchRulesets(rulesets: Ruleset[], branch: string): Ruleset[] {
  return rulesets.filter(({ target, conditions: { ref_name: { include, exclude } } }) => target === 'branch'
    && include.some(pattern => rulesetMatches(pattern, `refs/heads/${branch}`)) && !exclude.some(pattern => rulesetMatches(pattern, `refs/heads/${branch}`)));
}

function rulesOf(rulesets: Ruleset[], branch: string): string[] {
  return branchRulesets(rulesets, branch).flatMap(({ rules }) => rules.map(({ type }) => type));
}

function pullRequestScript(workflows: Record<string, Workflow>): string {
  return workflows['pull-request'].jobs.rules.steps[0].run!;
}

/** What a script asks the GitHub CLI for. */
function callsOfGh(script: string, env: Record<string, string>): string[] {
  const printed = execFileSync('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', `gh() { echo "$@"; }\n${script}`], { env: { PATH: process.env.PATH, ...env }, encoding: 'utf8' });
  return printed.split('\n').filter(Boolean);
}

/** Runs a script in bash with each of the environments and says how it ended: one process for all, a subshell for each. */
function exitCodes(script: string, environments: Record<string, string>[]): number[] {
  const program = environments.map(variables =>
    `( ${Object.entries(variables).map(([name, value]) => `${name}='${value}'`).join(' ')}; eval "$SCRIPT" ) > /dev/null 2>&1; echo $?\n`).join('');
  return execFileSync('bash', ['--noprofile', '--norc'], { input: program, env: { PATH: process.env.PATH, SCRIPT: script }, encoding: 'utf8' }).trim().split('\n').map(Number);
}
