import { explain } from '../../private/validation';

/** Whom an environment serves. */
export enum EnvironmentKind {
  /** Tests and previews: nobody outside the company. */
  NON_PRODUCTION = 'non-production',
  /** The customers. */
  PRODUCTION = 'production',
}

/** What holds for one branch, or for all branches with a prefix. */
export interface BranchRule {
  /** The branch's name, `main`, or a prefix that ends with a slash, `feature/`. */
  readonly branch: string;
  /**
   * The kind of environment that a push deploys to: one environment a branch. A prefix deploys nothing.
   *
   * @default - none: the branch is checked and never deployed
   */
  readonly deploysTo?: EnvironmentKind;
  /**
   * The branches whose pull requests it takes, as they stand in the other rules: `develop`, `feature/`.
   *
   * @default - none
   */
  readonly pullRequestsFrom?: string[];
}

/** Options of `BranchingStrategy.simplifiedGitFlow`. */
export interface SimplifiedGitFlowOptions {
  /**
   * Whether a `hotfix/` branch may go to `main` without passing `develop` first; it goes to `develop` as well.
   *
   * @default false
   */
  readonly hotfixes?: boolean;
  /**
   * Whether Dependabot may update dependencies: its `dependabot/` branches go to `develop`.
   *
   * @default false
   */
  readonly dependencyUpdates?: boolean;
}

const BRANCH = /^[A-Za-z0-9][A-Za-z0-9._-]*(\/[A-Za-z0-9][A-Za-z0-9._-]*)*\/?$/;

/**
 * Which branches there are, what each deploys and where its pull requests may go. The triggers of the pipelines, the workflows of GitHub
 * Actions and the rulesets of the repository all come from it.
 *
 * @example
 * import { BranchingStrategy, EnvironmentKind } from 'cdk-innovate-platform';
 *
 * const strategy = BranchingStrategy.simplifiedGitFlow({ hotfixes: true });
 * strategy.deploysTo('develop');                           // EnvironmentKind.NON_PRODUCTION
 * strategy.isChecksOnly('feature/search');                 // true: never deployed
 * strategy.allowsPullRequest('feature/search', 'main');    // false
 *
 * const trunk = BranchingStrategy.custom([
 *   { branch: 'main', deploysTo: EnvironmentKind.NON_PRODUCTION, pullRequestsFrom: ['topic/'] },
 *   { branch: 'live', deploysTo: EnvironmentKind.PRODUCTION, pullRequestsFrom: ['main'] },
 *   { branch: 'topic/' },
 * ]);
 *
 * @see https://docs.aws.amazon.com/prescriptive-guidance/latest/choosing-git-branch-approach/gitflow-branching-strategy.html
 */
export class BranchingStrategy {
  /**
   * `main` is what customers use, `develop` what is tested next; `feature/` and `bugfix/` branch off from `develop` and go back to it.
   */
  public static simplifiedGitFlow(options: SimplifiedGitFlowOptions = {}): BranchingStrategy {
    const hotfixes = options.hotfixes ? ['hotfix/'] : [];
    const updates = options.dependencyUpdates ? ['dependabot/'] : [];
    const intoDevelop = ['feature/', 'bugfix/', ...hotfixes, ...updates];
    return new BranchingStrategy([
      { branch: 'main', deploysTo: EnvironmentKind.PRODUCTION, pullRequestsFrom: ['develop', ...hotfixes] },
      { branch: 'develop', deploysTo: EnvironmentKind.NON_PRODUCTION, pullRequestsFrom: intoDevelop },
      ...intoDevelop.map(branch => ({ branch })),
    ]);
  }

  /**
   * Branches of your own.
   *
   * @throws where a name is malformed or stands twice, a prefix would be deployed, nothing is deployed, or a pull request comes from a branch without a rule
   */
  public static custom(rules: BranchRule[]): BranchingStrategy {
    return new BranchingStrategy(rules);
  }

  private constructor(
    /** The rules, in the order in which they were given. */
    public readonly rules: BranchRule[],
  ) {
    validateRules(rules);
  }

