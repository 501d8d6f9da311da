import { execFile } from 'node:child_process';
import * as fs from 'node:fs';
import * as http from 'node:http';
import { AddressInfo } from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';

const SCRIPT = path.join(__dirname, '..', '..', '..', 'src', 'delivery', 'github', 'assets', 'report-deployments.mjs');
const COMMIT = 'a'.repeat(40);
const OLDER = 'b'.repeat(40);

interface Execution {
  readonly pipelineExecutionId: string;
  readonly status: string;
  readonly [key: string]: unknown;
}

interface Action {
  readonly actionName: string;
  readonly stageName: string;
  readonly status: string;
  readonly input?: object;
}

interface Deployment {
  readonly id: number;
  readonly payload: unknown;
  readonly statuses: { state: string; description: string; log_url?: string }[];
  readonly [key: string]: unknown;
}

/** As `aws codepipeline list-pipeline-executions` prints it. */
function execution(pipelineExecutionId: string, status: string, commit: string | undefined, rest: object = {}): Execution {
  const now = new Date().toISOString();
  return {
    pipelineExecutionId,
    status,
    startTime: now,
    lastUpdateTime: now,
    sourceRevisions: commit ? [{ actionName: 'GitHub', revisionId: commit, revisionSummary: '{"ProviderType":"GitHub","CommitMessage":"feat: x"}', revisionUrl: 'https://example.com' }] : [],
    trigger: { triggerType: 'WebhookV2', triggerDetail: 'arn:aws:codeconnections:eu-west-1:111111111111:connection/1' },
    executionMode: 'QUEUED',
    executionType: 'STANDARD',
    ...rest,
  };
}

function runs(stageName: string, actionName: string, status: string, category = 'Build'): Action {
  return { stageName, actionName, status, input: { actionTypeId: { category, owner: 'AWS', provider: 'Manual', version: '1' } } };
}

let directory: string;
let server: http.Server;
let deployments: Deployment[];
let requests: string[];
/** One answer a poll; the last one stays. */
let polls: Execution[][];
let actions: Record<string, Action[]>;

beforeAll(done => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), 'report-'));
  // the calls of one poll are answered by the files of that poll
  fs.writeFileSync(path.join(directory, 'aws'), `#!/usr/bin/env bash
set -eu
cd "$(dirname "$0")"
[ "$1 $3 $4" = "codepipeline --pipeline-name notes-production" ]
case "$2" in
  list-pipeline-executions)
    poll=$(( $(cat poll) + 1 )); echo "$poll" > poll
    until [ -f "executions-$poll.json" ]; do poll=$(( poll - 1 )); done
    cat "executions-$poll.json" ;;
  list-action-executions) [ "$5" = --filter ]; cat "actions-\${6#pipelineExecutionId=}.json" ;;
  *) echo "not allowed: $2" >&2; exit 254 ;;
esac
`, { mode: 0o755 });
  server = http.createServer((request, response) => {
    let body = '';
    request.on('data', chunk => { body += chunk; }).on('end', () => {
      const { status, answer } = gitHub(request, body === '' ? undefined : JSON.parse(body));
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    });
  }).listen(0, '127.0.0.1', done);
});
afterAll(done => {
  fs.rmSync(directory, { recursive: true, force: true });
  server.close(done);
});
beforeEach(() => {
  deployments = [];
  requests = [];
  polls = [[]];
  actions = {};
});

/** The part of GitHub's REST API that is used: https://docs.github.com/en/rest/deployments */
function gitHub({ method, url = '', headers }: http.IncomingMessage, body: Record<string, unknown>): { status: number; answer: unknown } {
  requests.push(`${method} ${url}`);
  if (headers.authorization !== 'Bearer token') { return { status: 401, answer: { message: 'Bad credentials' } }; }
  const { pathname, searchParams } = new URL(url, 'http://localhost');
  const [, id, statuses] = /^\/repos\/innovate-inc\/notes\/deployments(?:\/(\d+)(\/statuses))?$/.exec(pathname) ?? [];
  const deployment = deployments.find(each => String(each.id) === id);
  if (method === 'GET' && id === undefined) {
    return { status: 200, answer: deployments.filter(each => each.environment === searchParams.get('environment')).map(({ statuses: _, ...rest }) => rest).reverse() };
  }
  if (method === 'GET' && deployment && statuses) { return { status: 200, answer: [...deployment.statuses].reverse().slice(0, Number(searchParams.get('per_page'))) }; }
  if (method === 'POST' && deployment && statuses) {
    deployment.statuses.push(body as never);
    return { status: 201, answer: { id: 1, ...body } };
  }
  if (method === 'POST' && id === undefined) {
    const made = { id: deployments.length + 1, payload: body.payload, ...body, statuses: [] };
    deployments.push(made);
    return { status: 201, answer: made };
  }
  return { status: 404, answer: { message: 'Not Found' } };
}

interface Run {
  readonly status: number;
  readonly printed: string;
  readonly outputs: string;
}

