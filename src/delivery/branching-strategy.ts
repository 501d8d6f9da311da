import { explain } from '../private/validation';

/** Whom an environment serves. */
export enum EnvironmentKind {
  /** Tests and previews: nobody outside the company. */
  NON_PRODUCTION = 'non-production',
  /** The customers. */
  PRODUCTION = 'production',
}

/**
 * Which branches there are, what each deploys and where its pull requests may go.
 *
 * @example
 * import { BranchingStrategy } from 'cdk-innovate-platform';
 *
 * const strategy = BranchingStrategy.simplifiedGitFlow();
 * strategy.environmentBranch('staging');        // develop
 * strategy.pullRequestBase('feature/search');   // develop
 * strategy.isChecksOnly('feature/search');      // true: never deployed
 *
 * @see https://docs.aws.amazon.com/prescriptive-guidance/latest/choosing-git-branch-approach/gitflow-branching-strategy.html
 */
export class BranchingStrategy {
  /**
   * `main` is what customers use, `develop` what is tested next; `feature/` and `bugfix/` branch off from `develop` and go back to it.
   */
  public static simplifiedGitFlow(): BranchingStrategy {
    return new BranchingStrategy('main', 'develop', ['feature/', 'bugfix/']);
  }

  /** Patterns of the branches that are checked and never deployed, as CodePipeline's triggers take them: `feature/**`. */
  public readonly checkedBranches: string[];

  private constructor(
    /** Branch that production follows. */
    public readonly productionBranch: string,
    /** Branch that QA and staging follow. */
    public readonly integrationBranch: string,
    private readonly workPrefixes: string[],
  ) {
    this.checkedBranches = workPrefixes.map(prefix => `${prefix}**`);
  }

  /**
   * The branch that an environment follows: `production`, `staging` or `qa`.
   *
   * @throws where the strategy knows no such environment
   */
  public environmentBranch(environmentName: string): string {
    if (environmentName === 'production') { return this.productionBranch; }
    if (['staging', 'qa'].includes(environmentName)) { return this.integrationBranch; }
    throw new Error(explain({
      prop: 'environmentName',
      value: environmentName,
      problem: 'the branching strategy has no branch for it',
      remedy: 'Give "production", "staging" or "qa", or name the branch yourself.',
    }));
  }

  /** The kind of environment that a branch deploys to; undefined where it deploys nothing. */
  public deploysTo(branch: string): EnvironmentKind | undefined {
    switch (branch) {
      case this.productionBranch: return EnvironmentKind.PRODUCTION;
      case this.integrationBranch: return EnvironmentKind.NON_PRODUCTION;
      default: return undefined;
    }
  }

  /** Whether a branch is checked and never deployed. */
  public isChecksOnly(branch: string): boolean {
    return this.workPrefixes.some(prefix => branch.startsWith(prefix));
  }

  /** The branch that a branch's pull requests may go to; undefined where there is none. */
  public pullRequestBase(branch: string): string | undefined {
    if (this.isChecksOnly(branch)) { return this.integrationBranch; }
    return branch === this.integrationBranch ? this.productionBranch : undefined;
  }
}
