import { CfnMapping, CfnParameter, Fn, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { ANYBODY, Links, Network, found, instance, onlyHops, openedNetwork, securityGroup } from './opened-network';

function server(stack: Stack, links: Links = {}, rule: ec2.CfnSecurityGroup.IngressProperty = ANYBODY): Network {
  const network = openedNetwork(stack, links);
  instance(stack, network, securityGroup(stack, network, rule).attrGroupId);
  return network;
}

test('a rule for everybody on an instance in a public subnet, hop by hop', () => {
  expect(onlyHops(stack => server(stack))).toEqual([
    '0.0.0.0/0, tcp 22',
    'internet gateway Test/Gateway',
    'route 0.0.0.0/0 to Test/Gateway (Test/Route)',
    'network ACL: the default one, which allows all',
    'subnet Test/Subnet',
    'public address by MapPublicIpOnLaunch of Test/Subnet',
    'security group Test/Group admits tcp 22 from 0.0.0.0/0 (rule in Test/Group)',
    'instance Test/Instance',
  ]);
});

test.each<[string, Links]>([
  ['without a gateway', { gateway: false }],
  ['without a route', { route: false }],
  ['with a route to NAT', { route: { gatewayId: undefined, natGatewayId: 'nat-1' } }],
  ['with an egress-only gateway', { route: { gatewayId: undefined, destinationCidrBlock: undefined, destinationIpv6CidrBlock: '::/0', egressOnlyInternetGatewayId: 'eigw-1' }, ipv6: true }],
  ['with a route to a private range only', { route: { destinationCidrBlock: '10.9.0.0/16' } }],
  ['with a route to a VPN gateway', { route: { gatewayId: 'vgw-1' } }],
  ['without a public address', { publicAddresses: false }],
])('the same instance %s is not reached', (_what, links) => {
  expect(found(stack => server(stack, links))).toEqual([]);
});

test.each<[string, ec2.CfnSecurityGroup.IngressProperty, string]>([
  ['half of the internet', { ipProtocol: '-1', cidrIp: '128.0.0.0/1' }, 'admits all traffic from 128.0.0.0/1'],
  ['an office', { ipProtocol: 'tcp', fromPort: 22, toPort: 22, cidrIp: '203.0.113.7/32' }, 'admits tcp 22 from 203.0.113.7/32'],
  ['an unknown prefix list', { ipProtocol: 'tcp', fromPort: 22, toPort: 22, sourcePrefixListId: 'pl-0123' }, '[unknown: the entries of prefix list pl-0123, taken as open; if you know better, declare it in trusted]'],
  ['CloudFront', { ipProtocol: 'tcp', fromPort: 80, toPort: 80, sourcePrefixListId: 'pl-4fa04526' }, 'from CloudFront\'s prefix list pl-4fa04526'],
])('a rule for %s is found', (_what, rule, hop) => {
  expect(onlyHops(stack => server(stack, {}, rule)).join('\n')).toContain(hop);
});

test.each<[string, ec2.CfnSecurityGroup.IngressProperty]>([
  ['a private range', { ipProtocol: 'tcp', fromPort: 22, toPort: 22, cidrIp: '10.0.0.0/8' }],
  ['a private IPv6 range', { ipProtocol: 'tcp', fromPort: 22, toPort: 22, cidrIpv6: 'fd00::/8' }],
  ['another group', { ipProtocol: 'tcp', fromPort: 22, toPort: 22, sourceSecurityGroupId: 'sg-1' }],
  ['IPv6 where the subnet has none', { ipProtocol: 'tcp', fromPort: 22, toPort: 22, cidrIpv6: '::/0' }],
])('a rule for %s is no path', (_what, rule) => {
  expect(found(stack => server(stack, {}, rule))).toEqual([]);
});

test('a firewall on the way is a guard, not an end', () => {
  const [path] = found(stack => server(stack, { route: { gatewayId: undefined, vpcEndpointId: 'vpce-1' } }));
  expect(path.guards).toEqual(['inspection behind vpce-1']);
});

test('the range of the network itself is no path', () => {
  expect(found(stack => {
    const network = openedNetwork(stack);
    instance(stack, network, securityGroup(stack, network, { ipProtocol: '-1', cidrIp: network.vpc.attrCidrBlock }).attrGroupId);
  })).toEqual([]);
});

test('an IPv6 rule needs no public IPv4 address', () => {
  const links: Links = { publicAddresses: false, ipv6: true, route: { destinationCidrBlock: undefined, destinationIpv6CidrBlock: '::/0' } };
  expect(onlyHops(stack => server(stack, links, { ipProtocol: 'tcp', fromPort: 443, toPort: 443, cidrIpv6: '::/0' }))).toEqual([
    '::/0, tcp 443',
    'internet gateway Test/Gateway',
    'route ::/0 to Test/Gateway (Test/Route)',
    'network ACL: the default one, which allows all',
    'subnet Test/Subnet',
    'IPv6 address by AssignIpv6AddressOnCreation of Test/Subnet',
    'security group Test/Group admits tcp 443 from ::/0 (rule in Test/Group)',
    'instance Test/Instance',
  ]);
});

test.each<[string, string, number]>([
  ['of the internet', '198.51.100.0/24', 1],
  ['of the inside', '192.168.0.0/24', 0],
])('a prefix list with a range %s', (_what, cidr, count) => {
  expect(found(stack => {
    const network = openedNetwork(stack);
    const list = new ec2.CfnPrefixList(stack, 'List', { addressFamily: 'IPv4', prefixListName: 'partners', maxEntries: 1, entries: [{ cidr }] });
    instance(stack, network, securityGroup(stack, network, { ipProtocol: 'tcp', fromPort: 22, toPort: 22, sourcePrefixListId: list.attrPrefixListId }).attrGroupId);
  }).map(({ source }) => source)).toEqual(count ? [`prefix list Test/List (${cidr})`] : []);
});

describe('rules that stand alone', () => {
  const separate = (target: (group: ec2.CfnSecurityGroup, network: Network) => string, wear: (group: ec2.CfnSecurityGroup) => string[]) => (stack: Stack) => {
    const network = openedNetwork(stack);
    const group = securityGroup(stack, network);
    new ec2.CfnSecurityGroupIngress(stack, 'Rule', { ...ANYBODY, groupId: target(group, network) });
    instance(stack, network, ...wear(group));
  };

  test('of the group that is worn', () => {
    expect(onlyHops(separate(group => group.attrGroupId, group => [group.attrGroupId]))).toContain('security group Test/Group admits tcp 22 from 0.0.0.0/0 (rule in Test/Rule)');
  });

  test('of the default group, which is worn where none is given', () => {
    expect(onlyHops(separate((_group, { vpc }) => vpc.attrDefaultSecurityGroup, () => [])))
      .toContain('security group Test/Vpc.DefaultSecurityGroup admits tcp 22 from 0.0.0.0/0 (rule in Test/Rule)');
  });

  test('of a group that nobody wears', () => {
    expect(found(separate((_group, { vpc }) => vpc.attrDefaultSecurityGroup, group => [group.attrGroupId]))).toEqual([]);
  });
});

describe('public addresses', () => {
  const hidden = (stack: Stack) => server(stack, { publicAddresses: false });

  test('an elastic one is found', () => {
    const hops = onlyHops(stack => {
      hidden(stack);
      new ec2.CfnEIP(stack, 'Address', { instanceId: (stack.node.findChild('Instance') as ec2.CfnInstance).ref });
    });
    expect(hops).toContain('elastic address Test/Address');
  });

  test.each([[true, 1], [false, 0]])('AssociatePublicIpAddress %s overrules the subnet', (associatePublicIpAddress, count) => {
    expect(found(stack => {
      const network = openedNetwork(stack, { publicAddresses: !associatePublicIpAddress });
      const groupSet = [securityGroup(stack, network, ANYBODY).attrGroupId];
      new ec2.CfnInstance(stack, 'Instance', { networkInterfaces: [{ deviceIndex: '0', subnetId: network.subnet.ref, groupSet, associatePublicIpAddress }] });
    })).toHaveLength(count);
  });
});

describe('network ACLs', () => {
  type Entry = Partial<ec2.CfnNetworkAclEntryProps>;
  const withAcl = (...entries: Entry[]) => (stack: Stack) => {
    const network = server(stack);
    const acl = new ec2.CfnNetworkAcl(stack, 'Acl', { vpcId: network.vpc.ref });
    new ec2.CfnSubnetNetworkAclAssociation(stack, 'AclAssociation', { subnetId: network.subnet.ref, networkAclId: acl.ref });
    entries.forEach((entry, index) => new ec2.CfnNetworkAclEntry(stack, `Entry${index}`, {
      networkAclId: acl.ref, ruleNumber: 100 + index, ruleAction: 'allow', protocol: -1, cidrBlock: '0.0.0.0/0', ...entry,
    }));
  };
  const out: Entry = { egress: true };
  const ssh: Entry = { protocol: 6, portRange: { from: 22, to: 22 } };

  test('one that allows is a hop', () => {
    expect(onlyHops(withAcl(ssh, out))).toContain('network ACL Test/Acl allows tcp 22 (Test/Entry0)');
  });

  test.each<[string, Entry[]]>([
    ['none', []],
    ['no answer', [ssh]],
    ['other ports', [{ protocol: 6, portRange: { from: 443, to: 443 } }, out]],
    ['inside only', [{ cidrBlock: '10.0.0.0/8' }, out]],
    ['a denial first', [{ ...ssh, ruleAction: 'deny' }, ssh, out]],
  ])('one with %s is no path', (_what, entries) => {
    expect(found(withAcl(...entries))).toEqual([]);
  });

  test('a denial of one network leaves the others', () => {
    expect(found(withAcl({ ...ssh, ruleAction: 'deny', cidrBlock: '203.0.113.0/24' }, ssh, out))).toHaveLength(1);
  });
});

test.each([['block-ingress', 0], ['off', 1]])('VPC Block Public Access: %s', (internetGatewayBlockMode, count) => {
  expect(found(stack => {
    server(stack);
    new ec2.CfnVPCBlockPublicAccessOptions(stack, 'Block', { internetGatewayBlockMode });
  })).toHaveLength(count);
});

describe('what is not known counts as open', () => {
  test('a range from a parameter', () => {
    const [path] = found(stack => server(stack, {}, { ...ANYBODY, cidrIp: new CfnParameter(stack, 'Range').valueAsString }));
    expect(path.certain).toBe(false);
    expect(path.hops.join('\n')).toContain('[unknown: the parameter Range of Test, taken as open');
  });

  test('either branch of a condition', () => {
    const either = (first: string, second: string) => found(stack => server(stack, {}, { ...ANYBODY, cidrIp: Fn.conditionIf('Open', first, second).toString() }));
    expect(either('10.0.0.0/8', '0.0.0.0/0')).toHaveLength(1);
    expect(either('10.0.0.0/8', '192.168.0.0/16')).toEqual([]);
  });

  test('each value of a map whose key is not known', () => {
    const mapped = (second: string) => found(stack => {
      const ranges = new CfnMapping(stack, 'Ranges', { mapping: { one: { Cidr: '10.0.0.0/8' }, two: { Cidr: second } } });
      server(stack, {}, { ...ANYBODY, cidrIp: ranges.findInMap(new CfnParameter(stack, 'Key').valueAsString, 'Cidr') });
    });
    expect(mapped('0.0.0.0/0').map(({ source }) => source)).toEqual(['0.0.0.0/0']);
    expect(mapped('10.0.0.0/8')).toEqual([]);
  });

  test('a text with something unknown in it, not one whose parts are known', () => {
    const substituted = (bits: string) => found(stack => server(stack, {}, { ...ANYBODY, cidrIp: Fn.sub('${First}.0.0.0/${Bits}', { First: '10', Bits: bits }) }));
    expect(substituted('8')).toEqual([]);
    expect(substituted(Fn.importValue('bits')).map(({ certain }) => certain)).toEqual([false]);
  });

  test('a group and a subnet of somebody else', () => {
    const [path] = found(stack => new ec2.CfnInstance(stack, 'Instance', { subnetId: 'subnet-1', securityGroupIds: ['sg-1'] }));
    expect(path.hops).toContain('a route to subnet-1 [unknown: the routes of a subnet that is not in these stacks, taken as open; if you know better, declare it in privateSubnetIds]');
    expect(path.hops).toContain('security group sg-1 [unknown: the rules of a group that is not in these stacks, taken as open; if you know better, declare it in closedSecurityGroupIds]');
  });
});
