import * as fs from 'node:fs';
import * as path from 'node:path';
import { stringify } from 'yaml';
import { ApplicationFolders } from './application-folders';
import { BranchingStrategy } from './branching-strategy';
import { GitHubEnvironment } from './github-environment';
import { GitHubRepository } from './github-repository';
import { Application } from './workflows/application';
import { checksWorkflow } from './workflows/checks-workflow';
import { dependencyUpdates } from './workflows/dependency-updates';
import { deploymentWorkflow } from './workflows/deployment-workflow';
import { keepNewerPins } from './workflows/newer-pins';
import { pullRequestWorkflow } from './workflows/pull-request-workflow';
import { rulesets } from './workflows/rulesets';
import { securityWorkflow } from './workflows/security-workflow';
import { Workflow, workflowText } from './workflows/workflow';
import { explain } from '../../private/validation';

/** Options of `GitHubWorkflows`. */
export interface GitHubWorkflowsProps {
  /**
   * Which branches there are, and where their pull requests may go.
   *
   * @default BranchingStrategy.simplifiedGitFlow()
   */
  readonly branching?: BranchingStrategy;
  /** Where the application's parts are: at least an API or a site. */
  readonly folders: ApplicationFolders;
  /**
   * The repository that the workflows are for: forks do not report deployments.
   *
   * @default - any
   */
  readonly repository?: GitHubRepository;
  /**
   * The environments whose deployments are reported to GitHub.
   *
   * @default - none, and no releases are made
   */
  readonly environments?: GitHubEnvironment[];
  /**
   * Whether GitHub takes the findings of scans, runs CodeQL and reviews dependencies. It does in public repositories; a private one needs a
   * licence, and the jobs would fail without it.
   *
   * @default true
   * @see https://docs.github.com/en/get-started/learning-about-github/about-github-advanced-security
   */
  readonly codeSecurity?: boolean;
  /**
   * Teams and people who approve every change, such as `@innovate-inc/platform`.
   *
   * @default - whoever may approve pull requests
   */
  readonly codeOwners?: string[];
  /**
   * Approvals that a pull request needs.
   *
   * @default 1
   */
  readonly reviews?: number;
  /**
   * Further checks that a pull request has to pass, by the names that GitHub shows: `checks` is that of `GitFlowPipeline`.
   *
   * @default - the jobs of these workflows
   */
  readonly requiredChecks?: string[];
}

/** A file of a repository. */
export interface GitHubFile {
  /** From the repository's root, with slashes. */
  readonly path: string;
  /** The whole text. */
  readonly content: string;
}

/** In the first two lines of each file that is ours; JSON has no comments, so a ruleset has it in its name. */
const MARKER = 'by cdk-innovate-platform github';
const HEADER = `Written ${MARKER}: change the app, then write it anew.`;
const ASSETS = path.join(__dirname, 'assets');

/**
 * What a repository on GitHub needs beside the pipelines: checks of every branch and pull request, scans, reports of deployments, releases, and
 * the rulesets that protect its branches. All of it comes from one branching strategy, as the triggers of the pipelines do.
 *
 * Nothing in it is a secret: workflows read AWS by a role that trusts the repository. Every action is pinned by its commit.
 *
 * @example
 * import { BranchingStrategy, GitHubWorkflows } from 'cdk-innovate-platform';
 *
 * const workflows = new GitHubWorkflows({
 *   branching: BranchingStrategy.simplifiedGitFlow({ hotfixes: true, dependencyUpdates: true }),
 *   folders: { api: 'api', site: 'spa', chart: 'deploy/chart' },
 *   environments: [{
 *     name: 'production',
 *     branch: 'main',
 *     account: '333333333333',
 *     region: 'eu-west-1',
 *     pipelineName: 'notes-production',
 *     reporterRoleArn: 'arn:aws:iam::333333333333:role/notes-production-github-reporter',
 *   }],
 * });
 * workflows.write('../notes');
 *
 * @see https://docs.github.com/en/actions/reference/security/secure-use
 */
export class GitHubWorkflows {
  private readonly allFiles: GitHubFile[];

