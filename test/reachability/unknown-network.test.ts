/** Links of the network that the templates do not hold: each of these was once taken as closed. */
import { CfnCondition, CfnParameter, CfnResource, Fn, Stack, Token } from 'aws-cdk-lib';
import * as autoscaling from 'aws-cdk-lib/aws-autoscaling';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as eks from 'aws-cdk-lib/aws-eks';
import * as rds from 'aws-cdk-lib/aws-rds';
import { ANYBODY, Links, Network, found, instance, openedNetwork, securityGroup } from './opened-network';

type Build = (stack: Stack) => void;

const parameter = (stack: Stack, id = 'Given') => new CfnParameter(stack, id).valueAsString;

/** An instance that everybody may reach, in a network that a test closes at one link. */
function server(stack: Stack, links: Links = {}): Network {
  const network = openedNetwork(stack, links);
  instance(stack, network, securityGroup(stack, network, ANYBODY).attrGroupId);
  return network;
}

/** Another table of the network, with a route to the gateway. */
function openTable(stack: Stack, { vpc }: Network): ec2.CfnRouteTable {
  const table = new ec2.CfnRouteTable(stack, 'Open', { vpcId: vpc.ref });
  new ec2.CfnRoute(stack, 'OpenRoute', { routeTableId: table.ref, destinationCidrBlock: '0.0.0.0/0', gatewayId: gateway(stack) });
  return table;
}

function gateway(stack: Stack): string {
  return (stack.node.findChild('Gateway') as ec2.CfnInternetGateway).ref;
}

function custom(stack: Stack): CfnResource {
  return new CfnResource(stack, 'Custom', { type: 'Custom::Lookup', properties: { ServiceToken: 'arn' } });
}

function withAcl(stack: Stack, network: Network, subnetId: string, ...entries: Partial<ec2.CfnNetworkAclEntryProps>[]): ec2.CfnNetworkAcl {
  const acl = new ec2.CfnNetworkAcl(stack, 'Acl', { vpcId: network.vpc.ref });
  new ec2.CfnSubnetNetworkAclAssociation(stack, 'AclAssociation', { subnetId, networkAclId: acl.ref });
  const all: Partial<ec2.CfnNetworkAclEntryProps>[] = [{ egress: true }, ...entries];
  all.forEach((entry, index) => new ec2.CfnNetworkAclEntry(stack, `Entry${index}`, {
    networkAclId: acl.ref, ruleNumber: 200 + index, ruleAction: 'allow', protocol: -1, cidrBlock: '0.0.0.0/0', ...entry,
  }));
  return acl;
}

