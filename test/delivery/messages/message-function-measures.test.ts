import { APPROVAL, BUILDS, DEPLOY, FAILED_DEPLOY, FakeDelivery, SETTINGS, SOURCE, action } from './fake-delivery';
import { EXECUTION, PIPELINE, PipelineEvent, pipelineEvent } from './pipeline-events';

const before = { ...process.env };
let aws: FakeDelivery;

beforeEach(() => {
  jest.spyOn(console, 'log').mockImplementation(() => {});
  aws = new FakeDelivery();
});

afterEach(() => {
  jest.restoreAllMocks();
  process.env = { ...before };
});

/** The minute of the day of 2023-12-20 that this is, in UTC. */
const at = (minute: number) => new Date(Date.UTC(2023, 11, 20, 0, minute));

interface Run {
  readonly id: string;
  /** The minute when it ended. */
  readonly end: number;
  readonly state: 'SUCCEEDED' | 'FAILED' | 'STOPPED';
  /** @default - the release got as far as to deploy */
  readonly actions?: object[];
  readonly rollback?: 'AutomatedRollback' | 'ManualRollback';
  /** The minute that the commit was written. @default - not known */
  readonly authored?: number;
  readonly attempt?: number;
}

/** What CodePipeline knows from here on: the runs, newest first, as it lists them. */
function history(...runs: Run[]): void {
  aws.summaries = [];
  for (const { id, end, state, actions, rollback, authored } of runs) {
    const source = action('Source', 'GitHub', [0, 1], { output: { outputVariables: authored === undefined ? {} : { AuthorDate: at(authored).toISOString() } } });
    const execution = {
      pipelineExecutionId: id,
      executionType: rollback ? 'ROLLBACK' : 'STANDARD',
      trigger: { triggerType: rollback ?? 'WebhookV2' },
      status: { SUCCEEDED: 'Succeeded', FAILED: 'Failed', STOPPED: 'Stopped' }[state],
    };
    aws.executions[id] = execution;
    aws.actions[id] = actions ?? [source, ...BUILDS, state === 'FAILED' ? FAILED_DEPLOY : DEPLOY];
    aws.summaries.unshift({ ...execution, startTime: at(end - 10), lastUpdateTime: at(end) });
  }
}

function ended({ id, end, state, attempt = 1 }: Run): PipelineEvent {
  const event = pipelineEvent('pipeline-succeeded-by-hand');
  return { ...event, time: at(end).toISOString(), detail: { ...event.detail, 'execution-id': id, state, 'start-time': at(end - 10).toISOString(), 'pipeline-execution-attempt': attempt } };
}

/** What each run adds, in the order in which their ends are told. */
async function measured(runs: Run[], told: Run[] = runs): Promise<Record<string, [string, number][]>> {
  history(...runs);
  const tell = aws.start();
  const found: Record<string, [string, number][]> = {};
  for (const run of told) {
    const known = aws.measures.length;
    await tell(ended(run));
    found[run.id] = [...found[run.id] ?? [], ...aws.measures.slice(known)];
  }
  return found;
}

const BUILD_FAILED = [SOURCE, action('Build', 'Api', [1, 2], { status: 'Failed' })];
const GOOD: [string, number][] = [['ChangeFailure', 0], ['ManualRollback', 0], ['DeploymentFrequency', 1]];
const BAD: [string, number][] = [['ChangeFailure', 1], ['ManualRollback', 0]];
const restored = (minutes: number): [string, number] => ['TimeToRestore', minutes * 60];

test('the recorded release: frequency, lead time, no failure, at the time of the event', async () => {
  aws.actions[EXECUTION] = [SOURCE, ...BUILDS, APPROVAL, DEPLOY];
  await aws.start()(pipelineEvent('pipeline-succeeded'));
  const datum = { Timestamp: new Date('2023-12-20T11:27:25Z'), Dimensions: [{ Name: 'PipelineName', Value: PIPELINE }] };
  expect(aws.calls.filter(({ name }) => name === 'PutMetricData').map(({ input }) => input)).toEqual([{
    Namespace: 'InnovatePlatform/Delivery',
    MetricData: [
      { MetricName: 'ChangeFailure', Value: 0, Unit: 'Count', ...datum },
      { MetricName: 'ManualRollback', Value: 0, Unit: 'Count', ...datum },
      { MetricName: 'DeploymentFrequency', Value: 1, Unit: 'Count', ...datum },
      { MetricName: 'LeadTimeForChanges', Value: 14 * 60 + 5, Unit: 'Seconds', ...datum },
    ],
  }]);
});