  /**
   * @throws where there is neither API nor site, or an environment does not fit the branches
   */
  constructor(props: GitHubWorkflowsProps) {
    const application: Application = {
      repository: props.repository && `${props.repository.owner}/${props.repository.name}`,
      branching: props.branching ?? BranchingStrategy.simplifiedGitFlow(),
      folders: props.folders,
      environments: props.environments ?? [],
      codeSecurity: props.codeSecurity ?? true,
    };
    validateApplication(application, props);
    this.allFiles = filesOf(application, props);
  }

  /** The files, in the order of their paths. */
  public files(): GitHubFile[] {
    return [...this.allFiles];
  }

  /**
   * Paths of the files that a repository does not have like this. An action that the repository pins in a newer version is as it should be.
   *
   * @param folder the repository's root
   */
  public differences(folder: string): string[] {
    return this.changes(folder).map(file => file.path);
  }

  /**
   * Writes the files into a repository and returns the paths of those that changed. A file of the same name that was not written by this is
   * left alone.
   *
   * @param folder the repository's root
   * @throws where the folder is no repository, or a file is somebody else's
   */
  public write(folder: string): string[] {
    if (!fs.existsSync(path.join(folder, '.git'))) {
      refuse('folder', folder, 'it is not the root of a git repository', 'Give the folder that the application was cloned into.');
    }
    const changes = this.changes(folder);
    const foreign = changes.filter(file => !isOurs(path.join(folder, file.path))).map(file => file.path);
    if (foreign.length > 0) {
      refuse('folder', folder, `these files in it are somebody else's: ${foreign.join(', ')}`, 'Move them away, or rename them, and write again.');
    }
    for (const file of changes) {
      fs.mkdirSync(path.dirname(path.join(folder, file.path)), { recursive: true });
      fs.writeFileSync(path.join(folder, file.path), file.content);
    }
    return changes.map(file => file.path);
  }

  private changes(folder: string): GitHubFile[] {
    return this.allFiles.flatMap(file => {
      const present = read(path.join(folder, file.path));
      const content = present === undefined ? file.content : keepNewerPins(present, file.content);
      return content === present ? [] : [{ ...file, content }];
    });
  }
}

function filesOf(application: Application, { reviews = 1, codeOwners = [], requiredChecks = [] }: GitHubWorkflowsProps): GitHubFile[] {
  const workflows: Record<string, Workflow> = {
    'checks': checksWorkflow(application),
    'pull-request': pullRequestWorkflow(application),
    'security': securityWorkflow(application),
    ...application.environments.length > 0 ? { deployment: deploymentWorkflow(application) } : {},
  };
  const updates = dependencyUpdates(application);
  const contents: Record<string, string> = {
    ...fromEntries(workflows, name => `workflows/${name}.yml`, workflow => workflowText(HEADER, workflow)),
    ...fromEntries(rulesets(application, Object.values(workflows), { reviews, requiredChecks, hasCodeOwners: codeOwners.length > 0 }),
      name => `rulesets/${name}.json`, ruleset => `${JSON.stringify(ruleset, undefined, 2)}\n`),
    'requirements/infrastructure.txt': asset('infrastructure-requirements.txt'),
    ...application.environments.length > 0 ? {
      'scripts/report-deployments.mjs': asset('report-deployments.mjs'),
      'requirements/git-cliff.txt': asset('git-cliff-requirements.txt'),
      'cliff.toml': asset('cliff.toml'),
    } : {},
    ...updates ? { 'dependabot.yml': `# ${HEADER}\n${stringify(updates, { lineWidth: 0 })}` } : {},
    ...codeOwners.length > 0 ? { CODEOWNERS: `# ${HEADER}\n* ${codeOwners.join(' ')}\n` } : {},
  };
  return Object.entries(contents).map(([name, content]) => ({ path: `.github/${name}`, content })).sort((one, other) => one.path < other.path ? -1 : 1);
}

function fromEntries<T>(all: Record<string, T>, name: (key: string) => string, text: (value: T) => string): Record<string, string> {
  return Object.fromEntries(Object.entries(all).map(([key, value]) => [name(key), text(value)]));
}