test.each<[string, Build, string | RegExp]>([
  ['an association with a subnet that is not known', stack => {
    const network = server(stack, { route: false });
    new ec2.CfnSubnetRouteTableAssociation(stack, 'Other', { subnetId: parameter(stack), routeTableId: openTable(stack, network).ref });
  }, 'SubnetId of Test/Other: the parameter Given of Test'],
  ['an association with an imported subnet', stack => {
    const network = server(stack, { route: false });
    new ec2.CfnSubnetRouteTableAssociation(stack, 'Other', { subnetId: Fn.importValue('subnet'), routeTableId: openTable(stack, network).ref });
  }, 'the export subnet of another app'],
  ['a route of a table that is not known', stack => {
    server(stack, { route: { routeTableId: parameter(stack) } });
  }, 'RouteTableId of Test/Route: the parameter Given of Test'],
  ['a route of an item of a list', stack => {
    server(stack, { route: { routeTableId: Fn.select(1, Fn.split(',', Fn.importValue('tables'))) } });
  }, 'item 1 of the export tables of another app'],
  ['a table that is one of two', stack => {
    const network = server(stack, { route: false });
    const open = openTable(stack, network).ref;
    (stack.node.findChild('Association') as ec2.CfnSubnetRouteTableAssociation).routeTableId = Token.asString(Fn.conditionIf('Isolated', network.table.ref, open));
  }, 'route 0.0.0.0/0 to Test/Gateway (Test/OpenRoute)'],
  ['a main table that custom code names', stack => {
    server(stack, { route: { routeTableId: custom(stack).getAtt('MainTable').toString() } });
    stack.node.tryRemoveChild('Association');
  }, 'the routes of the main table of Test/Vpc'],
  ['an association that a condition may leave out', stack => {
    const network = server(stack, { route: { routeTableId: parameter(stack) } });
    stack.node.tryRemoveChild('Association');
    const association = new ec2.CfnSubnetRouteTableAssociation(stack, 'Maybe', { subnetId: network.subnet.ref, routeTableId: network.table.ref });
    association.cfnOptions.condition = new CfnCondition(stack, 'Isolated');
  }, /main table|RouteTableId of Test\/Route/],
  ['a gateway of a network that is not known', stack => {
    const network = server(stack, { gateway: false });
    new ec2.CfnVPCGatewayAttachment(stack, 'Attachment', { vpcId: parameter(stack), internetGatewayId: gateway(stack) });
    return network;
  }, 'VpcId of Test/Attachment: the parameter Given of Test'],
  ['a gateway that custom code returns', stack => {
    server(stack, { route: { gatewayId: undefined } });
    (stack.node.findChild('Route') as ec2.CfnRoute).gatewayId = custom(stack).getAtt('Gateway').toString();
  }, 'what Test/Custom returns'],
  ['a route to an interface that forwards', stack => {
    server(stack, { route: { gatewayId: undefined, networkInterfaceId: 'eni-1' } });
  }, 'what it forwards'],
])('%s counts as open', (_what, build, hop) => {
  const paths = found(build);
  expect(paths.map(({ destination }) => destination)).toEqual(['Test/Instance']);
  expect(paths[0].hops.join('\n')).toMatch(hop instanceof RegExp ? hop : new RegExp(hop.replace(/[.()\\/]/g, '\\$&')));
});

test('an unknown association of another network opens nothing here', () => {
  expect(found(stack => {
    server(stack, { route: false });
    const other = new ec2.CfnVPC(stack, 'OtherVpc', { cidrBlock: '10.1.0.0/16' });
    new ec2.CfnSubnetRouteTableAssociation(stack, 'Other', { subnetId: parameter(stack), routeTableId: openTable(stack, { vpc: other } as Network).ref });
  })).toEqual([]);
});

describe('network ACLs', () => {
  const deny = { ruleAction: 'deny', ruleNumber: 100 };
  test.each<[string, (stack: Stack, network: Network) => void]>([
    ['an entry of an ACL that is not known', (stack, network) => {
      withAcl(stack, network, network.subnet.ref);
      new ec2.CfnNetworkAclEntry(stack, 'Elsewhere', { networkAclId: parameter(stack), ruleNumber: 1, ruleAction: 'allow', protocol: -1, cidrBlock: '0.0.0.0/0' });
    }],
    ['an ACL that is one of two', (stack, network) => {
      const closed = withAcl(stack, network, network.subnet.ref);
      (stack.node.findChild('AclAssociation') as ec2.CfnSubnetNetworkAclAssociation).networkAclId = Token.asString(Fn.conditionIf('Closed', closed.ref, 'acl-1'));
    }],
    ['an ACL that a condition may leave out', (stack, network) => {
      withAcl(stack, network, network.subnet.ref);
      (stack.node.findChild('AclAssociation') as CfnResource).cfnOptions.condition = new CfnCondition(stack, 'Closed');
    }],
    ['a denial that a condition may leave out', (stack, network) => {
      withAcl(stack, network, network.subnet.ref, deny, {});
      (stack.node.findChild('Entry1') as CfnResource).cfnOptions.condition = new CfnCondition(stack, 'Closed');
    }],
    ['a denial whose number is one of two', (stack, network) => {
      withAcl(stack, network, network.subnet.ref, { ...deny, ruleNumber: Token.asNumber(Fn.conditionIf('Early', 1, 900)) }, {});
    }],
    ['ports that are one of two', (stack, network) => {
      withAcl(stack, network, network.subnet.ref, { protocol: 6, portRange: { from: Token.asNumber(Fn.conditionIf('Web', 443, 22)), to: Token.asNumber(Fn.conditionIf('Web', 443, 22)) } });
    }],
    ['a direction that is one of two', (stack, network) => {
      withAcl(stack, network, network.subnet.ref, { egress: Fn.conditionIf('Out', true, false) });
    }],
  ])('%s counts as open', (_what, build) => {
    expect(found(stack => build(stack, server(stack))).map(({ destination }) => destination)).toEqual(['Test/Instance']);
  });

  test('and a denial that is certain closes', () => {
    expect(found(stack => {
      const network = server(stack);
      withAcl(stack, network, network.subnet.ref, deny, {});
    })).toEqual([]);
  });
});