function report(environment: Record<string, string> = {}): Promise<Run> {
  for (const name of fs.readdirSync(directory)) { if (name !== 'aws') { fs.rmSync(path.join(directory, name)); } }
  polls.forEach((pipelineExecutionSummaries, index) => fs.writeFileSync(path.join(directory, `executions-${index + 1}.json`), JSON.stringify({ pipelineExecutionSummaries })));
  for (const { pipelineExecutionId } of polls.flat()) {
    const details = (actions[pipelineExecutionId] ?? []).map(action => ({ pipelineExecutionId, actionExecutionId: '1', pipelineVersion: 1, ...action }));
    fs.writeFileSync(path.join(directory, `actions-${pipelineExecutionId}.json`), JSON.stringify({ actionExecutionDetails: details }));
  }
  fs.writeFileSync(path.join(directory, 'poll'), '0');
  const outputs = path.join(directory, 'outputs');
  fs.writeFileSync(outputs, '');
  const env = {
    PATH: `${directory}:${process.env.PATH}`,
    AWS_REGION: 'eu-west-1',
    ENVIRONMENT: 'production',
    PRODUCTION: 'true',
    PIPELINE: 'notes-production',
    GITHUB_API_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    GITHUB_OUTPUT: outputs,
    GITHUB_REPOSITORY: 'innovate-inc/notes',
    GITHUB_TOKEN: 'token',
    POLL_SECONDS: '0',
    ...environment,
  };
  return new Promise(resolve => {
    execFile(process.execPath, [SCRIPT], { env }, (error, stdout, stderr) => resolve({
      status: (error?.code as number | undefined) ?? 0,
      printed: `${stdout}${stderr}`,
      outputs: fs.readFileSync(outputs, 'utf8'),
    }));
  });
}

function states(): Record<string, string[]> {
  return Object.fromEntries(deployments.map(({ payload, statuses }) => [(payload as { execution: string }).execution, statuses.map(({ state, description }) => `${state}: ${description}`)]));
}

test('a success becomes a deployment with its execution, its commit and a link, and the release of production', async () => {
  polls = [[execution('e1', 'Succeeded', COMMIT)]];
  const { status, outputs } = await report();
  expect(status).toBe(0);
  expect(outputs).toBe(`released=${COMMIT}\n`);
  expect(deployments).toEqual([expect.objectContaining({
    ref: COMMIT,
    environment: 'production',
    production_environment: true,
    task: 'deploy',
    auto_merge: false,
    required_contexts: [],
    payload: { pipeline: 'notes-production', execution: 'e1' },
    statuses: [{
      state: 'success',
      description: 'Deployed',
      log_url: 'https://eu-west-1.console.aws.amazon.com/codesuite/codepipeline/pipelines/notes-production/executions/e1/visualization?region=eu-west-1',
    }],
  })]);
});

test('what is reported already is not reported again', async () => {
  polls = [[execution('e2', 'Failed', COMMIT), execution('e1', 'Succeeded', OLDER)]];
  actions = { e2: [runs('Deploy', 'SmokeTest', 'Failed')] };
  await report();
  const before = structuredClone(deployments);
  requests = [];
  await report();
  expect(deployments).toEqual(before);
  expect(requests.filter(request => request.startsWith('POST'))).toEqual([]);
});

test.each([
  { status: 'Superseded', outcome: 'inactive: A newer commit took its place' },
  { status: 'Stopped', outcome: 'error: Stopped by a person' },
  { status: 'Cancelled', outcome: 'error: Stopped by a person' },
  { status: 'Failed', outcome: 'failure: Deploy: SmokeTest failed' },
  { status: 'Succeeded', outcome: 'success: Deployed' },
])('$status is $outcome', async ({ status, outcome }) => {
  polls = [[execution('e1', status, COMMIT)]];
  actions = { e1: [runs('Deploy', 'SmokeTest', 'Failed'), runs('Build', 'Api', 'Succeeded')] };
  await report();
  expect(states()).toEqual({ e1: [outcome] });
});

test('waits for what runs, and says where it is', async () => {
  polls = [[execution('e1', 'InProgress', COMMIT)], [execution('e1', 'InProgress', COMMIT)], [execution('e1', 'Succeeded', COMMIT)]];
  actions = { e1: [runs('Build', 'Api', 'InProgress')] };
  await report({ WAIT_MINUTES: '1', EXPECTED_COMMIT: COMMIT });
  expect(states()).toEqual({ e1: ['in_progress: Build: Api', 'success: Deployed'] });
});

test('does not wait for a person: a later run reports what became of it', async () => {
  polls = [[execution('e1', 'InProgress', COMMIT)]];
  actions = { e1: [runs('Approve', 'Release', 'InProgress', 'Approval')] };
  const { outputs } = await report({ WAIT_MINUTES: '1', EXPECTED_COMMIT: COMMIT });
  expect(states()).toEqual({ e1: ['pending: Approve waits for a person'] });
  expect(outputs).toBe('');
  polls = [[execution('e1', 'Succeeded', COMMIT)]];
  expect((await report()).outputs).toBe(`released=${COMMIT}\n`);
  expect(states()).toEqual({ e1: ['pending: Approve waits for a person', 'success: Deployed'] });
});

