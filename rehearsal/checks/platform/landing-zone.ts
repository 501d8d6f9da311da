import { type Check, unlessProblems } from '../check';
import { deployed, models, unmet } from './resources';

export const organizationIsGuarded: Check = {
  name: 'the organization is guarded',
  proves: 'Each account with workloads is under a service control policy and a budget, and an encrypted trail records every region.',
  needs: [/\/LandingZone$/],
  async run(context) {
    const management = (await deployed(context, 'AWS::Organizations::Policy')).map(({ stack }) => stack.account);
    const accounts = [...new Set(context.stacks.map(stack => stack.account))].filter(account => !management.includes(account));
    const policies = (await models(context, 'AWS::Organizations::Policy')).map(({ model }) => model);
    const budgets = (await models(context, 'AWS::Budgets::Budget')).map(({ model }) => model.Budget);
    const [trail] = (await models(context, 'AWS::CloudTrail::Trail')).map(({ model }) => model);
    const problems = accounts.flatMap(account => unmet({
      'no service control policy is attached to the account': policies.some(policy => policy.Type === 'SERVICE_CONTROL_POLICY' && policy.TargetIds?.includes(account)),
      'no budget watches the account': budgets.some(budget => budget.CostFilters?.LinkedAccount?.includes(account) && Number(budget.BudgetLimit.Amount) > 0),
    }, account));
    if (accounts.length === 0) { problems.push('there is no account with workloads'); }
    problems.push(...unmet({
      'it is no organization trail': trail?.IsOrganizationTrail === true,
      'it does not record every region': trail?.IsMultiRegionTrail === true,
      'it has no customer key': String(trail?.KMSKeyId).startsWith('arn:aws:kms:'),
      'its files are not validated': trail?.EnableLogFileValidation === true,
    }, 'the trail'));
    return unlessProblems(problems, `${accounts.join(', ')}: ${policies.length} policies, ${budgets.length} budgets, trail ${trail?.TrailName ?? trail?.Arn}`);
  },
};
