import { Template } from 'aws-cdk-lib/assertions';
import { Ipv6 } from '../../../src/network/vpc/ipv6';
import { NatGateways } from '../../../src/network/vpc/nat-gateways';
import { NetworkAcls } from '../../../src/network/vpc/network-acls';
import { SecureVpc } from '../../../src/network/vpc/secure-vpc';
import { SecureVpcProps } from '../../../src/network/vpc/secure-vpc-props';
import { expectNoAnnotations, testStack } from '../../support/stacks';

function synthesize(props: SecureVpcProps): Template {
  const stack = testStack();
  new SecureVpc(stack, 'Network', props);
  expectNoAnnotations(stack);
  return Template.fromStack(stack);
}

/** The rules of the list whose id has the word in it, as "direction protocol source ports". */
function rules(template: Template, list: string): string[] {
  return Object.values(template.findResources('AWS::EC2::NetworkAclEntry')).map(entry => entry.Properties)
    .filter(entry => entry.NetworkAclId.Ref.includes(list))
    .map(({ Egress, Protocol, CidrBlock, Ipv6CidrBlock, PortRange, Icmp, RuleAction }) => {
      expect(RuleAction).toBe('allow');
      const cidr = [CidrBlock, Ipv6CidrBlock].find(Boolean);
      return [Egress ? 'out' : 'in', Protocol, typeof cidr === 'string' ? cidr : cidr['Fn::GetAtt'] ? 'vpc' : 'vpc6',
        PortRange && `${PortRange.From}-${PortRange.To}`, Icmp && `type ${Icmp.Type}`].filter(part => part !== undefined).join(' ');
    });
}

test('per tier: from outside, replies only', () => {
  const template = synthesize({ networkAcls: NetworkAcls.perTier() });
  template.resourceCountIs('AWS::EC2::NetworkAcl', 3);
  template.resourceCountIs('AWS::EC2::SubnetNetworkAclAssociation', 9);
  expect(rules(template, 'ApplicationAcl')).toEqual([
    'in -1 vpc', 'in 6 0.0.0.0/0 1024-65535', 'in 17 0.0.0.0/0 1024-65535', 'in 1 0.0.0.0/0 type 3', 'out -1 0.0.0.0/0',
  ]);
  expect(rules(template, 'DataAcl')).toEqual(['in -1 vpc', 'in 6 0.0.0.0/0 1024-65535', 'out -1 vpc', 'out 6 0.0.0.0/0 443-443']);
});

test('per tier: the load balancer reaches its targets and answers CloudFront, and nothing enters from outside', () => {
  const template = synthesize({ networkAcls: NetworkAcls.perTier() });
  expect(rules(template, 'EntranceAcl')).toEqual(['in -1 vpc', 'out -1 vpc', 'out 6 0.0.0.0/0 1024-65535']);
});

test('per tier, zonal NAT: the egress subnets have a list, too', () => {
  const template = synthesize({ networkAcls: NetworkAcls.perTier(), natGateways: NatGateways.perZone() });
  template.resourceCountIs('AWS::EC2::SubnetNetworkAclAssociation', 12);
  expect(rules(template, 'EgressAcl')).toEqual(rules(template, 'ApplicationAcl'));
});

test.each([
  ['egressOnly', Ipv6.egressOnly(), ['in -1 vpc6', 'in 6 ::/0 1024-65535', 'in 17 ::/0 1024-65535', 'in 58 ::/0 type 1', 'in 58 ::/0 type 2', 'out -1 ::/0']],
  ['isolated', Ipv6.isolated(), ['in -1 vpc6', 'out -1 vpc6']],
])('per tier, IPv6 %s', (_, ipv6, expected) => {
  const template = synthesize({ networkAcls: NetworkAcls.perTier(), ipv6 });
  expect(rules(template, 'ApplicationAcl').filter(rule => /::|vpc6/.test(rule))).toEqual(expected);
  for (const inside of ['DataAcl', 'EntranceAcl']) {
    expect(rules(template, inside).filter(rule => /::|vpc6/.test(rule))).toEqual(['in -1 vpc6', 'out -1 vpc6']);
  }
});

test('a subnet has its list only once the list has its rules', () => {
  const template = synthesize({ networkAcls: NetworkAcls.perTier() });
  const entries = Object.entries(template.findResources('AWS::EC2::NetworkAclEntry'));
  for (const { Properties, DependsOn } of Object.values(template.findResources('AWS::EC2::SubnetNetworkAclAssociation'))) {
    expect(DependsOn.sort()).toEqual(entries.filter(([, entry]) => entry.Properties.NetworkAclId.Ref === Properties.NetworkAclId.Ref).map(([id]) => id).sort());
  }
});

test('none: the default list', () => synthesize({ networkAcls: NetworkAcls.none() }).resourceCountIs('AWS::EC2::NetworkAcl', 0));