function asset(name: string): string {
  return fs.readFileSync(path.join(ASSETS, name), 'utf8');
}

function read(file: string): string | undefined {
  return fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : undefined;
}

function isOurs(file: string): boolean {
  const text = read(file);
  return text === undefined || text.split('\n', 2).some(line => line.includes(MARKER));
}

function validateApplication({ branching, folders, environments }: Application, { reviews = 1, codeOwners = [] }: GitHubWorkflowsProps): void {
  if (!folders.api && !folders.site) {
    refuse('folders', folders, 'it has neither an API nor a site, so nothing would be checked', 'Give `folders.api`, `folders.site` or both.');
  }
  for (const [name, folder] of Object.entries(folders)) {
    if (folder !== undefined && !FOLDER.test(folder)) {
      refuse(`folders.${name}`, folder, 'it is not a folder below the root of the repository', 'Give a path such as "services/api", without spaces and without a slash at either end.');
    }
  }
  environments.forEach((environment, index) => validateEnvironment(`environments[${index}]`, environment, environments.slice(0, index), branching));
  if (!Number.isInteger(reviews) || reviews < 0 || reviews > 10) {
    refuse('reviews', reviews, 'GitHub asks for none to ten approvals', 'Give a whole number from 0 to 10.');
  }
  codeOwners.forEach((owner, index) => {
    if (!/^(@[A-Za-z0-9-]+(\/[A-Za-z0-9._-]+)?|[^@\s]+@[^@\s]+)$/.test(owner)) {
      refuse(`codeOwners[${index}]`, owner, 'it is neither a team nor a person', 'Give "@owner/team", "@person" or an e-mail address.');
    }
  });
}

const FOLDER = /^[A-Za-z0-9_-][A-Za-z0-9._-]*(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$/;

/** What stands in a workflow has to be harmless there, besides being true. */
const FORMS: { readonly key: keyof GitHubEnvironment; readonly pattern: RegExp; readonly problem: string; readonly remedy: string }[] = [
  { key: 'name', pattern: /^[a-z][a-z0-9-]{0,31}$/, problem: 'it is not a short name in lower case', remedy: 'Give a name such as "staging".' },
  { key: 'account', pattern: /^\d{12}$/, problem: 'it is not the id of an account', remedy: 'Give its twelve digits.' },
  { key: 'region', pattern: /^[a-z]{2}(-[a-z]+)+-\d$/, problem: 'it is not a region', remedy: 'Give a region such as "eu-west-1".' },
  { key: 'pipelineName', pattern: /^[A-Za-z0-9.@_-]{1,100}$/, problem: 'it is not the name of a pipeline', remedy: 'Give up to 100 letters, digits and ".", "@", "_", "-".' },
  { key: 'reporterRoleArn', pattern: /^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/, problem: 'it is not the ARN of a role', remedy: 'Give "arn:aws:iam::<account>:role/<name>".' },
];

function validateEnvironment(prop: string, environment: GitHubEnvironment, earlier: GitHubEnvironment[], branching: BranchingStrategy): void {
  const { name, branch } = environment;
  for (const { key, pattern, problem, remedy } of FORMS) {
    if (!pattern.test(environment[key])) { refuse(`${prop}.${key}`, environment[key], problem, remedy); }
  }
  if (!branching.deployedBranches.includes(branch)) {
    refuse(`${prop}.branch`, branch, 'the branching strategy does not deploy it', `Give one of ${branching.deployedBranches.map(each => `"${each}"`).join(', ')}.`);
  }
  const sameBranch = earlier.find(other => other.branch === branch);
  if (sameBranch) {
    refuse(`${prop}.branch`, branch, `"${sameBranch.name}" follows it already, and a branch has one environment`, 'Give each environment a branch of its own.');
  }
  if (earlier.some(other => other.name === name)) {
    refuse(`${prop}.name`, name, 'there is an environment of this name already', 'Name each environment once.');
  }
}

function refuse(prop: string, value: unknown, problem: string, remedy: string): never {
  throw new Error(explain({ prop, value, problem, remedy }));
}