  /**
   * This strategy and one branch more.
   *
   * @throws where the branch has a rule already or the rule is not one
   */
  public withBranch(rule: BranchRule): BranchingStrategy {
    return new BranchingStrategy([...this.rules, rule]);
  }

  /** The rule of a branch; undefined where it has none. */
  public ruleOf(branch: string): BranchRule | undefined {
    return this.rules.find(rule => matches(rule.branch, branch));
  }

  /** The kind of environment that a branch deploys to; undefined where it deploys nothing. */
  public deploysTo(branch: string): EnvironmentKind | undefined {
    return this.ruleOf(branch)?.deploysTo;
  }

  /** Whether a branch is checked and never deployed. */
  public isChecksOnly(branch: string): boolean {
    const rule = this.ruleOf(branch);
    return rule !== undefined && rule.deploysTo === undefined;
  }

  /** Whether a pull request from one branch into another is in order. */
  public allowsPullRequest(from: string, to: string): boolean {
    return this.ruleOf(to)?.pullRequestsFrom?.some(source => matches(source, from)) ?? false;
  }

  /** The branches that a branch's pull requests may go to. */
  public pullRequestTargets(from: string): string[] {
    return this.rules.map(({ branch }) => branch).filter(to => !isPrefix(to) && this.allowsPullRequest(from, to));
  }

  /** Names of the branches that are deployed. */
  public get deployedBranches(): string[] {
    return this.rules.filter(rule => rule.deploysTo !== undefined).map(({ branch }) => branch);
  }

  /** Names of the branches that take pull requests. */
  public get pullRequestBases(): string[] {
    return this.rules.filter(({ pullRequestsFrom = [] }) => pullRequestsFrom.length > 0).map(({ branch }) => branch);
  }

  /** Patterns of the branches that are checked and never deployed, as CodePipeline and GitHub take them: `feature/**`. */
  public get checkedBranches(): string[] {
    return this.rules.filter(rule => rule.deploysTo === undefined).map(({ branch }) => isPrefix(branch) ? `${branch}**` : branch);
  }
}

function isPrefix(branch: string): boolean {
  return branch.endsWith('/');
}

function matches(rule: string, branch: string): boolean {
  return isPrefix(rule) ? branch.startsWith(rule) && branch.length > rule.length : branch === rule;
}

function validateRules(rules: BranchRule[]): void {
  const refuse = (prop: string, value: unknown, problem: string, remedy: string): never => {
    throw new Error(explain({ prop, value, problem, remedy }));
  };
  rules.forEach(({ branch, deploysTo, pullRequestsFrom = [] }, index) => {
    const prop = `rules[${index}]`;
    if (!BRANCH.test(branch)) {
      refuse(`${prop}.branch`, branch, 'it is neither the name of a branch nor a prefix', 'Give a name such as "develop", or a prefix such as "feature/".');
    }
    const earlier = rules.slice(0, index).find(other => matches(other.branch, branch) || matches(branch, other.branch) || other.branch === branch);
    if (earlier) {
      refuse(`${prop}.branch`, branch, `"${earlier.branch}" covers it already, and a branch has one rule and one environment`, 'Give each branch one rule.');
    }
    if (deploysTo !== undefined && isPrefix(branch)) {
      refuse(`${prop}.deploysTo`, deploysTo, `many branches may start with "${branch}", and one environment follows one branch`, 'Deploy a branch by its name.');
    }
    for (const [place, source] of pullRequestsFrom.entries()) {
      if (isPrefix(branch)) {
        refuse(`${prop}.pullRequestsFrom`, pullRequestsFrom, `"${branch}" is a prefix, and pull requests go to one branch`, 'Leave it out.');
      }
      if (source === branch || !rules.some(other => other.branch === source)) {
        refuse(`${prop}.pullRequestsFrom[${place}]`, source, 'no other rule is about it', `Name another rule's branch: ${rules.map(rule => `"${rule.branch}"`).join(', ')}.`);
      }
    }
  });
  if (!rules.some(rule => rule.deploysTo !== undefined)) {
    refuse('rules', rules.map(({ branch }) => branch), 'none of these branches is deployed', 'Give one of them `deploysTo`.');
  }
}
