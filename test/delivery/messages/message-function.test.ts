import { APPROVAL, BUILDS, DEPLOY, FAILED_DEPLOY, FakeDelivery, SETTINGS, SOURCE, action } from './fake-delivery';
import { EXECUTION, PIPELINE, PIPELINE_EVENTS, pipelineEvent } from './pipeline-events';

const COMMIT = '*Commit*: <https://github.com/innovate-inc/notes/commit/1a104adf6a84de18fa3e3c4cb42b5024fe450ed5|1a104ad feat: notes can be shared>';
const CONSOLE = 'https://eu-west-1.console.aws.amazon.com/codesuite/codepipeline/pipelines/notes-production';
const LINK = `<${CONSOLE}/executions/${EXECUTION}/timeline?region=eu-west-1|Execution>`;
const ON_CALL = '<!subteam^S0ONCALL1>';
const PERSON = 'arn:aws:sts::111111111111:assumed-role/AWSReservedSSO_Release_0123456789abcdef/mary.major@innovate.example';

const before = { ...process.env };
let aws: FakeDelivery;

beforeEach(() => {
  jest.spyOn(console, 'log').mockImplementation(() => {});
  aws = new FakeDelivery();
  aws.actions[EXECUTION] = [SOURCE, ...BUILDS, APPROVAL, DEPLOY];
});

afterEach(() => {
  jest.restoreAllMocks();
  process.env = { ...before };
});

/** What happened in the execution that an event of this name tells of. */
function happened(name: string): void {
  if (name.startsWith('rollback')) {
    const revisionSummary = '{"ProviderType":"GitHub","CommitMessage":"feat: notes can be shared"}';
    aws.executions[EXECUTION] = {
      executionType: 'ROLLBACK',
      trigger: { triggerType: 'AutomatedRollback', triggerDetail: '22222222-2222-4333-8444-555555555555' },
      artifactRevisions: [{ revisionId: '1a104adf6a84de18fa3e3c4cb42b5024fe450ed5', revisionSummary }],
    };
    aws.actions[EXECUTION] = [DEPLOY];
  }
  if (name.endsWith('by-hand')) { aws.executions[EXECUTION] = { trigger: { triggerType: 'StartPipelineExecution', triggerDetail: PERSON } }; }
  if (/failed/.test(name)) { aws.actions[EXECUTION] = [...aws.actions[EXECUTION], FAILED_DEPLOY]; }
}

const FAILURE = ['*Action*: Deploy / Smoke', '*Reason*: the page &lt;title&gt; &amp; the API disagree'];
const LOG = '<https://console.aws.amazon.com/codebuild/home?region=eu-west-1#/builds/smoke:1/view/new|Log>';

/** Of each event: the title, the description, the kind; undefined where Slack is told nothing. */
const MESSAGES: Record<string, [string, string[], string] | undefined> = {
  'action-approval-started': [':raised_hand: production: 1a104ad waits for an approval', [
    COMMIT, '*Review*: <https://github.com/innovate-inc/notes/compare/v1...1a104ad|what changes>', '3 commits since the last release',
    `${LINK} · <${CONSOLE}/view?region=eu-west-1|Approve or reject>`,
  ], 'APPROVAL_REQUESTED'],
  'action-build-failed': undefined,
  'action-source-succeeded': undefined,
  'pipeline-canceled': [':no_entry: production: 1a104ad ended, because the pipeline was changed', [COMMIT, LINK], 'STOPPED'],
  'pipeline-failed': [':x: production: Deploy failed after 1 min 9 s', [COMMIT, '*By*: Mary Major', ...FAILURE, `${LINK} · ${LOG}`, ON_CALL], 'FAILED'],
  'pipeline-failed-2022': [':x: production: Deploy failed', [COMMIT, ...FAILURE, `${LINK} · ${LOG}`, ON_CALL], 'FAILED'],
  'pipeline-resumed': [':repeat: production: 1a104ad is tried again', [COMMIT, LINK], 'STARTED'],
  'pipeline-started': undefined,
  'pipeline-started-by-hand': undefined,
  'pipeline-stopped': [':no_entry: production: 1a104ad was stopped', [COMMIT, '*Reason*: Stopping the pipeline for an update', LINK], 'STOPPED'],
  'pipeline-stopping': undefined,
  'pipeline-succeeded': [':tada: production: 1a104ad is released after 14 min 1 s', [COMMIT, '*By*: Mary Major', LINK], 'SUCCEEDED'],
  'pipeline-succeeded-by-hand': [
    ':tada: production: 1a104ad is released after 2 min 11 s', [COMMIT, '*Started by*: mary.major@\u2060innovate.example', LINK], 'SUCCEEDED',
  ],
  'pipeline-superseded': undefined,
  'rollback-failed': [':x: production: the rollback failed after 3 min 20 s', [COMMIT, ...FAILURE, `${LINK} · ${LOG}`, ON_CALL], 'FAILED'],
  'rollback-started': [':rewind: production: rolls back to 1a104ad', [COMMIT, LINK, ON_CALL], 'ROLLED_BACK'],
  'rollback-succeeded': [':rewind: production: is back on 1a104ad after 3 min 20 s', [COMMIT, LINK], 'ROLLED_BACK'],
  'stage-approve-succeeded': [':white_check_mark: production: Approve succeeded after 1 min', [COMMIT, '*Approved by*: mary.major', LINK], 'STAGE_SUCCEEDED'],
  'stage-build-failed': undefined,
  'stage-build-resumed': undefined,
  'stage-build-started': undefined,
  'stage-build-succeeded': [':white_check_mark: production: Build succeeded after 6 min 12 s', [COMMIT, LINK], 'STAGE_SUCCEEDED'],
  'stage-deploy-succeeded': undefined,
  'stage-source-started': undefined,
  'stage-source-succeeded': [':rocket: production: 1a104ad is on its way', [COMMIT, LINK], 'STARTED'],
};

