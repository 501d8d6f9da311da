import { Application } from './application';
import { Workflow } from './workflow';
import { BranchRule } from '../branching-strategy';

/** The app by which GitHub Actions reports: nobody else's check of the same name counts. */
const GITHUB_ACTIONS = 15368;

/** A ruleset as GitHub imports it. */
export interface Ruleset {
  readonly name: string;
  readonly target: 'branch' | 'tag';
  readonly source_type: 'Repository';
  readonly enforcement: 'active';
  readonly conditions: { readonly ref_name: { readonly include: string[]; readonly exclude: string[] } };
  readonly rules: { readonly type: string; readonly parameters?: Record<string, unknown> }[];
  readonly bypass_actors: never[];
}

interface RulesetOptions {
  readonly reviews: number;
  /** Of others than GitHub Actions. */
  readonly requiredChecks: string[];
  readonly hasCodeOwners: boolean;
}

/** Files of rulesets, by their names: one for each branch that is deployed or takes pull requests, one for names, one for releases. */
export function rulesets({ branching }: Application, workflows: Workflow[], options: RulesetOptions): Record<string, Ruleset> {
  const protectedBranches = branching.rules.map(({ branch }) => branch)
    .filter(branch => branching.deployedBranches.includes(branch) || branching.pullRequestBases.includes(branch));
  const branchNames = branching.rules.map(({ branch }) => branch.endsWith('/') ? `refs/heads/${branch}**/*` : `refs/heads/${branch}`);
  return {
    ...Object.fromEntries(protectedBranches.map(branch => [
      branch.replace(/\//g, '-'),
      ruleset(branch, 'branch', [`refs/heads/${branch}`], [], branchRules(branching.ruleOf(branch)!, workflows, options)),
    ])),
    // a pattern for names is for enterprises only; who may create nothing but the exceptions has to choose among them
    'branch-names': ruleset('branch names', 'branch', ['~ALL'], branchNames, [{ type: 'creation' }]),
    // no rule for who makes a tag: the release job does, and GitHub takes its own Actions app as nobody who may pass over a rule
    'releases': ruleset('releases', 'tag', ['refs/tags/v*'], [], [{ type: 'deletion' }, { type: 'update' }]),
  };
}

/** The jobs that a pull request into a protected branch has to pass, as they are called there. */
function pullRequestChecks(base: string, workflows: Workflow[]): string[] {
  return workflows.filter(({ on }) => on.pull_request).flatMap(({ jobs }) => Object.values(jobs).map(({ name }) => name.replace('${{ github.base_ref }}', base)));
}

function branchRules({ branch, pullRequestsFrom: sources = [] }: BranchRule, workflows: Workflow[], { reviews, requiredChecks, hasCodeOwners }: RulesetOptions): Ruleset['rules'] {
  const kept = [{ type: 'deletion' }, { type: 'non_fast_forward' }];
  if (sources.length === 0) { return kept; }
  // A branch that lives on has to stay an ancestor, which a squash would end. A merge commit stays on this side, so that branch is never
  // up to date with it and must not have to be.
  const fromLivingBranch = sources.some(source => !source.endsWith('/'));
  return [
    ...kept,
    {
      type: 'pull_request',
      parameters: {
        required_approving_review_count: reviews,
        dismiss_stale_reviews_on_push: true,
        require_code_owner_review: hasCodeOwners,
        require_last_push_approval: reviews > 0,
        required_review_thread_resolution: true,
        allowed_merge_methods: [fromLivingBranch ? 'merge' : 'squash'],
      },
    },
    {
      type: 'required_status_checks',
      parameters: {
        strict_required_status_checks_policy: !fromLivingBranch,
        do_not_enforce_on_create: false,
        required_status_checks: [
          ...pullRequestChecks(branch, workflows).map(context => ({ context, integration_id: GITHUB_ACTIONS })),
          ...requiredChecks.map(context => ({ context })),
        ],
      },
    },
  ];
}

function ruleset(name: string, target: Ruleset['target'], include: string[], exclude: string[], rules: Ruleset['rules']): Ruleset {
  return {
    name: `${name} (written by cdk-innovate-platform github)`,
    target,
    source_type: 'Repository',
    enforcement: 'active',
    conditions: { ref_name: { include, exclude } },
    rules,
    bypass_actors: [],
  };
}
