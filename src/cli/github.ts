import { parseArgs } from 'node:util';
import { RegionInfo } from 'aws-cdk-lib/region-info';
import { readStacks } from './assembly';
import { CommandError } from './command-error';
import { BranchingStrategy, BranchRule } from '../delivery/github/branching-strategy';
import { GitHubEnvironment } from '../delivery/github/github-environment';
import { GitHubRepository } from '../delivery/github/github-repository';
import { GitHubWorkflows } from '../delivery/github/github-workflows';
import { RecordedDelivery, recordedDeliveries } from '../private/delivery-record';

export const GITHUB_USAGE = `Writes workflows, rulesets and what belongs to them into an application's repository, by what the app delivers from it.

  cdk-innovate-platform github <folder> [options]

  <folder>                  the root of the application's repository
  --app <directory>         the cloud assembly (cdk.out) with the deliveries; make it with \`npx cdk synth\`
  --repository <name>       \`owner/name\`, where the app delivers from several repositories
  --check                   write nothing; end with 1 where a file is not as it would be written
  --code-owner <owner>      a team or a person that approves every change; may stand more than once
  --reviews <number>        approvals that a pull request needs; one, if nothing is said
  --required-check <name>   a further check that a pull request has to pass, such as \`checks\` of CodeBuild; may stand more than once
  --without-code-security   leave out CodeQL, dependency review and findings: a private repository needs a licence for them

A file that somebody else wrote is never replaced. Import the rulesets with \`gh api repos/<owner>/<name>/rulesets --input .github/rulesets/<file>\`.
`;

interface Options {
  readonly folder: string;
  readonly app: string;
  readonly repository?: string;
  readonly check: boolean;
  readonly codeOwners: string[];
  readonly reviews: number;
  readonly requiredChecks: string[];
  readonly codeSecurity: boolean;
}

/** Writes or checks the files and prints which of them changed. */
export function github(args: string[]): number {
  const options = parse(args);
  const deliveries = deliveriesOf(options);
  const workflows = workflowsFor(deliveries, options);
  const paths = asCommandError(() => options.check ? workflows.differences(options.folder) : workflows.write(options.folder));
  const unreported = deliveries.filter(delivery => !environmentOf(delivery));
  process.stdout.write([
    ...paths.map(path => `${options.check ? 'differs' : 'written'}  ${path}\n`),
    ...paths.length === 0 ? [`${options.folder} is up to date.\n`] : [],
    ...unreported.map(({ pipelineName, reporterRoleName }) =>
      `${pipelineName} is not reported to GitHub: ${reporterRoleName === undefined ? '`reportToGitHub` is false' : 'the app does not say its account and region'}.\n`),
  ].join(''));
  return options.check && paths.length > 0 ? 1 : 0;
}

function deliveriesOf({ app, repository }: Options): RecordedDelivery[] {
  const all = readStacks(app).flatMap(({ template }) => recordedDeliveries(template));
  const repositories = [...new Set(all.map(delivery => delivery.repository))].sort();
  const deliveries = all.filter(delivery => repository === undefined || delivery.repository === repository);
  if (deliveries.length === 0) {
    throw new CommandError(repositories.length === 0
      ? `${app} delivers nothing from GitHub. Name the cloud assembly of the app with a GitFlowPipeline with --app.`
      : `${app} delivers nothing from "${repository}". Give one of ${repositories.join(', ')}.`);
  }
  if (repository === undefined && repositories.length > 1) {
    throw new CommandError(`${app} delivers from ${repositories.join(', ')}. Say with --repository for which of them <folder> is.`);
  }
  // in the order of the branches, so that the order of the stacks does not matter
  const order = deliveries[0].rules.map(({ branch }) => branch);
  return deliveries.sort((one, other) => order.indexOf(one.branch) - order.indexOf(other.branch));
}

function workflowsFor(deliveries: RecordedDelivery[], { codeOwners, reviews, requiredChecks, codeSecurity }: Options): GitHubWorkflows {
  const { repository, rules } = deliveries[0];
  const different = deliveries.find(delivery => JSON.stringify(delivery.rules) !== JSON.stringify(rules));
  if (different) {
    throw new CommandError(`${deliveries[0].pipelineName} and ${different.pipelineName} have different branching strategies. Give all pipelines of a repository the same one.`);
  }
  return asCommandError(() => new GitHubWorkflows({
    repository: GitHubRepository.of(repository),
    branching: BranchingStrategy.custom(rules as BranchRule[]),
    folders: Object.assign({}, ...deliveries.map(delivery => delivery.folders)),
    environments: deliveries.map(environmentOf).filter(environment => environment !== undefined),
    codeOwners,
    reviews,
    requiredChecks,
    codeSecurity,
  }));
}

function environmentOf({ environmentName, branch, account, region, pipelineName, reporterRoleName }: RecordedDelivery): GitHubEnvironment | undefined {
  if (account === undefined || region === undefined || reporterRoleName === undefined) { return undefined; }
  const partition = RegionInfo.get(region).partition ?? 'aws';
  return { name: environmentName, branch, account, region, pipelineName, reporterRoleArn: `arn:${partition}:iam::${account}:role/${reporterRoleName}` };
}

/** What the library refuses is the user's to mend. */
function asCommandError<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw new CommandError((error as Error).message);
  }
}

function parse(args: string[]): Options {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        'app': { type: 'string' },
        'repository': { type: 'string' },
        'check': { type: 'boolean' },
        'code-owner': { type: 'string', multiple: true },
        'reviews': { type: 'string' },
        'required-check': { type: 'string', multiple: true },
        'without-code-security': { type: 'boolean' },
      },
    });
    if (positionals.length !== 1) { throw new Error('Name one folder: the root of the application\'s repository.'); }
    return {
      folder: positionals[0],
      app: values.app ?? 'cdk.out',
      repository: values.repository,
      check: values.check ?? false,
      codeOwners: values['code-owner'] ?? [],
      reviews: Number(values.reviews ?? 1),
      requiredChecks: values['required-check'] ?? [],
      codeSecurity: !values['without-code-security'],
    };
  } catch (error) {
    throw new CommandError(`${(error as Error).message}\n\n${GITHUB_USAGE}`);
  }
}
