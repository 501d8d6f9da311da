import { Application } from './application';
import { action, checkout, Job, RUNNER, Workflow } from './workflow';
import { EnvironmentKind } from '../branching-strategy';
import { GitHubEnvironment } from '../github-environment';

/** An approval waits for a person, who need not wait longer than this for the result on GitHub. */
const EVERY_HOUR = '37 * * * *';
const WAIT_MINUTES = 45;

/**
 * Tells GitHub what the pipelines did, and makes a release of what reached production. CodePipeline cannot: it reports nothing, and the
 * connection has no permission for deployments. Each role trusts the branch of its environment alone, and a scheduled run has the default
 * branch: so it starts the runs of the others, even where there is one, which need not be the default branch.
 */
export function deploymentWorkflow(application: Application): Workflow {
  const { environments } = application;
  const branches = [...new Set(environments.map(({ branch }) => branch))];
  const reports = environments.map(environment => [`report-${environment.name}`, reportJob(application, environment)]);
  const releases = environments.filter(environment => isProduction(application, environment)).map(({ name }) => [`release-${name}`, releaseJob(name)]);
  return {
    name: 'Deployment',
    on: { push: { branches }, schedule: [{ cron: EVERY_HOUR }], workflow_dispatch: {} },
    permissions: {},
    jobs: { ...Object.fromEntries([...reports, ...releases]), others: otherBranchesJob(application, branches) },
  };
}

/** A fork has the workflow too, and nothing to report. */
function atHome({ repository }: Application, condition: string): string {
  return repository === undefined ? condition : `github.repository == '${repository}' && ${condition}`;
}

function otherBranchesJob(application: Application, branches: string[]): Job {
  return {
    'name': 'Report the other branches',
    // of one branch, the run of the schedule knows whether there is another to start
    'if': atHome(application, ['github.event_name == \'schedule\'', ...branches.length === 1 ? [`github.ref != 'refs/heads/${branches[0]}'`] : []].join(' && ')),
    'runs-on': RUNNER,
    'timeout-minutes': 5,
    'permissions': { actions: 'write' },
    'concurrency': { 'group': 'report-others', 'cancel-in-progress': false },
    'steps': [{
      name: 'Start their runs',
      env: { GH_TOKEN: '${{ github.token }}', BRANCHES: branches.join(' ') },
      run: `for branch in $BRANCHES; do
  if [ "$branch" != "$GITHUB_REF_NAME" ]; then
    gh workflow run deployment.yml --repo "$GITHUB_REPOSITORY" --ref "$branch"
  fi
done
`,
    }],
  };
}

function reportJob(application: Application, environment: GitHubEnvironment): Job {
  const { name, branch, region, account, pipelineName, reporterRoleArn } = environment;
  const production = isProduction(application, environment);
  return {
    'name': `Report ${name}`,
    'if': atHome(application, `github.ref == 'refs/heads/${branch}'`),
    'runs-on': RUNNER,
    'timeout-minutes': WAIT_MINUTES + 10,
    'permissions': { 'contents': 'read', 'deployments': 'write', 'id-token': 'write' },
    // each run makes up for what the ones before it left, so one at a time is enough
    'concurrency': { 'group': `report-${name}`, 'cancel-in-progress': false },
    ...production ? { outputs: { released: '${{ steps.report.outputs.released }}' } } : {},
    'steps': [
      checkout(),
      action('aws-actions/configure-aws-credentials', {
        with: { 'role-to-assume': reporterRoleArn, 'aws-region': region, 'allowed-account-ids': account },
      }),
      {
        name: 'Report what the pipeline did',
        id: 'report',
        env: {
          GITHUB_TOKEN: '${{ github.token }}',
          ENVIRONMENT: name,
          PRODUCTION: String(production),
          PIPELINE: pipelineName,
          EXPECTED_COMMIT: '${{ github.event_name == \'push\' && github.sha || \'\' }}',
          WAIT_MINUTES: String(WAIT_MINUTES),
        },
        run: 'node .github/scripts/report-deployments.mjs',
      },
    ],
  };
}

function releaseJob(environment: string): Job {
  return {
    'name': `Release ${environment}`,
    'needs': `report-${environment}`,
    'if': `needs.report-${environment}.outputs.released != ''`,
    'runs-on': RUNNER,
    'timeout-minutes': 10,
    'permissions': { contents: 'write' },
    'concurrency': { 'group': 'release', 'cancel-in-progress': false },
    'steps': [
      checkout({ 'ref': `\${{ needs.report-${environment}.outputs.released }}`, 'fetch-depth': 0 }),
      {
        name: 'Version, notes and release',
        env: { GH_TOKEN: '${{ github.token }}', COMMIT: `\${{ needs.report-${environment}.outputs.released }}` },
        run: RELEASE_SCRIPT,
      },
    ],
  };
}

/**
 * A commit that a release contains was released: this one again, or an older one that came back. A tag without a release is one that a person
 * made, or a run that ended between the two.
 *
 * The tag is pushed and not left to the release: GitHub makes none with this token where the commit changes workflows (`--target`, 403). A
 * push it refuses only where the workflows of the commit are those of no branch any more, and no permission of this token can change that.
 *
 * @see https://github.com/cli/cli/issues/9514
 */
const RELEASE_SCRIPT = `releases() { git tag --list 'v[0-9]*.[0-9]*.[0-9]*' --sort version:refname "$@"; }
version="$(releases --points-at "$COMMIT" | tail -n 1)"
if [ -n "$version" ]; then
  if gh release view "$version" > "$RUNNER_TEMP/release.txt" 2>&1; then
    echo "$COMMIT is release $version."
    exit 0
  fi
elif [ -n "$(releases --contains "$COMMIT")" ]; then
  echo "$COMMIT is part of a release."
  exit 0
fi
python3 -m venv "$RUNNER_TEMP/git-cliff"
"$RUNNER_TEMP/git-cliff/bin/pip" install --quiet --only-binary :all: --require-hashes --requirement .github/requirements/git-cliff.txt
cliff() { "$RUNNER_TEMP/git-cliff/bin/git-cliff" --config .github/cliff.toml "$@"; }
if [ -n "$version" ]; then
  cliff --current --output "$RUNNER_TEMP/notes.md"
else
  version="$(cliff --bumped-version)"
  cliff --unreleased --tag "$version" --output "$RUNNER_TEMP/notes.md"
  git tag "$version" "$COMMIT"
  # the token is handed over for this call and stays nowhere
  if ! git -c credential.helper= -c credential.helper='!gh auth git-credential' push origin "refs/tags/$version"; then
    echo "::error::GitHub took no tag $version of $COMMIT. If it says that workflows may not be updated: those of the commit are no longer those of any branch, and no workflow may tag it. Then somebody who may write to the repository does: git push origin $COMMIT:refs/tags/$version. The next run makes the release of it."
    exit 1
  fi
fi
gh release create "$version" --verify-tag --title "$version" --notes-file "$RUNNER_TEMP/notes.md"
`;

function isProduction({ branching }: Application, { branch }: GitHubEnvironment): boolean {
  return branching.deploysTo(branch) === EnvironmentKind.PRODUCTION;
}