test.each<{ what: string; authored: string; leadTime?: number }>([
  { what: 'in the middle of what is new, where a build has read the history', authored: '1703030400', leadTime: (11 * 60 + 27) * 60 + 25 },
  { what: 'nowhere, where nothing is new', authored: 'none' },
  { what: 'nowhere, where a clock was ahead', authored: '1903030400' },
])('the lead time begins $what', async ({ authored, leadTime }) => {
  const verified = action('Verify', 'Commit', [0, 1], { output: { outputVariables: { AUTHORED: authored } } });
  aws.actions[EXECUTION] = [SOURCE, verified, ...BUILDS, APPROVAL, DEPLOY];
  await aws.start()(pipelineEvent('pipeline-succeeded'));
  expect(aws.measures.filter(([name]) => name === 'LeadTimeForChanges').map(([, value]) => value)).toEqual(leadTime === undefined ? [] : [leadTime]);
});

test.each<{ what: string; runs: Run[]; expected: Record<string, [string, number][]> }>([
  { what: 'a first release', runs: [{ id: 'a', end: 100, state: 'SUCCEEDED', authored: 70 }], expected: { a: [...GOOD, ['LeadTimeForChanges', 1800]] } },
  { what: 'a release whose commit nobody dated', runs: [{ id: 'a', end: 100, state: 'SUCCEEDED' }], expected: { a: GOOD } },
  { what: 'a commit from the future', runs: [{ id: 'a', end: 100, state: 'SUCCEEDED', authored: 200 }], expected: { a: GOOD } },
  {
    what: 'a failure, and the next success',
    runs: [{ id: 'a', end: 100, state: 'SUCCEEDED' }, { id: 'b', end: 200, state: 'FAILED' }, { id: 'c', end: 290, state: 'SUCCEEDED' }, { id: 'd', end: 300, state: 'SUCCEEDED' }],
    expected: { a: GOOD, b: BAD, c: [...GOOD, restored(90)], d: GOOD },
  },
  {
    what: 'failures in a row count from the first',
    runs: [{ id: 'a', end: 100, state: 'FAILED' }, { id: 'b', end: 200, state: 'FAILED' }, { id: 'c', end: 230, state: 'SUCCEEDED' }],
    expected: { a: BAD, b: BAD, c: [...GOOD, restored(130)] },
  },
  {
    what: 'a build that failed changed nothing',
    runs: [{ id: 'a', end: 100, state: 'FAILED', actions: BUILD_FAILED }, { id: 'b', end: 200, state: 'FAILED' }, { id: 'c', end: 230, state: 'SUCCEEDED' }],
    expected: { a: [], b: BAD, c: [...GOOD, restored(30)] },
  },
  {
    what: 'neither did a release that was not approved, nor one that was stopped',
    runs: [
      { id: 'a', end: 100, state: 'FAILED', actions: [SOURCE, { ...APPROVAL, status: 'Failed' }] }, { id: 'b', end: 110, state: 'STOPPED' },
      { id: 'c', end: 120, state: 'FAILED', actions: [SOURCE, { ...APPROVAL, stageName: 'Deploy', status: 'Failed' }] }, { id: 'd', end: 200, state: 'SUCCEEDED' },
    ],
    expected: { a: [], b: [], c: [], d: GOOD },
  },
  {
    what: 'a rollback restores, and is no release',
    runs: [
      { id: 'a', end: 100, state: 'SUCCEEDED' }, { id: 'b', end: 200, state: 'FAILED' }, { id: 'b-', end: 206, state: 'SUCCEEDED', rollback: 'AutomatedRollback', actions: [DEPLOY] },
      { id: 'c', end: 300, state: 'SUCCEEDED' },
    ],
    expected: { 'a': GOOD, 'b': BAD, 'b-': [restored(6)], 'c': GOOD },
  },
  {
    what: 'a rollback that fails restores nothing',
    runs: [
      { id: 'a', end: 200, state: 'FAILED' }, { id: 'a-', end: 206, state: 'FAILED', rollback: 'AutomatedRollback', actions: [FAILED_DEPLOY] }, { id: 'b', end: 260, state: 'SUCCEEDED' },
    ],
    expected: { 'a': BAD, 'a-': [], 'b': [...GOOD, restored(60)] },
  },
  {
    what: 'a release that somebody takes back was a failure after all',
    runs: [{ id: 'a', end: 100, state: 'SUCCEEDED' }, { id: 'a-', end: 150, state: 'SUCCEEDED', rollback: 'ManualRollback', actions: [DEPLOY] }],
    expected: { 'a': GOOD, 'a-': [['ManualRollback', 1]] },
  },
  {
    what: 'a failure that somebody rolls back is counted once',
    runs: [{ id: 'a', end: 100, state: 'FAILED' }, { id: 'a-', end: 150, state: 'SUCCEEDED', rollback: 'ManualRollback', actions: [DEPLOY] }],
    expected: { 'a': BAD, 'a-': [restored(50)] },
  },
])('$what', async ({ runs, expected }) => expect(await measured(runs)).toEqual(expected));

