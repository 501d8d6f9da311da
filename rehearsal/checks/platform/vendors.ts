import { GetRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import { type Check, unlessProblems } from '../check';
import { deployed, unmet } from './resources';

/** What examples/platform agrees with its vendor, whose principal is a role: its sessions cannot say whether MFA was given. */
const VENDOR = {
  principal: 'arn:aws:iam::444455556666:role/acme-support',
  externalId: 'innovate-acme-7f3a',
  end: '2027-03-31T23:59:59Z',
};

export const vendorsAreConfined: Check = {
  name: 'vendors are confined',
  proves: 'A vendor\'s role can only be taken by its principal, with its external id, and until the agreed day; production has no vendor\'s door.',
  needs: [/\/Access$/],
  async run(context) {
    const problems = context.find(/\/Production\/Access$/).map(stack => `${stack.displayName} exists`);
    const evidence: string[] = [];
    for (const { stack, resource } of await deployed(context, 'AWS::IAM::Role', /\/Access$/)) {
      const { Role: role } = await context.client(IAMClient, stack).send(new GetRoleCommand({ RoleName: resource.physicalId }));
      const trust = JSON.parse(decodeURIComponent(role!.AssumeRolePolicyDocument!)) as { Statement: any[] };
      const vendor = trust.Statement.find(statement => statement.Principal?.AWS === VENDOR.principal);
      if (!vendor) { continue; }
      problems.push(...unmet({
        'somebody else may take it, too': trust.Statement.length === 1,
        'it asks for another external id': vendor.Condition?.StringEquals?.['sts:ExternalId'] === VENDOR.externalId,
        [`it does not end at ${VENDOR.end}`]: vendor.Condition?.DateLessThan?.['aws:CurrentTime'] === VENDOR.end,
      }, resource.physicalId));
      evidence.push(`${resource.physicalId}: ${JSON.stringify(vendor.Condition)}`);
    }
    if (evidence.length === 0) { problems.push('no role trusts the vendor'); }
    return unlessProblems(problems, ...evidence);
  },
};
