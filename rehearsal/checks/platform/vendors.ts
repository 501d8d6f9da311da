import { GetRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import { type Check, unlessProblems } from '../check';
import { deployed, unmet } from './resources';

export const vendorsAreConfined: Check = {
  name: 'vendors are confined',
  proves: 'A vendor\'s role can only be taken by its principal, with its external id and MFA, and until the agreed day; production has no vendor\'s door.',
  async run(context) {
    const problems = context.find(/\/Production\/Access$/).map(stack => `${stack.displayName} exists`);
    const evidence: string[] = [];
    for (const { stack, resource } of await deployed(context, 'AWS::IAM::Role', /\/Access$/)) {
      const { Role: role } = await context.client(IAMClient, stack).send(new GetRoleCommand({ RoleName: resource.physicalId }));
      const trust = JSON.parse(decodeURIComponent(role!.AssumeRolePolicyDocument!)) as { Statement: any[] };
      const vendor = trust.Statement.find(statement => JSON.stringify(statement.Principal).includes('444455556666'));
      if (!vendor) continue;
      const conditions = JSON.stringify(vendor.Condition);
      problems.push(...unmet({
        'it asks for no external id': conditions.includes('"sts:ExternalId":"innovate-acme-7f3a"'),
        'it asks for no second factor': conditions.includes('aws:MultiFactorAuthPresent'),
        'it has no last day': conditions.includes('2027-0'),
      }, resource.physicalId));
      evidence.push(`${resource.physicalId}: ${conditions}`);
    }
    if (evidence.length === 0) problems.push('no role trusts the vendor');
    return unlessProblems(problems, ...evidence);
  },
};
