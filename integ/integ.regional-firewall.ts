import { ExpectedResult, IntegTest } from '@aws-cdk/integ-tests-alpha';
import { Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { integApp } from './integ-app';
import { LoadBalancerClients, RegionalFirewall } from '../src/site/firewall/regional-firewall';

/** A second line on an internal load balancer behind CloudFront. */
const app = integApp();
const stack = new Stack(app, 'RegionalFirewall', { env: { region: 'eu-west-1' } });
const vpc = new ec2.Vpc(stack, 'Vpc', {
  availabilityZones: ['eu-west-1a', 'eu-west-1b'],
  natGateways: 0,
  subnetConfiguration: [{ name: 'Internal', subnetType: ec2.SubnetType.PRIVATE_ISOLATED }],
  restrictDefaultSecurityGroup: false,
});
const loadBalancer = new elbv2.ApplicationLoadBalancer(stack, 'LoadBalancer', { vpc });
const firewall = new RegionalFirewall(stack, 'Firewall', { loadBalancers: [loadBalancer], clients: LoadBalancerClients.THROUGH_CLOUDFRONT });

const integ = new IntegTest(app, 'RegionalFirewallTest', {
  testCases: [stack],
  regions: ['eu-west-1'],
  assertionStack: new Stack(app, 'RegionalFirewallAssertions', { env: { region: 'eu-west-1' } }),
});
integ.assertions
  .awsApiCall('WAFV2', 'getWebACLForResource', { ResourceArn: loadBalancer.loadBalancerArn })
  .expect(ExpectedResult.objectLike({ WebACL: { ARN: firewall.webAclArn } }));
