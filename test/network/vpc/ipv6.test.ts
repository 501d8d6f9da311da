import { Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Ipv6 } from '../../../src/network/vpc/ipv6';
import { SecureVpc } from '../../../src/network/vpc/secure-vpc';
import { expectNoAnnotations, testStack } from '../../support/stacks';

function synthesize(ipv6: Ipv6, maxAzs?: number): { stack: Stack; network: SecureVpc; template: Template } {
  const stack = testStack();
  const network = new SecureVpc(stack, 'Network', { ipv6, maxAzs });
  return { stack, network, template: Template.fromStack(stack) };
}

/** The numbers of the /64 ranges, by the logical ids of what gives them to subnets. */
function slots(template: Template): Record<string, number> {
  return Object.fromEntries(Object.entries(template.findResources('AWS::EC2::SubnetCidrBlock'))
    .map(([id, { Properties }]) => [id, Properties.Ipv6CidrBlock['Fn::Select'][0]]));
}

describe('with an egress-only gateway', () => {
  const { stack, network, template } = synthesize(Ipv6.egressOnly());

  test('each subnet has a /64 of its own slot among 256, after the VPC has its range', () => {
    expect(Object.values(slots(template)).sort((a, b) => a - b)).toEqual([0, 1, 2, 16, 17, 18, 48, 49, 50]);
    const [association] = Object.keys(template.findResources('AWS::EC2::VPCCidrBlock', { Properties: { AmazonProvidedIpv6CidrBlock: true } }));
    for (const block of Object.values(template.findResources('AWS::EC2::SubnetCidrBlock'))) {
      expect(block.Properties.Ipv6CidrBlock['Fn::Select'][1]['Fn::Cidr'].slice(1)).toEqual([256, '64']);
      expect(block.DependsOn).toEqual([association]);
    }
  });

  test('no subnet changes, and none gives addresses by itself', () => {
    template.allResourcesProperties('AWS::EC2::Subnet', { Ipv6CidrBlock: Match.absent(), AssignIpv6AddressOnCreation: Match.absent() });
  });

  test('only the application subnets lead out, and only through the egress-only gateway', () => {
    const routes = Object.values(template.findResources('AWS::EC2::Route', { Properties: { DestinationIpv6CidrBlock: Match.anyValue() } }));
    const [gateway] = Object.keys(template.findResources('AWS::EC2::EgressOnlyInternetGateway'));
    expect(routes.map(route => route.Properties)).toEqual(network.vpc.selectSubnets(network.applicationSubnets).subnets.map(subnet => ({
      DestinationIpv6CidrBlock: '::/0', EgressOnlyInternetGatewayId: { Ref: gateway }, RouteTableId: stack.resolve(subnet.routeTable.routeTableId),
    })));
  });

  test('the rule that IPv6 adds to the default security group is revoked, of that group alone', () => {
    const [resource] = Object.values(template.findResources('Custom::AWS'));
    const call = JSON.stringify(resource.Properties.Create);
    expect(call).toContain('revokeSecurityGroupEgress');
    expect(call).toContain('::/0');
    expect(resource.Properties.Update).toEqual(resource.Properties.Create);
    expect(resource.Properties.Delete).toBeUndefined();
    expect(resource.DependsOn).toEqual(expect.arrayContaining(Object.keys(template.findResources('AWS::EC2::VPCCidrBlock'))));
    template.hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: { Statement: Match.arrayWith([Match.objectLike({ Action: 'ec2:RevokeSecurityGroupEgress', Resource: Match.not('*') })]) },
    });
  });

  test('nobody is warned', () => expectNoAnnotations(stack));
});

test('one more zone keeps every range', () => {
  expect(slots(synthesize(Ipv6.egressOnly(), 3).template)).toMatchObject(slots(synthesize(Ipv6.egressOnly(), 2).template));
});

test('isolated: addresses, and no way out', () => {
  const { template } = synthesize(Ipv6.isolated());
  template.resourceCountIs('AWS::EC2::SubnetCidrBlock', 9);
  template.resourceCountIs('AWS::EC2::EgressOnlyInternetGateway', 0);
  template.resourcePropertiesCountIs('AWS::EC2::Route', { DestinationIpv6CidrBlock: Match.anyValue() }, 0);
});

test('none: no addresses and no function for them', () => {
  const { template } = synthesize(Ipv6.none());
  template.resourceCountIs('AWS::EC2::VPCCidrBlock', 0);
  template.resourceCountIs('Custom::AWS', 0);
});
