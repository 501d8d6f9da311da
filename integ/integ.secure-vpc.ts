import { ExpectedResult, IntegTest } from '@aws-cdk/integ-tests-alpha';
import { Stack } from 'aws-cdk-lib';
import { integApp } from './integ-app';
import { SecureVpc } from '../src/network/vpc/secure-vpc';

const app = integApp();
const stack = new Stack(app, 'IntegSecureVpc');
const network = new SecureVpc(stack, 'Network', { maxAzs: 2 });

const test = new IntegTest(app, 'SecureVpc', { testCases: [stack] });

const ofThisVpc = { Name: 'vpc-id', Values: [network.vpc.vpcId] };

test.assertions
  .awsApiCall('EC2', 'describeSecurityGroups', { Filters: [ofThisVpc, { Name: 'group-name', Values: ['default'] }] })
  .expect(ExpectedResult.objectLike({ SecurityGroups: [{ IpPermissions: [], IpPermissionsEgress: [] }] }));

test.assertions
  .awsApiCall('EC2', 'describeSubnets', { Filters: [ofThisVpc, { Name: 'cidr-block', Values: ['10.0.32.0/19'] }] })
  .expect(ExpectedResult.objectLike({ Subnets: [{ MapPublicIpOnLaunch: false }] }));

const [entrance] = network.vpc.selectSubnets(network.entranceSubnets).subnets;

test.assertions
  .awsApiCall('EC2', 'describeSubnets', { SubnetIds: [entrance.subnetId] })
  .expect(ExpectedResult.objectLike({ Subnets: [{ CidrBlock: '10.0.217.128/26', AvailableIpAddressCount: 59, MapPublicIpOnLaunch: false }] }));

test.assertions
  .awsApiCall('EC2', 'describeRouteTables', { RouteTableIds: [entrance.routeTable.routeTableId] })
  .expect(ExpectedResult.objectLike({ RouteTables: [{ Routes: [{ GatewayId: 'local' }] }] }));