test('there is an expectation of every event', () => expect(Object.keys(MESSAGES).sort()).toEqual(Object.keys(PIPELINE_EVENTS).sort()));

test.each(Object.entries(MESSAGES))('%s in Slack', async (name, expected) => {
  happened(name);
  await aws.start()(pipelineEvent(name));
  expect(aws.notifications.map(({ content }) => [content.title, content.description.split('\n'), content.keywords[1]])).toEqual(expected ? [expected] : []);
  for (const { metadata, content } of aws.notifications) {
    expect(metadata).toMatchObject({
      threadId: name.startsWith('rollback') ? '22222222-2222-4333-8444-555555555555' : EXECUTION,
      eventType: expected![2],
      relatedResources: ['arn:aws:codepipeline:eu-west-1:111111111111:notes-production'],
    });
    expect(content.keywords[0]).toBe('production');
  }
});

/** The schema of https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html: what differs from it is dropped without a word. */
test.each(Object.keys(MESSAGES).filter(name => MESSAGES[name]))('%s is a custom notification', async name => {
  happened(name);
  await aws.start()(pipelineEvent(name));
  const [notification] = aws.notifications;
  const texts = expect.arrayContaining([expect.any(String)]);
  expect(notification).toEqual({
    version: '1.0',
    source: 'custom',
    content: { textType: 'client-markdown', title: expect.any(String), description: expect.any(String), keywords: texts },
    metadata: {
      threadId: expect.any(String), summary: expect.any(String), eventType: expect.any(String), relatedResources: texts,
      ...name === 'action-approval-started' && { additionalContext: expect.any(Object) },
    },
  });
  expect([...notification.content.keywords, ...Object.values(notification.metadata.additionalContext ?? {})].every(each => typeof each === 'string')).toBe(true);
});

test('the request for an approval carries what an answer needs, where answers are wanted', async () => {
  const event = pipelineEvent('action-approval-started');
  await aws.start()(event);
  await aws.start({ ...SETTINGS, slack: { ...SETTINGS.slack, answersApprovals: false } })(event);
  const [wanted, unwanted] = aws.notifications;
  expect(wanted.metadata.additionalContext).toEqual({ Pipeline: PIPELINE, Stage: 'Approve', Action: 'Release', Token: '99999999-7777-4888-8999-000000000000' });
  expect(unwanted.metadata).not.toHaveProperty('additionalContext');
});

