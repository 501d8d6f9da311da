import { ListPoliciesForTargetCommand, OrganizationsClient, type PolicyType } from '@aws-sdk/client-organizations';
import { GetObjectLockConfigurationCommand, S3Client } from '@aws-sdk/client-s3';
import type { AssemblyStack } from '../../assembly';
import { type Check, type CheckContext, unlessProblems } from '../check';
import { deployed, models, unmet } from './resources';

const LANDING_ZONE = /\/LandingZone$/;

/** The kinds of policy that every account is under. */
const POLICY_TYPES: PolicyType[] = [
  'AISERVICES_OPT_OUT_POLICY', 'BACKUP_POLICY', 'DECLARATIVE_POLICY_EC2', 'RESOURCE_CONTROL_POLICY', 'S3_POLICY', 'SERVICE_CONTROL_POLICY', 'TAG_POLICY',
];

export const organizationIsGuarded: Check = {
  name: 'the organization is guarded',
  proves: 'Each account with workloads is under every kind of guardrail, and an encrypted trail that nobody can shorten records every region.',
  needs: [LANDING_ZONE],
  async run(context) {
    const [landingZone] = context.find(LANDING_ZONE);
    const accounts = accountsWithWorkloads(context, landingZone);
    const counts: string[] = [];
    const problems = (await Promise.all(accounts.map(async account => {
      const attached = await policiesOf(context, landingZone, account);
      counts.push(`${account}: ${attached.length} policies`);
      return POLICY_TYPES.filter(type => !attached.includes(type)).map(type => `${account}: no ${type} is attached`);
    }))).flat();
    const [trail] = (await models(context, 'AWS::CloudTrail::Trail')).map(({ model }) => model);
    const { ObjectLockConfiguration: lock } = await context.client(S3Client, landingZone).send(
      new GetObjectLockConfigurationCommand({ Bucket: String(trail?.S3BucketName) }));
    if (accounts.length === 0) { problems.push('there is no account with workloads'); }
    problems.push(...unmet({
      'it is no organization trail': trail?.IsOrganizationTrail === true,
      'it does not record every region': trail?.IsMultiRegionTrail === true,
      'it has no customer key': String(trail?.KMSKeyId).startsWith('arn:aws:kms:'),
      'its files are not validated': trail?.EnableLogFileValidation === true,
      'its files can be deleted': lock?.Rule?.DefaultRetention?.Mode === 'COMPLIANCE',
    }, 'the trail'));
    return unlessProblems(problems, `${counts.sort().join(', ')}; trail ${trail?.TrailName ?? trail?.Arn}`);
  },
};

export const costsAreWatched: Check = {
  name: 'costs are watched',
  proves: 'Each account with workloads has a budget, is looked at for anomalies, and people get in through groups only.',
  needs: [LANDING_ZONE],
  async run(context) {
    const [landingZone] = context.find(LANDING_ZONE);
    const budgets = (await models(context, 'AWS::Budgets::Budget')).map(({ model }) => model.Budget);
    const monitors = JSON.stringify((await models(context, 'AWS::CE::AnomalyMonitor')).map(({ model }) => model.MonitorSpecification));
    const assignments = (await models(context, 'AWS::SSO::Assignment')).map(({ model }) => model);
    const accounts = accountsWithWorkloads(context, landingZone);
    const problems = accounts.flatMap(account => unmet({
      'no budget watches the account': budgets.some(budget => budget.CostFilters?.LinkedAccount?.includes(account) && Number(budget.BudgetLimit.Amount) > 0),
      'nobody looks for anomalies': monitors.includes(account),
      'no group of people gets in': assignments.some(({ TargetId, PrincipalType }) => TargetId === account && PrincipalType === 'GROUP'),
    }, account));
    return unlessProblems(problems, `${budgets.length} budgets, ${assignments.length} assignments for ${accounts.join(', ')}`);
  },
};

export const accountsWatchThemselves: Check = {
  name: 'accounts watch themselves',
  proves: 'Each account with workloads has a threat detector, a record of changes, checks against standards, an access analyzer and a vault.',
  needs: [LANDING_ZONE, /\/Baseline$/],
  async run(context) {
    const [landingZone] = context.find(LANDING_ZONE);
    const types = [
      'AWS::GuardDuty::Detector', 'AWS::Config::ConfigurationRecorder', 'AWS::SecurityHub::Hub', 'AWS::AccessAnalyzer::Analyzer', 'AWS::Backup::BackupVault',
    ];
    const found = (await Promise.all(types.map(async type => (await deployed(context, type)).map(({ stack }) => `${stack.account} ${type}`)))).flat();
    const accounts = accountsWithWorkloads(context, landingZone);
    const problems = accounts.flatMap(account => types.filter(type => !found.includes(`${account} ${type}`)).map(type => `${account}: there is no ${type}`));
    return unlessProblems(problems, `${types.length} services in ${accounts.join(' and ')}`);
  },
};

function accountsWithWorkloads(context: CheckContext, landingZone: AssemblyStack): string[] {
  return [...new Set(context.stacks.map(stack => stack.account))].filter(account => account !== landingZone.account).sort();
}

/** The kinds of all customer policies that are attached to an account or to what it is in. */
async function policiesOf(context: CheckContext, landingZone: AssemblyStack, account: string): Promise<string[]> {
  const client = context.client(OrganizationsClient, landingZone);
  const found = await Promise.all(POLICY_TYPES.map(async Filter => {
    const { Policies = [] } = await client.send(new ListPoliciesForTargetCommand({ TargetId: account, Filter }));
    return Policies.filter(policy => !policy.AwsManaged).map(() => Filter as string);
  }));
  return found.flat();
}
