import { App, CfnOutput, Fn, NestedStack, Stack, Stage } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as ssm from 'aws-cdk-lib/aws-ssm';
import { ANYBODY, ENV, instance, openedNetwork, securityGroup } from './opened-network';
import { SecureVpc } from '../../src/network/vpc/secure-vpc';
import { NetworkReachability } from '../../src/reachability/network-reachability';

const RULE = 'security group App/Group admits tcp 22 from 0.0.0.0/0';

/** A server in `App`, whose group gets its rule from `Other`. */
function twoStacks(): { app: App; network: Stack; other: Stack; group: ec2.CfnSecurityGroup } {
  const app = new App();
  const network = new Stack(app, 'App', { env: ENV, crossRegionReferences: true });
  const links = openedNetwork(network);
  const group = securityGroup(network, links);
  instance(network, links, group.attrGroupId);
  return { app, network, other: new Stack(app, 'Other', { env: ENV }), group };
}

const hopsOf = (app: App) => NetworkReachability.of(app).pathsFromInternet().flatMap(({ hops }) => hops);

describe('values of another stack', () => {
  test('by an import', () => {
    const { app, other, group } = twoStacks();
    new ec2.CfnSecurityGroupIngress(other, 'Rule', { ...ANYBODY, groupId: group.attrGroupId });
    expect(JSON.stringify(app.synth().getStackByName('Other').template)).toContain('Fn::ImportValue');
    expect(hopsOf(app)).toContain(`${RULE} (rule in Other/Rule)`);
  });

  test('the twin that admits the inside only', () => {
    const { app, other, group } = twoStacks();
    new ec2.CfnSecurityGroupIngress(other, 'Rule', { ...ANYBODY, cidrIp: '10.0.0.0/8', groupId: group.attrGroupId });
    NetworkReachability.of(app).expectNoPath();
  });

  test('by an output that is read at deployment', () => {
    const { app, network, other, group } = twoStacks();
    new CfnOutput(network, 'GroupId', { value: group.attrGroupId });
    new ec2.CfnSecurityGroupIngress(other, 'Rule', { ...ANYBODY, groupId: Fn.getStackOutput('App', 'GroupId') });
    expect(hopsOf(app)).toContain(`${RULE} (rule in Other/Rule)`);
  });

  test('by a parameter of SSM', () => {
    const { app, network, other, group } = twoStacks();
    new ssm.CfnParameter(network, 'Shared', { type: 'String', name: '/app/group', value: group.attrGroupId });
    new ec2.CfnSecurityGroupIngress(other, 'Rule', { ...ANYBODY, groupId: ssm.StringParameter.valueForStringParameter(other, '/app/group') });
    expect(hopsOf(app)).toContain(`${RULE} (rule in Other/Rule)`);
  });

  test('of a nested stack, in both directions', () => {
    const { app, network, group } = twoStacks();
    const nested = new NestedStack(network, 'Nested');
    new ec2.CfnSecurityGroupIngress(nested, 'Rule', { ...ANYBODY, groupId: group.attrGroupId });
    const inner = new ec2.CfnSecurityGroup(nested, 'Inner', { groupDescription: 'test', securityGroupIngress: [{ ...ANYBODY, fromPort: 80, toPort: 80 }] });
    (network.node.findChild('Instance') as ec2.CfnInstance).addPropertyOverride('SecurityGroupIds.1', inner.attrGroupId);
    const hops = hopsOf(app);
    expect(hops).toContain(`${RULE} (rule in App/Nested/Rule)`);
    expect(hops).toContain('security group App/Nested/Inner admits tcp 80 from 0.0.0.0/0 (rule in App/Nested/Inner)');
  });

  test('of another region', () => {
    const { app, group } = twoStacks();
    const far = new Stack(app, 'Far', { env: { ...ENV, region: 'us-east-1' }, crossRegionReferences: true });
    new ec2.CfnInstance(far, 'Server', { securityGroupIds: [group.attrGroupId], subnetId: 'subnet-1' });
    group.securityGroupIngress = [ANYBODY];
    expect(hopsOf(app)).toEqual(expect.arrayContaining([`${RULE} (rule in App/Group)`, 'instance Far/Server']));
  });

  test('that is not given counts as open', () => {
    const { other, network } = twoStacks();
    new ec2.CfnInstance(other, 'Server', { securityGroupIds: [Fn.importValue('somewhere')], subnetId: (network.node.findChild('Subnet') as ec2.CfnSubnet).ref });
    const paths = NetworkReachability.fromStacks([other]).pathsFromInternet();
    expect(paths.every(({ certain }) => !certain)).toBe(true);
    expect(paths.flatMap(({ hops }) => hops).join('\n')).toContain('security group the export somewhere of another app');
  });
});

