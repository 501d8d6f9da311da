import { DELIVERY_METRICS as M, DELIVERY_NAMESPACE } from '../metrics/metric-names';

/**
 * Tells of a pipeline's events, and measures what its releases achieved: no input transformer looks up a commit or computes a duration.
 * As text, because jsii packages nothing but compiled TypeScript, and with the SDK of the runtime.
 *
 * Events arrive at least once and in any order. So each says only that something changed: what is told, and what is measured, is asked of
 * CodePipeline. A change that this instance of the function has dealt with is not dealt with again, whether the event or the call was repeated.
 *
 * @see https://docs.aws.amazon.com/codepipeline/latest/userguide/detect-state-changes-cloudwatch-events.html
 * @see https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html
 */
export const MESSAGE_FUNCTION = `const { CloudWatchClient, PutMetricDataCommand } = require('@aws-sdk/client-cloudwatch');
const { CodePipelineClient, GetPipelineExecutionCommand, ListActionExecutionsCommand, ListPipelineExecutionsCommand } = require('@aws-sdk/client-codepipeline');
const { PublishCommand, SNSClient } = require('@aws-sdk/client-sns');

const cloudwatch = new CloudWatchClient({});
const codepipeline = new CodePipelineClient({});
const sns = new SNSClient({});

const { environment, repository, sourceStage, deployStage, deployAction, topicArn, slack } = JSON.parse(process.env.SETTINGS);
const done = new Set();

exports.handler = async event => {
  const facts = await look(event);
  const message = compose(event, facts);
  const parts = {
    mail: () => message && publish(topicArn, text(message), message),
    slack: () => message && slack && slack.events.includes(message.kind) && publish(slack.topicArn, JSON.stringify(notification(event, message)), message),
    measures: async () => put(event, await measure(event, facts)),
  };
  // each by itself, so that a repetition does what has failed only
  const results = await Promise.allSettled(Object.entries(parts).map(([name, part]) => once(name + ' ' + change(event), part)));
  console.log(JSON.stringify({ change: change(event), kind: message?.kind, results: results.map(({ status, reason }) => reason?.message ?? status) }));
  const failed = results.find(({ status }) => status === 'rejected');
  if (failed) { throw failed.reason; }
};

/** What an event says that has happened, which its repetition says as well. */
function change({ 'detail-type': type, detail }) {
  return [type.split(' ')[1], detail['execution-id'], detail.stage, detail['action-execution-id'], detail.state, detail['pipeline-execution-attempt']].join(' ');
}

async function once(key, part) {
  if (done.has(key)) { return; }
  done.add(key);
  try {
    await part();
  } catch (error) {
    done.delete(key);
    throw error;
  }
  if (done.size > 5000) { done.delete(done.values().next().value); }
}

/** What CodePipeline knows of the execution; nothing where it does not know it. */
async function look({ detail }) {
  const { pipeline: pipelineName, 'execution-id': pipelineExecutionId } = detail;
  try {
    const [{ pipelineExecution }, actions] = await Promise.all([
      codepipeline.send(new GetPipelineExecutionCommand({ pipelineName, pipelineExecutionId })),
      actionsOf(pipelineName, pipelineExecutionId),
    ]);
    return { execution: pipelineExecution, actions };
  } catch (error) {
    if (!/^Pipeline(Execution)?NotFoundException$/.test(error.name)) { throw error; }
    return { execution: {}, actions: [] };
  }
}

async function actionsOf(pipelineName, pipelineExecutionId) {
  return all(ListActionExecutionsCommand, { pipelineName, filter: { pipelineExecutionId }, maxResults: 100 }, 'actionExecutionDetails', 5);
}

async function all(Command, input, field, pages) {
  const found = [];
  let nextToken;
  for (let page = 0; page === 0 || (nextToken && page < pages); page++) {
    const answer = await codepipeline.send(new Command({ ...input, nextToken }));
    found.push(...answer[field] ?? []);
    nextToken = answer.nextToken;
  }
  return found;
}

/** The commit of an execution, as far as anything knows it. */
function commitOf({ detail }, { execution, actions }) {
  const trigger = detail['execution-trigger'] ?? {};
  const output = actions.find(({ stageName, status }) => stageName === sourceStage && status === 'Succeeded')?.output?.outputVariables ?? {};
  const [revision = {}] = execution.artifactRevisions ?? [];
  // while a pipeline runs, nobody but the build that reads its history knows whose commit it is
  const read = actions.map(action => action.output?.outputVariables?.AUTHOR).find(Boolean);
  return {
    id: trigger['commit-id'] ?? output.CommitId ?? revision.revisionId,
    subject: line(trigger['commit-message'] ?? output.CommitMessage ?? summary(revision.revisionSummary), 120),
    author: line(trigger['author-display-name'] ?? read ?? trigger['author-id'], 80),
    date: trigger['author-date'] ?? output.AuthorDate,
  };
}

/** A connection's revision carries the commit message in JSON. */
function summary(value) {
  try {
    return JSON.parse(value).CommitMessage ?? value;
  } catch {
    return value;
  }
}

/** The message about an event: its parts are plain text, links apart; undefined where nobody needs one. */
function compose(event, facts) {
  const { detail, region } = event;
  const kind = kindOf(event, facts);
  if (!kind) { return undefined; }
  const commit = commitOf(event, facts);
  const name = commit.id ? commit.id.slice(0, 7) : 'a release';
  const failure = lastFailure(facts.actions);
  const details = TEXTS[kind]({ detail, event, facts, name, failure });
  const host = region.startsWith('cn-') ? region + '.console.amazonaws.cn' : region + '.console.aws.amazon.com';
  const base = 'https://' + host + '/codesuite/codepipeline/pipelines/' + encodeURIComponent(detail.pipeline);
  return {
    kind,
    ...details,
    title: environment + ': ' + details.title,
    thread: failedBefore(facts) ?? detail['execution-id'],
    facts: [
      commit.id && ['Commit', commit.subject ? name + ' ' + commit.subject : name, repository && 'https://github.com/' + repository + '/commit/' + commit.id],
      commit.author && ['By', commit.author],
      startedBy(facts) && ['Started by', startedBy(facts)],
      ...details.facts ?? [],
    ].filter(Boolean),
    links: [
      ['Execution', base + '/executions/' + detail['execution-id'] + '/timeline?region=' + region],
      kind === 'APPROVAL_REQUESTED' && ['Approve or reject', base + '/view?region=' + region],
      kind === 'FAILED' && link(failure?.output?.executionResult?.externalExecutionUrl) && ['Log', failure.output.executionResult.externalExecutionUrl],
    ].filter(Boolean),
  };
}

function kindOf({ 'detail-type': type, detail }, { execution, actions }) {
  const rollback = execution.executionType === 'ROLLBACK';
  switch (type) {
    case 'CodePipeline Action Execution State Change':
      return detail.type?.category === 'Approval' && detail.state === 'STARTED' ? 'APPROVAL_REQUESTED' : undefined;
    case 'CodePipeline Stage Execution State Change':
      // the end of the last stage is that of the execution
      if (detail.state !== 'SUCCEEDED' || detail.stage === deployStage) { return undefined; }
      return detail.stage === sourceStage ? 'STARTED' : 'STAGE_SUCCEEDED';
    case 'CodePipeline Pipeline Execution State Change':
      return {
        // of other executions the commit is not known yet: the end of the source stage tells of them
        STARTED: rollback ? 'ROLLED_BACK' : undefined,
        RESUMED: 'STARTED',
        SUCCEEDED: rollback ? 'ROLLED_BACK' : 'SUCCEEDED',
        FAILED: rejection(actions) ? 'STOPPED' : 'FAILED',
        STOPPED: 'STOPPED',
        CANCELED: 'STOPPED',
        SUPERSEDED: 'SUPERSEDED',
      }[detail.state];
  }
}

const TEXTS = {
  STARTED: ({ detail, name }) => detail.state === 'RESUMED'
    ? { icon: ':repeat:', title: name + ' is tried again' }
    : { icon: ':rocket:', title: name + ' is on its way' },
  STAGE_SUCCEEDED: ({ detail, facts }) => ({
    icon: ':white_check_mark:',
    title: detail.stage + ' succeeded' + after(spanOf(facts.actions.filter(({ stageName }) => stageName === detail.stage))),
    facts: [approver(facts, detail.stage) && ['Approved by', approver(facts, detail.stage)]],
  }),
  APPROVAL_REQUESTED: ({ detail, facts, name }) => {
    const asked = facts.actions.find(({ actionExecutionId }) => actionExecutionId === detail['action-execution-id'])?.input?.resolvedConfiguration ?? {};
    return {
      icon: ':raised_hand:',
      title: name + ' waits for an approval',
      body: clip(asked.CustomData, 600),
      facts: [link(asked.ExternalEntityLink) && ['Review', 'what changes', asked.ExternalEntityLink]],
      answer: { Pipeline: detail.pipeline, Stage: detail.stage, Action: detail.action, Token: detail['action-execution-id'] },
    };
  },
  SUCCEEDED: ({ detail, event, name }) => ({ icon: ':tada:', title: name + ' is released' + after(sinceStart(detail, event)) }),
  FAILED: ({ detail, event, facts, failure }) => {
    const result = failure?.output?.executionResult ?? {};
    const what = facts.execution.executionType === 'ROLLBACK' ? 'the rollback' : failure?.stageName ?? 'the release';
    return {
      icon: ':x:',
      title: what + ' failed' + after(sinceStart(detail, event)),
      facts: [failure && ['Action', failure.stageName + ' / ' + failure.actionName], ['Reason', line(result.errorDetails?.message ?? result.externalExecutionSummary
        ?? facts.execution.statusSummary, 300) ?? 'see the execution']],
      urgent: true,
    };
  },
  ROLLED_BACK: ({ detail, event, name }) => detail.state === 'STARTED'
    ? { icon: ':rewind:', title: 'rolls back to ' + name, urgent: true }
    : { icon: ':rewind:', title: 'is back on ' + name + after(sinceStart(detail, event)) },
  STOPPED: ({ detail, facts, name }) => {
    const answer = rejection(facts.actions);
    if (answer) {
      const reason = line(answer.output?.executionResult?.externalExecutionSummary ?? answer.output?.executionResult?.errorDetails?.message, 300);
      return { icon: ':no_entry:', title: name + ' was not approved', facts: [person(answer.updatedBy) && ['Answered by', person(answer.updatedBy)], reason && ['Reason', reason]] };
    }
    return {
      icon: ':no_entry:',
      title: name + (detail.state === 'CANCELED' ? ' ended, because the pipeline was changed' : ' was stopped'),
      facts: [line(detail['stop-execution-comments'], 300) && ['Reason', line(detail['stop-execution-comments'], 300)]],
    };
  },
  SUPERSEDED: ({ name }) => ({ icon: ':fast_forward:', title: name + ' gave way to a newer commit' }),
};

function lastFailure(actions) {
  return actions.filter(({ status }) => status === 'Failed').sort(latest)[0];
}

/** The approval that nobody gave, where that is why the execution ended. */
function rejection(actions) {
  const failure = lastFailure(actions);
  return failure?.input?.actionTypeId?.category === 'Approval' ? failure : undefined;
}

function approver({ actions }, stage) {
  const action = actions.find(({ stageName, input }) => stageName === stage && input?.actionTypeId?.category === 'Approval');
  return action && person(action.updatedBy);
}

function startedBy({ execution: { trigger } }) {
  return /^(StartPipelineExecution|ManualRollback)$/.test(trigger?.triggerType) ? person(trigger.triggerDetail) : undefined;
}

/** The execution whose failure CodePipeline answers with this one. */
function failedBefore({ execution: { trigger } }) {
  return trigger?.triggerType === 'AutomatedRollback' && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(trigger.triggerDetail) ? trigger.triggerDetail : undefined;
}

/** The last part of an ARN: a user, or the session of a role, which is called after one. */
function person(arn) {
  return arn?.startsWith('arn:') ? line(arn.split('/').pop(), 80) : undefined;
}

function latest(one, other) {
  return new Date(other.lastUpdateTime) - new Date(one.lastUpdateTime);
}

function sinceStart(detail, { time }) {
  return detail['start-time'] ? new Date(time) - new Date(detail['start-time']) : undefined;
}

function spanOf(actions) {
  return actions.length === 0 ? undefined : Math.max(...actions.map(each => new Date(each.lastUpdateTime))) - Math.min(...actions.map(each => new Date(each.startTime)));
}

function after(milliseconds) {
  if (!(milliseconds >= 0)) { return ''; }
  const seconds = Math.round(milliseconds / 1000);
  const [days, hours, minutes] = [Math.floor(seconds / 86400), Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60];
  const units = [[days, 'd'], [hours, 'h'], [minutes, 'min'], [seconds % 60, 's']];
  const first = units.findIndex(([count]) => count > 0);
  return ' after ' + (units.slice(first, first + 2).filter(([count]) => count > 0).map(each => each.join(' ')).join(' ') || '0 s');
}

function line(value, length) {
  return value ? clip(value.split('\\n')[0], length) || undefined : undefined;
}

function clip(value, length) {
  const plain = value?.replace(/[\\u0000-\\u0009\\u000b-\\u001f\\u007f]/g, ' ').trim();
  return plain?.length > length ? plain.slice(0, length - 1) + '…' : plain;
}

function link(value) {
  return /^https:\\/\\/[^\\s<>|]+$/.test(value ?? '') && value;
}

/** What people wrote may look like Slack's markup, or mention somebody. */
function escape(value) {
  return value.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/@/g, '@\\u2060');
}

function notification({ resources }, { kind, thread, icon, title, body, facts, links, urgent, answer }) {
  return {
    version: '1.0',
    source: 'custom',
    content: {
      textType: 'client-markdown',
      title: icon + ' ' + escape(title),
      description: [
        ...facts.filter(Boolean).map(([name, value, url]) => '*' + name + '*: ' + (url ? '<' + url + '|' + escape(value) + '>' : escape(value))),
        body && escape(body),
        links.map(([name, url]) => '<' + url + '|' + name + '>').join(' · '),
        urgent && slack.onCallGroupId && '<!subteam^' + slack.onCallGroupId + '>',
      ].filter(Boolean).join('\\n'),
      keywords: [environment, kind],
    },
    metadata: {
      threadId: thread,
      summary: title,
      eventType: kind,
      relatedResources: resources,
      ...slack.answersApprovals && answer && { additionalContext: answer },
    },
  };
}

function text({ title, body, facts, links }) {
  return [title, '', ...facts.filter(Boolean).map(([name, value, url]) => name + ': ' + value + (url ? ' (' + url + ')' : '')), body, '', ...links.map(([name, url]) => name + ': ' + url)]
    .filter(part => part !== undefined).join('\\n');
}

async function publish(TopicArn, Message, { kind, title }) {
  const attribute = StringValue => ({ DataType: 'String', StringValue });
  // a subject is ASCII, shorter than 100 characters
  const Subject = title.replace(/[^\\x20-\\x7e]/g, '?').slice(0, 99);
  await sns.send(new PublishCommand({ TopicArn, Subject, Message, MessageAttributes: { event: attribute(kind), environment: attribute(environment) } }));
}

/** What the end of an execution says about deliveries: pairs of a metric's name and a value. */
async function measure(event, { execution, actions }) {
  const { detail } = event;
  const succeeded = detail.state === 'SUCCEEDED';
  if (event['detail-type'] !== 'CodePipeline Pipeline Execution State Change' || !(succeeded || detail.state === 'FAILED')) { return []; }
  const deployed = deployments(actions);
  // what nobody approved changed nothing
  if (deployed.length === 0 || (!succeeded && rejection(actions))) { return []; }
  const end = new Date(event.time);
  const rollback = execution.executionType === 'ROLLBACK';
  const measures = [];
  // a series without a value would leave the rate without one
  if (!rollback) { measures.push(['${M.changeFailure}', succeeded ? 0 : 1], ['${M.manualRollback}', 0]); }
  if (!succeeded) { return measures; }
  if (!rollback) {
    const leadTime = (end - written(event, { execution, actions })) / 1000;
    measures.push(['${M.deployments}', 1]);
    if (leadTime >= 0) { measures.push(['${M.leadTime}', leadTime]); }
  }
  const earlier = (await all(ListPipelineExecutionsCommand, { pipelineName: detail.pipeline, maxResults: 100 }, 'pipelineExecutionSummaries', 3))
    .filter(each => each.pipelineExecutionId !== detail['execution-id'] && /^(Succeeded|Failed)$/.test(each.status) && new Date(each.lastUpdateTime) <= end).sort(latest);
  if (rollback && execution.trigger?.triggerType === 'ManualRollback' && earlier[0]?.status === 'Succeeded' && earlier[0].executionType !== 'ROLLBACK') {
    measures.push(['${M.manualRollback}', 1]);
  }
  const failure = await firstFailure(detail.pipeline, earlier, deployed);
  if (failure) { measures.push(['${M.timeToRestore}', (end - failure) / 1000]); }
  return measures;
}

/** When half of what is released was written: as far as the build knows that has read the history, or when the commit was. */
function written(event, { execution, actions }) {
  const authored = actions.map(action => action.output?.outputVariables?.AUTHORED).find(Boolean);
  return authored === undefined ? new Date(commitOf(event, { execution, actions }).date) : new Date(/^\\d+$/.test(authored) ? Number(authored) * 1000 : NaN);
}

function deployments(actions) {
  return actions.filter(({ stageName, actionName, input }) => stageName === deployStage && input?.actionTypeId?.category !== 'Approval'
    && (!deployAction || actionName === deployAction));
}

/** When the environment first failed since it was last well: in executions that got as far as to deploy, or in an earlier attempt of this one. */
async function firstFailure(pipelineName, earlier, deployed) {
  const well = earlier.findIndex(({ status }) => status === 'Succeeded');
  // some dozens of failures in a row have the same beginning, whatever it was
  const failures = earlier.slice(0, well < 0 ? undefined : well).reverse().slice(0, 30);
  for (const { pipelineExecutionId, lastUpdateTime } of failures) {
    const actions = await actionsOf(pipelineName, pipelineExecutionId);
    if (deployments(actions).length > 0 && !rejection(actions)) { return new Date(lastUpdateTime); }
  }
  const own = deployed.filter(({ status }) => status === 'Failed').map(each => new Date(each.lastUpdateTime));
  return own.length > 0 ? new Date(Math.min(...own)) : undefined;
}

async function put({ time, detail }, measures) {
  if (measures.length === 0) { return; }
  await cloudwatch.send(new PutMetricDataCommand({
    Namespace: '${DELIVERY_NAMESPACE}',
    MetricData: measures.map(([MetricName, Value]) => ({
      MetricName,
      Value,
      Unit: /Time/.test(MetricName) ? 'Seconds' : 'Count',
      Timestamp: new Date(time),
      Dimensions: [{ Name: 'PipelineName', Value: detail.pipeline }],
    })),
  }));
}
`;