test('waits no longer than it may', async () => {
  polls = [[execution('e1', 'InProgress', COMMIT)]];
  actions = { e1: [runs('Build', 'Api', 'InProgress')] };
  const { status, printed } = await report({ WAIT_MINUTES: '0' });
  expect(status).toBe(0);
  expect(printed).toContain('::notice::notes-production still runs');
});

test('waits for an execution that has not started, and not for one that never will', async () => {
  polls = [[execution('e1', 'Succeeded', OLDER)], [execution('e2', 'Succeeded', COMMIT), execution('e1', 'Succeeded', OLDER)]];
  await report({ WAIT_MINUTES: '1', EXPECTED_COMMIT: COMMIT });
  expect(Object.keys(states())).toEqual(['e1', 'e2']);
  polls = [[]];
  expect((await report({ WAIT_MINUTES: '1', START_MINUTES: '0', EXPECTED_COMMIT: COMMIT })).printed).toContain('::notice::No execution of notes-production has the commit');
});

test('the failure of the pushed commit fails the run, that of another does not', async () => {
  polls = [[execution('e2', 'Failed', COMMIT), execution('e1', 'Succeeded', OLDER)]];
  const { status, printed, outputs } = await report({ EXPECTED_COMMIT: COMMIT });
  expect(status).toBe(1);
  expect(printed).toContain(`::error::The deployment of ${COMMIT} to production failed`);
  expect(outputs).toBe(`released=${OLDER}\n`);
  expect((await report({ EXPECTED_COMMIT: OLDER })).status).toBe(0);
});

test('a rollback is a deployment of the commit that it goes back to, and no release', async () => {
  polls = [[
    execution('e3', 'Succeeded', undefined, { executionType: 'ROLLBACK', rollbackMetadata: { rollbackTargetPipelineExecutionId: 'e1' } }),
    execution('e2', 'Failed', COMMIT),
    execution('e1', 'Succeeded', OLDER),
  ]];
  actions = { e2: [runs('Deploy', 'SmokeTest', 'Failed')] };
  const { outputs } = await report();
  expect(deployments.map(({ ref, description }) => ({ ref, description }))).toEqual([
    { ref: OLDER, description: 'Deployed by CodePipeline' },
    { ref: COMMIT, description: 'Deployed by CodePipeline' },
    { ref: OLDER, description: 'Rolled back by CodePipeline' },
  ]);
  expect(states()).toEqual({ e1: ['success: Deployed'], e2: ['failure: Deploy: SmokeTest failed'], e3: ['success: The stage was rolled back to this commit'] });
  expect(outputs).toBe(`released=${OLDER}\n`);
});

test('a stage that is retried after a failure is reported again; what a success replaced stays as it is', async () => {
  polls = [[execution('e1', 'Failed', COMMIT)]];
  await report();
  polls = [[execution('e2', 'Succeeded', OLDER), execution('e1', 'Succeeded', COMMIT)]];
  await report();
  expect(states().e1).toEqual(['failure: Failed', 'success: Deployed']);
  deployments[0].statuses.push({ state: 'inactive', description: '' });
  await report();
  expect(deployments[0].statuses).toHaveLength(3);
});

test('GitHub may answer the payload as text; deployments of others are left alone', async () => {
  polls = [[execution('e1', 'Succeeded', COMMIT)]];
  const status = { state: 'success', description: 'Deployed' };
  deployments = [
    { id: 1, environment: 'production', payload: 'not ours', statuses: [status] },
    { id: 2, environment: 'production', payload: '', statuses: [] },
    { id: 3, environment: 'production', payload: '{"execution":"e1"}', statuses: [status] },
  ];
  await report();
  expect(requests.filter(request => request.startsWith('POST'))).toEqual([]);
});

test('history is left alone, dates of both versions of the AWS CLI are understood, and staging makes no release', async () => {
  const long = Date.now() - 30 * 24 * 3600_000;
  polls = [[
    execution('e3', 'Succeeded', COMMIT, { lastUpdateTime: Date.now() / 1000 }),
    execution('e2', 'Succeeded', OLDER, { lastUpdateTime: long / 1000 }),
    execution('e1', 'Succeeded', OLDER, { lastUpdateTime: new Date(long).toISOString() }),
  ]];
  const { outputs } = await report({ PRODUCTION: 'false' });
  expect(Object.keys(states())).toEqual(['e3']);
  expect(outputs).toBe('');
});

test('says what GitHub refuses', async () => {
  polls = [[execution('e1', 'Succeeded', COMMIT)]];
  const { status, printed } = await report({ GITHUB_TOKEN: 'wrong' });
  expect(status).toBe(1);
  expect(printed).toContain('GitHub answers 401 to GET deployments?environment=production&task=deploy&per_page=100: {"message":"Bad credentials"}');
});