test('a stage that is tried again restores what its first attempt broke', async () => {
  const failed = { id: 'a', end: 100, state: 'FAILED' } as const;
  const again = { ...failed, end: 130, state: 'SUCCEEDED', attempt: 2 } as const;
  const attempts = [SOURCE, { ...FAILED_DEPLOY, lastUpdateTime: at(100) }, { ...DEPLOY, lastUpdateTime: at(130) }];
  history(failed);
  const tell = aws.start();
  await tell(ended(failed));
  history({ ...again, actions: attempts });
  await tell(ended(again));
  expect(aws.measures).toEqual([...BAD, ...GOOD, restored(30)]);
});

test('where one action deploys, what fails before it changed nothing', async () => {
  const runs: Run[] = [
    { id: 'a', end: 100, state: 'FAILED', actions: [SOURCE, action('Deploy', 'Diff', [1, 2], { status: 'Failed' })] }, { id: 'b', end: 200, state: 'FAILED' },
  ];
  history(...runs);
  const tell = aws.start({ ...SETTINGS, deployAction: 'Smoke' });
  for (const run of runs) { await tell(ended(run)); }
  expect(aws.measures).toEqual(BAD);
});

const SEQUENCE: Run[] = [
  { id: 'a', end: 100, state: 'SUCCEEDED' }, { id: 'b', end: 200, state: 'FAILED' }, { id: 'b-', end: 206, state: 'SUCCEEDED', rollback: 'AutomatedRollback', actions: [DEPLOY] },
  { id: 'c', end: 300, state: 'FAILED' }, { id: 'd', end: 345, state: 'SUCCEEDED' },
];
const EXPECTED = { 'a': GOOD, 'b': BAD, 'b-': [restored(6)], 'c': BAD, 'd': [...GOOD, restored(45)] };

test('events out of order measure the same', async () => {
  expect(await measured(SEQUENCE, [...SEQUENCE].reverse())).toEqual(EXPECTED);
});

test('events that come twice measure the same', async () => {
  expect(await measured(SEQUENCE, SEQUENCE.flatMap(run => [run, run]))).toEqual(EXPECTED);
});

test('a long history is read page by page', async () => {
  aws.pageSize = 2;
  expect(await measured(SEQUENCE)).toEqual(EXPECTED);
});

test.each(['pipeline-started', 'pipeline-stopped', 'pipeline-superseded', 'stage-deploy-succeeded', 'action-approval-started'])('%s measures nothing', async name => {
  aws.actions[EXECUTION] = [SOURCE, DEPLOY];
  await aws.start()(pipelineEvent(name));
  expect(aws.measures).toEqual([]);
  expect(aws.calls.map(call => call.name)).not.toContain('ListPipelineExecutions');
});
