// Written by cdk-innovate-platform github.
/**
 * Tells GitHub what a pipeline of AWS CodePipeline did: a deployment for each execution, and its state. Whatever is missing is made up for,
 * so it may run as often as it likes. It waits for executions that run, but not for a person who has to approve one: a later run sees to that.
 *
 * It reads with the AWS CLI and the credentials of the environment, and writes with the token of the workflow.
 */
import { execFile } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const {
  AWS_REGION, ENVIRONMENT, GITHUB_API_URL, GITHUB_OUTPUT, GITHUB_REPOSITORY, GITHUB_TOKEN, PIPELINE,
  /** The commit whose execution is expected; empty where none is. */
  EXPECTED_COMMIT = '',
  PRODUCTION = 'false',
  WAIT_MINUTES = '0',
  /** How long a push may take to become an execution. */
  START_MINUTES = '5',
  POLL_SECONDS = '20',
} = process.env;

/** An approval may wait for a week; what is older is history. */
const REPORTED_DAYS = 8;
const MAXIMUM_DESCRIPTION = 140;
const RUNNING = ['InProgress', 'Stopping'];
const minutes = text => Number(text) * 60_000;
const started = Date.now();
/** Status of the executions that ended and were reported in this run, by their ids: a stage that is retried changes it. */
const settled = new Map();

for (;;) {
  const { executions, isBusy } = await reconcile();
  const expected = executions.filter(({ commit }) => commit === EXPECTED_COMMIT);
  const isExpected = EXPECTED_COMMIT !== '' && expected.length === 0;
  const mayStillStart = isExpected && Date.now() - started < minutes(START_MINUTES);
  if ((isBusy || mayStillStart) && Date.now() - started < minutes(WAIT_MINUTES)) {
    await sleep(Number(POLL_SECONDS) * 1000);
    continue;
  }
  if (isExpected) { console.log(`::notice::No execution of ${PIPELINE} has the commit ${EXPECTED_COMMIT}.`); }
  if (isBusy) { console.log(`::notice::${PIPELINE} still runs; a later run of this workflow reports its end.`); }
  const [released] = executions.filter(({ status, executionType }) => status === 'Succeeded' && executionType !== 'ROLLBACK');
  if (PRODUCTION === 'true' && released && GITHUB_OUTPUT) { appendFileSync(GITHUB_OUTPUT, `released=${released.commit}\n`); }
  if (expected[0]?.status === 'Failed') {
    console.log(`::error::The deployment of ${EXPECTED_COMMIT} to ${ENVIRONMENT} failed: ${consoleUrl(expected[0])}`);
    process.exitCode = 1;
  }
  break;
}

/** Brings GitHub's deployments up to date once: the oldest first, since a success replaces the deployments before it. */
async function reconcile() {
  const executions = await recentExecutions();
  const open = executions.filter(({ pipelineExecutionId, status, commit }) => commit && settled.get(pipelineExecutionId) !== status).reverse();
  const deployments = open.length > 0 ? await github('GET', `deployments?${new URLSearchParams({ environment: ENVIRONMENT, task: 'deploy', per_page: '100' })}`) : [];
  let isBusy = executions.some(({ commit, status }) => !commit && RUNNING.includes(status));
  for (const execution of open) {
    const outcome = await outcomeOf(execution);
    await report(execution, outcome, deployments.find(({ payload }) => executionOf(payload) === execution.pipelineExecutionId));
    isBusy ||= outcome.isBusy;
    if (!RUNNING.includes(execution.status)) { settled.set(execution.pipelineExecutionId, execution.status); }
  }
  return { executions, isBusy };
}

async function report(execution, { state, description }, deployment) {
  const [last] = deployment ? await github('GET', `deployments/${deployment.id}/statuses?per_page=1`) : [];
  // a later success has made it inactive
  if (last?.state === 'inactive' || last?.state === state && last.description === description) { return; }
  const { id } = deployment ?? await github('POST', 'deployments', {
    ref: execution.commit,
    task: 'deploy',
    environment: ENVIRONMENT,
    production_environment: PRODUCTION === 'true',
    description: execution.executionType === 'ROLLBACK' ? 'Rolled back by CodePipeline' : 'Deployed by CodePipeline',
    payload: { pipeline: PIPELINE, execution: execution.pipelineExecutionId },
    auto_merge: false,
    required_contexts: [],
  });
  await github('POST', `deployments/${id}/statuses`, { state, description, log_url: consoleUrl(execution) });
  console.log(`${execution.commit} ${ENVIRONMENT}: ${state} (${description})`);
}

