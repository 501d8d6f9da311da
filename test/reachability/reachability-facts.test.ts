import { App, CfnParameter, Fn, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { ANYBODY, ENV, openedNetwork, instance, securityGroup } from './opened-network';
import { NetworkReachability, ReachabilityFacts } from '../../src/reachability/network-reachability';

/** The destinations of what is left where the user declares facts. */
function reached(build: (stack: Stack) => ReachabilityFacts): string[] {
  const app = new App();
  const stack = new Stack(app, 'Test', { env: ENV });
  const facts = build(stack);
  return NetworkReachability.of(app, facts).pathsFromInternet().map(({ destination }) => destination);
}

/** An imported network of one private and one public subnet, with an instance that everybody may reach in each. */
function imported(stack: Stack, ids: [string, string]): ec2.IVpc {
  const [privateId, publicId] = ids;
  const vpc = ec2.Vpc.fromVpcAttributes(stack, 'Vpc', {
    vpcId: 'vpc-1', availabilityZones: ['eu-west-1a'], privateSubnetIds: [privateId], publicSubnetIds: [publicId],
  });
  const group = new ec2.CfnSecurityGroup(stack, 'Group', { groupDescription: 'test', vpcId: vpc.vpcId, securityGroupIngress: [ANYBODY] });
  const place = (id: string, subnet: ec2.ISubnet) => new ec2.CfnInstance(stack, id, { subnetId: subnet.subnetId, securityGroupIds: [group.attrGroupId] });
  place('Inner', vpc.privateSubnets[0]);
  place('Outer', vpc.publicSubnets[0]);
  return vpc;
}

test.each<[string, (stack: Stack) => [string, string]]>([
  ['ids', () => ['subnet-1', 'subnet-2']],
  ['imported values', () => [Fn.importValue('private'), Fn.importValue('public')]],
  ['items of one list', () => [Fn.select(0, Fn.split(',', Fn.importValue('all'))), Fn.select(1, Fn.split(',', Fn.importValue('all')))]],
  ['parameters', stack => [new CfnParameter(stack, 'Private').valueAsString, new CfnParameter(stack, 'Public').valueAsString]],
])('private subnets of an imported network, by %s', (_what, ids) => {
  expect(reached(stack => { imported(stack, ids(stack)); return {}; })).toEqual(['Test/Inner', 'Test/Outer']);
  expect(reached(stack => ({ privateSubnetIds: imported(stack, ids(stack)).privateSubnets.map(({ subnetId }) => subnetId) }))).toEqual(['Test/Outer']);
});

test('a subnet whose association is not known may be declared private', () => {
  const unknown = (declare: boolean) => reached(stack => {
    const network = openedNetwork(stack, { route: { routeTableId: new CfnParameter(stack, 'Given').valueAsString } });
    instance(stack, network, securityGroup(stack, network, ANYBODY).attrGroupId);
    return { privateSubnetIds: declare ? [network.subnet.ref] : [] };
  });
  expect(unknown(false)).toEqual(['Test/Instance']);
  expect(unknown(true)).toEqual([]);
});

test('no fact closes what the templates show open', () => {
  expect(reached(stack => {
    const network = openedNetwork(stack);
    const group = securityGroup(stack, network, ANYBODY);
    const server = instance(stack, network, group.attrGroupId);
    return { privateSubnetIds: [network.subnet.ref], closedSecurityGroupIds: [group.attrGroupId], trusted: [server] };
  })).toEqual(['Test/Instance']);
});

test('a group of somebody else may be declared closed, and rules that the stacks add to it count', () => {
  const closed = (rule?: ec2.CfnSecurityGroup.IngressProperty) => reached(stack => {
    instance(stack, openedNetwork(stack), 'sg-1');
    if (rule) { new ec2.CfnSecurityGroupIngress(stack, 'Rule', { ...rule, groupId: 'sg-1' }); }
    return { closedSecurityGroupIds: ['sg-1'] };
  });
  expect(closed()).toEqual([]);
  expect(closed(ANYBODY)).toEqual(['Test/Instance']);
});

test('a construct whose unknown values were checked is left out, the others stay', () => {
  expect(reached(stack => {
    imported(stack, ['subnet-1', 'subnet-2']);
    return { trusted: [stack.node.findChild('Inner')] };
  })).toEqual(['Test/Outer']);
});
