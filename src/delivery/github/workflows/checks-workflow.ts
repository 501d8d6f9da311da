import { Application } from './application';
import { action, checkout, Job, RUNNER, Step, Workflow } from './workflow';

/** As in the builds of the pipeline: both scripts of the application may need both languages. */
const PYTHON = '3.11';
const NODE = '22';

/** Runs the application's own checks on what is not deployed yet. */
export function checksWorkflow({ branching, folders: { api, site } }: Application): Workflow {
  return {
    name: 'Checks',
    on: {
      push: { branches: branching.checkedBranches },
      pull_request: { branches: branching.pullRequestBases },
      workflow_dispatch: {},
    },
    permissions: {},
    // a newer push takes the place of an older one; a pull request and its branch are two
    concurrency: { 'group': 'checks-${{ github.ref }}', 'cancel-in-progress': true },
    jobs: {
      ...api ? { api: checkJob('API', api, [python(`${api}/**/requirements*.txt`), node()]) } : {},
      ...site ? { site: checkJob('Site', site, [node(`${site}/package-lock.json`)]) } : {},
    },
  };
}

/** One script, the same that the pipeline and the developers run. */
function checkJob(name: string, folder: string, languages: Step[]): Job {
  return {
    'name': name,
    'runs-on': RUNNER,
    'timeout-minutes': 20,
    'permissions': { contents: 'read' },
    'steps': [
      checkout(),
      ...languages,
      { name: 'Lint, types, tests and coverage', env: { REPORTS_DIR: '${{ github.workspace }}/reports' }, run: `mkdir -p "$REPORTS_DIR" && bash ${folder}/test.sh` },
      action('actions/upload-artifact', {
        name: 'Keep the reports',
        if: '${{ !cancelled() }}',
        with: { 'name': `${name.toLowerCase()}-reports`, 'path': 'reports', 'if-no-files-found': 'ignore', 'retention-days': 30 },
      }),
    ],
  };
}

function python(lockFiles: string): Step {
  return action('actions/setup-python', { with: { 'python-version': PYTHON, 'cache': 'pip', 'cache-dependency-path': lockFiles } });
}

/** Without a lock file nothing is cached: the action would look for one in the root. */
function node(lockFile?: string): Step {
  return action('actions/setup-node', {
    with: { 'node-version': NODE, ...lockFile ? { 'cache': 'npm', 'cache-dependency-path': lockFile } : { 'package-manager-cache': false } },
  });
}