describe('VPC Block Public Access', () => {
  test('that a condition may leave out blocks nothing', () => {
    expect(found(stack => {
      server(stack);
      const options = new ec2.CfnVPCBlockPublicAccessOptions(stack, 'Block', { internetGatewayBlockMode: 'block-ingress' });
      options.cfnOptions.condition = new CfnCondition(stack, 'Block?');
    })).toHaveLength(1);
  });
});

describe('security groups', () => {
  const ruled = (rule: (stack: Stack) => ec2.CfnSecurityGroup.IngressProperty): Build => stack => {
    const network = openedNetwork(stack);
    instance(stack, network, securityGroup(stack, network, rule(stack)).attrGroupId);
  };

  test.each<[string, Build]>([
    ['a group that custom code returns', stack => {
      instance(stack, openedNetwork(stack), custom(stack).getAtt('Group').toString());
    }],
    ['a group that an SSM parameter holds', stack => {
      const network = openedNetwork(stack);
      const group = securityGroup(stack, network, ANYBODY);
      instance(stack, network, new CfnResource(stack, 'Stored', { type: 'AWS::SSM::Parameter', properties: { Type: 'String', Value: group.ref } }).getAtt('Value').toString());
    }],
    ['a rule by the name of a group', stack => {
      const network = openedNetwork(stack);
      const group = securityGroup(stack, network);
      group.groupName = 'web';
      new ec2.CfnSecurityGroupIngress(stack, 'Rule', { ...ANYBODY, groupName: 'web' });
      instance(stack, network, group.ref);
    }],
    ['a range selected by something unknown', ruled(stack => ({ ...ANYBODY, cidrIp: Fn.select(Token.asNumber({ Ref: parameter(stack) && 'Given' }), ['10.0.0.0/8', '0.0.0.0/0']) }))],
    ['an item of a list whose first item may be left out', ruled(() => ({
      ...ANYBODY, cidrIp: Fn.select(0, [Token.asString(Fn.conditionIf('Inside', '10.0.0.0/8', { Ref: 'AWS::NoValue' })), '0.0.0.0/0']),
    }))],
    ['a range that means all of IPv6, however it is written', stack => {
      const network = openedNetwork(stack, { ipv6: true, route: { destinationCidrBlock: undefined, destinationIpv6CidrBlock: '::/0' } });
      instance(stack, network, securityGroup(stack, network, { ipProtocol: '-1', cidrIpv6: 'fd00::/0' }).attrGroupId);
    }],
  ])('%s counts as open', (_what, build) => {
    expect(found(build).map(({ destination }) => destination)).toContain('Test/Instance');
  });

  test('a rule that may be of another group says so', () => {
    const [path] = found(stack => {
      const network = openedNetwork(stack);
      instance(stack, network, securityGroup(stack, network).attrGroupId);
      new ec2.CfnSecurityGroupIngress(stack, 'Rule', { ...ANYBODY, groupId: parameter(stack) });
    });
    expect(path.certain).toBe(false);
    expect(path.hops.join('\n')).toContain('whether Test/Rule is of this group: the parameter Given of Test');
  });
});

