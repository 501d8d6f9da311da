/** A network with one subnet, written resource by resource, so that a test can open or close one link of the chain. */
import { App, CfnResource, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { NetworkReachability } from '../../src/reachability/network-reachability';
import { ReachablePath } from '../../src/reachability/reachable-path';

export interface Links {
  /** @default true */
  readonly gateway?: boolean;
  /** @default 0.0.0.0/0 to the internet gateway */
  readonly route?: Partial<ec2.CfnRouteProps> | false;
  /** @default true */
  readonly publicAddresses?: boolean;
  readonly ipv6?: boolean;
}

export interface Network {
  readonly vpc: ec2.CfnVPC;
  readonly subnet: ec2.CfnSubnet;
  readonly table: ec2.CfnRouteTable;
}

export const ENV = { account: '222222222222', region: 'eu-west-1' };
export const ANYBODY = { ipProtocol: 'tcp', fromPort: 22, toPort: 22, cidrIp: '0.0.0.0/0' };

export function openedNetwork(stack: Stack, { gateway = true, route = {}, publicAddresses = true, ipv6 }: Links = {}): Network {
  const vpc = new ec2.CfnVPC(stack, 'Vpc', { cidrBlock: '10.0.0.0/16' });
  const subnet = new ec2.CfnSubnet(stack, 'Subnet', {
    vpcId: vpc.ref, cidrBlock: '10.0.0.0/24', mapPublicIpOnLaunch: publicAddresses, assignIpv6AddressOnCreation: ipv6,
  });
  const table = new ec2.CfnRouteTable(stack, 'Table', { vpcId: vpc.ref });
  new ec2.CfnSubnetRouteTableAssociation(stack, 'Association', { subnetId: subnet.ref, routeTableId: table.ref });
  const internet = new ec2.CfnInternetGateway(stack, 'Gateway');
  if (gateway) { new ec2.CfnVPCGatewayAttachment(stack, 'Attachment', { vpcId: vpc.ref, internetGatewayId: internet.ref }); }
  if (route) { new ec2.CfnRoute(stack, 'Route', { routeTableId: table.ref, gatewayId: internet.ref, destinationCidrBlock: '0.0.0.0/0', ...route }); }
  return { vpc, subnet, table };
}

export function securityGroup(stack: Stack, { vpc }: Network, ...securityGroupIngress: ec2.CfnSecurityGroup.IngressProperty[]): ec2.CfnSecurityGroup {
  return new ec2.CfnSecurityGroup(stack, 'Group', { groupDescription: 'test', vpcId: vpc.ref, securityGroupIngress });
}

export function instance(stack: Stack, { subnet }: Network, ...groups: string[]): ec2.CfnInstance {
  return new ec2.CfnInstance(stack, 'Instance', { imageId: 'ami-1', subnetId: subnet.ref, securityGroupIds: groups });
}

/** What is found in a stack of its own. */
export function found(build: (stack: Stack) => void): ReachablePath[] {
  const app = new App();
  const stack = new Stack(app, 'Test', { env: ENV });
  // an empty template is none
  new CfnResource(stack, 'Something', { type: 'AWS::CloudFormation::WaitConditionHandle' });
  build(stack);
  return NetworkReachability.of(app).pathsFromInternet();
}

/** The hops of the only path. */
export function onlyHops(build: (stack: Stack) => void): string[] {
  const paths = found(build);
  expect(paths.map(({ hops }) => hops)).toHaveLength(1);
  return paths[0].hops;
}
