import { GetHostedZoneCommand, ListResourceRecordSetsCommand, Route53Client } from '@aws-sdk/client-route-53';
import { type Check, unlessProblems } from '../check';
import { deployed, models } from './resources';

export const namesAreDelegated: Check = {
  name: 'names are delegated across accounts',
  proves: 'The platform\'s zone hands each environment\'s name to the name servers of the zone in that environment\'s account.',
  needs: [/\/Dns$/, /\/Delegation$/],
  async run(context) {
    const problems: string[] = [];
    const evidence: string[] = [];
    for (const { stack: dns, resource: zone } of await deployed(context, 'AWS::Route53::HostedZone', /\/Dns$/)) {
      const answer = await context.client(Route53Client, dns).send(new GetHostedZoneCommand({ Id: zone.physicalId }));
      const name = answer.HostedZone!.Name!;
      const servers = (answer.DelegationSet?.NameServers ?? []).map(undotted).sort();
      const delegations = (await models(context, 'AWS::Route53::RecordSet', /\/Delegation$/)).filter(({ model }) => undotted(model.Name) === undotted(name));
      for (const { stack, model } of delegations) {
        const records = await context.client(Route53Client, stack).send(new ListResourceRecordSetsCommand({ HostedZoneId: model.HostedZoneId }));
        const record = records.ResourceRecordSets?.find(each => each.Type === 'NS' && undotted(each.Name!) === undotted(name));
        const delegated = (record?.ResourceRecords ?? []).map(each => undotted(each.Value!)).sort();
        if (servers.length !== 4 || delegated.join() !== servers.join()) {
          problems.push(`${name} is delegated to ${delegated.join(', ')}, but its zone answers at ${servers.join(', ')}`);
        }
        evidence.push(`${undotted(name)}: ${dns.account} answers for ${stack.account}'s zone at ${servers.length} name servers`);
      }
      if (delegations.length !== 1) { problems.push(`${name} has ${delegations.length} delegations`); }
    }
    return unlessProblems(problems, ...evidence);
  },
};

function undotted(name: string): string {
  return name.replace(/\.$/, '');
}