/** The newest first. A rollback has the commit of the execution that it goes back to. */
async function recentExecutions() {
  const { pipelineExecutionSummaries: all = [] } = await aws('list-pipeline-executions', '--max-items', '50');
  const since = Date.now() - REPORTED_DAYS * 24 * minutes(60);
  const commitOf = execution => execution?.sourceRevisions?.[0]?.revisionId;
  const targetOf = ({ rollbackMetadata }) => all.find(({ pipelineExecutionId }) => pipelineExecutionId === rollbackMetadata?.rollbackTargetPipelineExecutionId);
  return all
    .filter(({ status, lastUpdateTime }) => RUNNING.includes(status) || time(lastUpdateTime) > since)
    .map(execution => ({ ...execution, commit: commitOf(execution) ?? commitOf(targetOf(execution)) }));
}

async function outcomeOf({ pipelineExecutionId, status, executionType }) {
  const rollback = executionType === 'ROLLBACK' ? 'The stage was rolled back to this commit' : undefined;
  switch (status) {
    case 'Succeeded': return final('success', rollback ?? 'Deployed');
    case 'Superseded': return final('inactive', 'A newer commit took its place');
    case 'Stopped':
    case 'Cancelled': return final('error', 'Stopped by a person');
    case 'Failed': return final('failure', await whereItFailed(pipelineExecutionId));
    default: return running(await actionsOf(pipelineExecutionId));
  }
}

function final(state, description) {
  return { state, description: description.slice(0, MAXIMUM_DESCRIPTION), isBusy: false };
}

function running(actions) {
  const current = actions.filter(({ status }) => status === 'InProgress');
  const waits = current.find(({ input }) => input?.actionTypeId?.category === 'Approval');
  if (waits) { return { state: 'pending', description: `${waits.stageName} waits for a person`, isBusy: false }; }
  const [action] = current;
  return { state: 'in_progress', description: action ? `${action.stageName}: ${action.actionName}` : 'Runs', isBusy: true };
}

async function whereItFailed(execution) {
  const failed = (await actionsOf(execution)).find(({ status }) => status === 'Failed');
  return failed ? `${failed.stageName}: ${failed.actionName} failed` : 'Failed';
}

async function actionsOf(execution) {
  const { actionExecutionDetails = [] } = await aws('list-action-executions', '--filter', `pipelineExecutionId=${execution}`, '--max-items', '100');
  return actionExecutionDetails;
}

async function aws(command, ...args) {
  const { stdout } = await promisify(execFile)('aws', ['codepipeline', command, '--pipeline-name', PIPELINE, ...args, '--output', 'json'], { maxBuffer: 2 ** 26 });
  return JSON.parse(stdout);
}

async function github(method, path, body) {
  const response = await fetch(`${GITHUB_API_URL}/repos/${GITHUB_REPOSITORY}/${path}`, {
    method,
    headers: { 'accept': 'application/vnd.github+json', 'authorization': `Bearer ${GITHUB_TOKEN}`, 'x-github-api-version': '2022-11-28' },
    body: body && JSON.stringify(body),
  });
  if (!response.ok) { throw new Error(`GitHub answers ${response.status} to ${method} ${path}: ${await response.text()}`); }
  return response.json();
}

/** GitHub answers an object, or the text of one. */
function executionOf(payload) {
  try {
    return (typeof payload === 'string' ? JSON.parse(payload) : payload)?.execution;
  } catch {
    return undefined;
  }
}

/** The AWS CLI prints dates as text in version 2 and as seconds in version 1. */
function time(value) {
  return typeof value === 'number' ? value * 1000 : Date.parse(value);
}

function consoleUrl({ pipelineExecutionId }) {
  const pipeline = encodeURIComponent(PIPELINE);
  return `https://${AWS_REGION}.console.aws.amazon.com/codesuite/codepipeline/pipelines/${pipeline}/executions/${pipelineExecutionId}/visualization?region=${AWS_REGION}`;
}