describe('expectations', () => {
  const open = () => {
    const { app, group } = twoStacks();
    group.securityGroupIngress = [ANYBODY];
    return NetworkReachability.of(app);
  };
  const printed = [
    'App/Instance (tcp 22, certain, not guarded)',
    '  0.0.0.0/0, tcp 22',
    '  → internet gateway App/Gateway',
    '  → route 0.0.0.0/0 to App/Gateway (App/Route)',
    '  → network ACL: the default one, which allows all',
    '  → subnet App/Subnet',
    '  → public address by MapPublicIpOnLaunch of App/Subnet',
    `  → ${RULE} (rule in App/Group)`,
    '  → instance App/Instance',
  ].join('\n');

  test('no path, printed hop by hop where there is one', () => {
    expect(() => open().expectNoPath()).toThrow(new Error(`NetworkReachability: no path from the internet is expected, but one was found:\n\n${printed}`));
  });

  test('only through a firewall, printed hop by hop where another way leads in', () => {
    expect(() => open().expectOnlyThroughFirewall())
      .toThrow(new Error(`NetworkReachability: every path has to enter through a CloudFront distribution with a web ACL, but one was found:\n\n${printed}`));
  });

  test('paths to one construct', () => {
    const { app, network, group } = twoStacks();
    group.securityGroupIngress = [ANYBODY];
    const reachability = NetworkReachability.of(app);
    expect(reachability.pathsTo(network.node.findChild('Instance'))).toHaveLength(1);
    expect(reachability.pathsTo(group)).toEqual([]);
  });
});

describe('what is read', () => {
  test('the stacks of a stage', () => {
    const app = new App();
    const stage = new Stage(app, 'Stage', { env: ENV });
    const stack = new Stack(stage, 'Inside');
    new lambda.Function(stack, 'Function', { code: lambda.Code.fromInline('-'), handler: 'i.h', runtime: lambda.Runtime.NODEJS_22_X })
      .addFunctionUrl({ authType: lambda.FunctionUrlAuthType.NONE });
    expect(NetworkReachability.of(app).pathsFromInternet().map(({ destination }) => destination)).toEqual(['Stage/Inside/Function']);
    expect(NetworkReachability.of(stage).pathsFromInternet()).toHaveLength(1);
  });

  test('refuses a scope without stacks', () => {
    expect(() => NetworkReachability.of(new App())).toThrow(/`scope` is "", but there is no stack in it\. Give the app, a stage or a stack\./);
  });
});

describe('a network of the library', () => {
  const secure = () => {
    const stack = new Stack(new App(), 'Network', { env: ENV });
    return { stack, network: new SecureVpc(stack, 'Network') };
  };

  test('has no path', () => {
    NetworkReachability.of(secure().stack.node.root).expectNoPath();
  });

  test('gives none to a server whose own group admits everybody', () => {
    const { stack, network } = secure();
    const open = new ec2.SecurityGroup(stack, 'Open', { vpc: network.vpc });
    open.addIngressRule(ec2.Peer.anyIpv4(), ec2.Port.tcp(22));
    new ec2.Instance(stack, 'Server', {
      vpc: network.vpc, securityGroup: open, instanceType: new ec2.InstanceType('t4g.nano'), machineImage: ec2.MachineImage.genericLinux({ 'eu-west-1': 'ami-1' }),
    });
    NetworkReachability.of(stack).expectNoPath();
  });
});