test('others are told in plain text, with the kind as an attribute', async () => {
  happened('pipeline-failed');
  await aws.start()(pipelineEvent('pipeline-failed'));
  expect(aws.mails).toEqual([{
    TopicArn: SETTINGS.topicArn,
    Subject: 'production: Deploy failed after 1 min 9 s',
    Message: [
      'production: Deploy failed after 1 min 9 s',
      '',
      'Commit: 1a104ad feat: notes can be shared (https://github.com/innovate-inc/notes/commit/1a104adf6a84de18fa3e3c4cb42b5024fe450ed5)',
      'By: Mary Major',
      'Action: Deploy / Smoke',
      'Reason: the page <title> & the API disagree',
      '',
      `Execution: ${CONSOLE}/executions/${EXECUTION}/timeline?region=eu-west-1`,
      'Log: https://console.aws.amazon.com/codebuild/home?region=eu-west-1#/builds/smoke:1/view/new',
    ].join('\n'),
    MessageAttributes: { event: { DataType: 'String', StringValue: 'FAILED' }, environment: { DataType: 'String', StringValue: 'production' } },
  }]);
});

test('Slack is told what it wants to know, others everything', async () => {
  const tell = aws.start({ ...SETTINGS, slack: { ...SETTINGS.slack, events: ['SUPERSEDED'] } });
  for (const name of ['pipeline-superseded', 'pipeline-succeeded']) { await tell(pipelineEvent(name)); }
  expect(aws.notifications.map(({ content }) => content.title)).toEqual([':fast_forward: production: 1a104ad gave way to a newer commit']);
  expect(aws.mails.map(({ MessageAttributes }) => MessageAttributes.event.StringValue)).toEqual(['SUPERSEDED', 'SUCCEEDED']);
});

test('without Slack, a group on call or a repository nobody misses them', async () => {
  happened('pipeline-failed');
  const { slack, repository, ...rest } = SETTINGS;
  await aws.start(rest)(pipelineEvent('pipeline-failed'));
  await aws.start({ ...rest, slack: { ...slack, onCallGroupId: undefined } })(pipelineEvent('pipeline-failed'));
  expect(aws.mails).toHaveLength(2);
  expect(aws.notifications).toHaveLength(1);
  expect(aws.notifications[0].content.description).not.toContain('subteam');
  expect(aws.notifications[0].content.description).toContain('*Commit*: 1a104ad feat: notes can be shared\n');
  expect(repository).toBeDefined();
});

test('a release that nobody approved is no failure, and calls nobody', async () => {
  const summary = 'not on a Friday @channel';
  aws.actions[EXECUTION] = [SOURCE, ...BUILDS, { ...APPROVAL, status: 'Failed', output: { executionResult: { externalExecutionSummary: summary } } }];
  await aws.start()(pipelineEvent('pipeline-failed'));
  expect(aws.notifications[0].content).toMatchObject({
    title: ':no_entry: production: 1a104ad was not approved',
    description: [COMMIT, '*By*: Mary Major', '*Answered by*: mary.major', '*Reason*: not on a Friday @\u2060channel', LINK].join('\n'),
  });
  expect(aws.measures).toEqual([]);
});

test('a failure after an approval that was first rejected is told as what it is', async () => {
  aws.actions[EXECUTION] = [SOURCE, { ...APPROVAL, status: 'Failed' }, APPROVAL, FAILED_DEPLOY];
  await aws.start()(pipelineEvent('pipeline-failed'));
  expect(aws.notifications[0].content.title).toBe(':x: production: Deploy failed after 1 min 9 s');
});

