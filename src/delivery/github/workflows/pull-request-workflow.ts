import { Application } from './application';
import { RUNNER, Workflow } from './workflow';
import { BranchingStrategy } from '../branching-strategy';

/**
 * The name has the base in it: GitHub keeps the result beside the commit, and a pull request from the same commit into another branch would
 * lend it its own. Two from one commit into one branch bring the same.
 */
const RULES_JOB = 'Pull request rules (${{ github.base_ref }})';

const TYPES = ['build', 'chore', 'ci', 'docs', 'feat', 'fix', 'perf', 'refactor', 'revert', 'style', 'test'];

/**
 * Checks which branch goes into which, and the title, since versions and release notes are made of it. No ruleset can restrict the branch
 * that a pull request comes from, so this check is one that the rulesets require. It runs for every base: one without rules takes nothing.
 */
export function pullRequestWorkflow({ branching }: Application): Workflow {
  return {
    name: 'Pull request',
    on: { pull_request: { types: ['opened', 'reopened', 'synchronize', 'edited'] } },
    permissions: {},
    concurrency: { 'group': 'pull-request-${{ github.event.pull_request.number }}', 'cancel-in-progress': true },
    jobs: {
      rules: {
        'name': RULES_JOB,
        'runs-on': RUNNER,
        'timeout-minutes': 5,
        'permissions': {},
        'steps': [
          {
            name: 'The branch may go where it wants to',
            env: {
              BASE: '${{ github.event.pull_request.base.ref }}',
              HEAD: '${{ github.event.pull_request.head.ref }}',
              HEAD_REPOSITORY: '${{ github.event.pull_request.head.repo.full_name }}',
            },
            run: branchScript(branching),
          },
          {
            name: 'The title is a conventional commit',
            if: '${{ !cancelled() }}',
            env: { TITLE: '${{ github.event.pull_request.title }}' },
            run: TITLE_SCRIPT,
          },
        ],
      },
    },
  };
}

/** A fork may call its branches as it likes: a branch that is deployed, or named by itself, has to be ours. */
function branchScript(branching: BranchingStrategy): string {
  const bases = branching.pullRequestBases.map(base => ({ base, sources: branching.ruleOf(base)!.pullRequestsFrom! }));
  return [
    'case "$BASE" in',
    ...bases.flatMap(({ base, sources }) => [
      `  ${base})`,
      '    case "$HEAD" in',
      ...sources.map(source => source.endsWith('/')
        ? `      ${source}?*) exit 0 ;;`
        : `      ${source}) if [ "$HEAD_REPOSITORY" = "$GITHUB_REPOSITORY" ]; then exit 0; fi ;;`),
      '    esac',
      `    allowed='${sources.map(source => source.endsWith('/') ? `${source}…` : source).join(', ')}' ;;`,
    ]),
    '  *) allowed=\'no branch\' ;;',
    'esac',
    'echo "::error::A pull request from \'$HEAD\' into \'$BASE\' is not in order: \'$BASE\' takes $allowed of this repository."',
    'exit 1',
    '',
  ].join('\n');
}

const TITLE_SCRIPT = `pattern='^(${TYPES.join('|')})(\\([^()]+\\))?!?: [^ ].*$'
if [[ ! "$TITLE" =~ $pattern ]]; then
  echo "::error::The title is no conventional commit, such as 'feat(api): search in notes'. It starts with one of: ${TYPES.join(', ')}."
  exit 1
fi
`;