describe('addresses and launch templates', () => {
  const hidden = (stack: Stack) => server(stack, { publicAddresses: false });
  const launched = (data: ec2.CfnLaunchTemplate.LaunchTemplateDataProperty, publicAddresses = false): Build => stack => {
    const { subnet } = openedNetwork(stack, { publicAddresses });
    const template = new ec2.CfnLaunchTemplate(stack, 'Template', { launchTemplateData: data });
    const launchTemplate = { launchTemplateId: template.ref, version: '1' };
    new ec2.CfnInstance(stack, 'Instance', { launchTemplate, subnetId: subnet.ref });
  };

  test.each<[string, Build]>([
    ['an elastic address for an instance that is not known', stack => {
      hidden(stack);
      new ec2.CfnEIPAssociation(stack, 'Address', { instanceId: parameter(stack), allocationId: 'eipalloc-1' });
    }],
    ['an interface that is not known', stack => {
      openedNetwork(stack);
      new ec2.CfnInstance(stack, 'Instance', { networkInterfaces: [{ deviceIndex: '0', networkInterfaceId: parameter(stack) }] });
    }],
    ['a launch template of somebody else', stack => {
      const { subnet } = openedNetwork(stack);
      new ec2.CfnInstance(stack, 'Instance', { subnetId: subnet.ref, launchTemplate: { launchTemplateId: 'lt-1', version: '1' } });
    }],
    ['groups of a launch template\'s interface', launched({ networkInterfaces: [{ deviceIndex: 0, groups: ['sg-1'], associatePublicIpAddress: true }] })],
    ['a prefix of IPv6', stack => {
      launched({ networkInterfaces: [{ deviceIndex: 0, groups: ['sg-1'], ipv6PrefixCount: 1 }] })(stack);
      const table = (stack.node.findChild('Table') as ec2.CfnRouteTable).ref;
      new ec2.CfnRoute(stack, 'Six', { routeTableId: table, destinationIpv6CidrBlock: '::/0', gatewayId: gateway(stack) });
    }],
    ['names of groups', launched({ securityGroups: ['web'] }, true)],
  ])('%s counts as open', (_what, build) => {
    expect(found(build).map(({ destination }) => destination)).toContain('Test/Instance');
  });

  test('an elastic address for an instance is one of its interface, too', () => {
    expect(found(stack => {
      const network = openedNetwork(stack, { publicAddresses: false });
      const card = new ec2.CfnNetworkInterface(stack, 'Card', { subnetId: network.subnet.ref, groupSet: [securityGroup(stack, network, ANYBODY).attrGroupId] });
      const owner = new ec2.CfnInstance(stack, 'Instance', { networkInterfaces: [{ deviceIndex: '0', networkInterfaceId: card.ref }] });
      new ec2.CfnEIP(stack, 'Address', { instanceId: owner.ref });
    }).map(({ destination }) => destination)).toEqual(['Test/Card']);
  });

  test('one launch template of several that is not in these stacks', () => {
    expect(found(stack => {
      const network = openedNetwork(stack, { publicAddresses: false });
      const known = new ec2.CfnLaunchTemplate(stack, 'Template', { launchTemplateData: { securityGroupIds: [securityGroup(stack, network).attrGroupId] } });
      const specification = { launchTemplateId: known.ref, version: '1' };
      new autoscaling.CfnAutoScalingGroup(stack, 'Group2', {
        minSize: '1', maxSize: '1', vpcZoneIdentifier: [network.subnet.ref], mixedInstancesPolicy: {
          launchTemplate: { launchTemplateSpecification: specification, overrides: [{ launchTemplateSpecification: { launchTemplateId: 'lt-2', version: '1' } }] },
        },
      });
    }).map(({ destination }) => destination)).toContain('Test/Group2');
  });

  test('nodes of a cluster that is not known wear its group, whose rules nobody knows', () => {
    expect(found(stack => {
      new eks.CfnNodegroup(stack, 'Nodes', { clusterName: 'shared', nodeRole: 'arn', subnets: [openedNetwork(stack).subnet.ref] });
    }).map(({ destination }) => destination)).toContain('Test/Nodes');
  });

  test('an instance of a database cluster that is not known', () => {
    expect(found(stack => {
      const subnets = new rds.CfnDBSubnetGroup(stack, 'Subnets', { dbSubnetGroupDescription: 'test', subnetIds: [openedNetwork(stack).subnet.ref] });
      new rds.CfnDBInstance(stack, 'Store', { dbClusterIdentifier: parameter(stack), dbSubnetGroupName: subnets.ref, publiclyAccessible: true });
    }).map(({ destination }) => destination)).toContain('Test/Store');
  });
});