describe('what people wrote', () => {
  const said = (message: string) => {
    const event = pipelineEvent('pipeline-succeeded');
    const trigger = { ...event.detail['execution-trigger'], 'commit-message': message, 'author-display-name': '<!here> *Mary*' };
    return { ...event, detail: { ...event.detail, 'execution-trigger': trigger } };
  };

  test.each([
    ['mentions the channel', '<!channel> look', '&lt;!channel&gt; look'],
    ['links somewhere', '<https://evil.example|click> & win', '&lt;https://evil.example|click&gt; &amp; win'],
    ['mentions by name', '@here @channel', '@\u2060here @\u2060channel'],
    ['writes entities', '&lt;!channel&gt;', '&amp;lt;!channel&amp;gt;'],
    ['rings the bell', 'a\u0007b\tc', 'a b c'],
    ['goes on', `first\n${'x'.repeat(200)}`, 'first'],
    ['writes a novel', 'y'.repeat(5000), `${'y'.repeat(119)}…`],
  ])('%s', async (_, message, expected) => {
    await aws.start()(said(message));
    const [commit, author] = aws.notifications[0].content.description.split('\n');
    expect(commit).toBe(`*Commit*: <https://github.com/innovate-inc/notes/commit/1a104adf6a84de18fa3e3c4cb42b5024fe450ed5|1a104ad ${expected}>`);
    expect(author).toBe('*By*: &lt;!here&gt; *Mary*');
  });

  test('a link in an approval is one, or nothing', async () => {
    for (const link of ['javascript:alert(1)', 'https://a.example/>|<!channel>', 'https://a.example/ b']) {
      aws.actions[EXECUTION] = [SOURCE, { ...APPROVAL, input: { ...(APPROVAL as any).input, resolvedConfiguration: { CustomData: '<!here>'.repeat(200), ExternalEntityLink: link } } }];
      await aws.start()(pipelineEvent('action-approval-started'));
    }
    for (const { content } of aws.notifications) {
      expect(content.description).not.toContain('Review');
      expect(content.description).not.toContain('<!here>');
      expect(content.description.length).toBeLessThan(3000);
    }
  });

  test('a subject is ASCII, and shorter than 100 characters', async () => {
    aws.actions[EXECUTION] = [SOURCE, action('Ünïcode'.repeat(30), 'Api', [1, 2], { status: 'Failed' })];
    await aws.start()(pipelineEvent('pipeline-failed'));
    expect(aws.mails[0].Subject).toMatch(/^production: \?n\?code[\x20-\x7e]+$/);
    expect(aws.mails[0].Subject.length).toBe(99);
  });
});

describe('events that are repeated', () => {
  test('are told and measured once', async () => {
    const tell = aws.start();
    for (let time = 0; time < 3; time++) { await tell({ ...pipelineEvent('pipeline-succeeded'), id: `delivery ${time}` }); }
    expect([aws.notifications.length, aws.mails.length, aws.measures.length]).toEqual([1, 1, 4]);
  });

  test('of another attempt are others', async () => {
    const tell = aws.start();
    const event = pipelineEvent('pipeline-resumed');
    await tell(event);
    await tell({ ...event, detail: { ...event.detail, 'pipeline-execution-attempt': 3.0 } });
    expect(aws.notifications).toHaveLength(2);
  });

  test.each(['PutMetricData', 'Publish'])('because %s failed do what is left', async call => {
    aws.failing.push(call);
    const tell = aws.start();
    await expect(tell(pipelineEvent('pipeline-succeeded'))).rejects.toThrow(`${call} is throttled`);
    await tell(pipelineEvent('pipeline-succeeded'));
    const failed = call === 'Publish' ? 1 : 0;
    expect([aws.published.length, aws.calls.filter(({ name }) => name === 'PutMetricData').length]).toEqual([2 + failed, 2 - failed]);
  });

  test('because CodePipeline was busy are dealt with then', async () => {
    aws.failing.push('GetPipelineExecution');
    const tell = aws.start();
    await expect(tell(pipelineEvent('pipeline-succeeded'))).rejects.toThrow('throttled');
    expect(aws.published).toEqual([]);
    await tell(pipelineEvent('pipeline-succeeded'));
    expect(aws.notifications).toHaveLength(1);
  });
});

test('an execution that CodePipeline has forgotten is told of all the same', async () => {
  delete aws.executions[EXECUTION];
  await aws.start()(pipelineEvent('pipeline-succeeded'));
  expect(aws.notifications[0].content.title).toBe(':tada: production: 1a104ad is released after 14 min 1 s');
  expect(aws.measures).toEqual([]);
});

test('every page of an execution\'s actions is read', async () => {
  aws.pageSize = 2;
  await aws.start()(pipelineEvent('stage-build-succeeded'));
  expect(aws.notifications[0].content.title).toContain('after 6 min 12 s');
  expect(aws.calls.filter(({ name }) => name === 'ListActionExecutions')).toHaveLength(3);
});

test.each([
  [0, '0 s'], [42, '42 s'], [60, '1 min'], [3599, '59 min 59 s'], [3600, '1 h'], [7260, '2 h 1 min'], [90061, '1 d 1 h'],
])('%d seconds are %s', async (seconds, expected) => {
  const event = pipelineEvent('pipeline-succeeded');
  await aws.start()({ ...event, time: new Date(Date.parse(event.detail['start-time']) + seconds * 1000).toISOString() });
  expect(aws.notifications[0].content.title).toBe(`:tada: production: 1a104ad is released after ${expected}`);
});
