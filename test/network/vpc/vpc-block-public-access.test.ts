import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { NatGateways } from '../../../src/network/vpc/nat-gateways';
import { SecureVpc } from '../../../src/network/vpc/secure-vpc';
import { VpcBlockPublicAccess } from '../../../src/network/vpc/vpc-block-public-access';
import { ACCOUNT, REGION, testStack } from '../../support/stacks';

test.each([
  ['none', VpcBlockPublicAccess.none(), undefined, 0],
  ['exclusion', VpcBlockPublicAccess.exclusion(), undefined, 1],
  ['accountIngress', VpcBlockPublicAccess.accountIngress(), 'block-ingress', 1],
  ['accountIngress without exclusion', VpcBlockPublicAccess.accountIngress({ excludeVpc: false }), 'block-ingress', 0],
  ['accountBidirectional', VpcBlockPublicAccess.accountBidirectional(), 'block-bidirectional', 1],
])('%s', (_, blockPublicAccess, mode, exclusions) => {
  const stack = testStack();
  const network = new SecureVpc(stack, 'Network', { blockPublicAccess });
  const template = Template.fromStack(stack);
  const blocks = Object.values(template.findResources('AWS::EC2::VPCBlockPublicAccessOptions'));
  expect(blocks.map(block => block.Properties.InternetGatewayBlockMode)).toEqual(mode ? [mode] : []);
  const excluded = template.findResources('AWS::EC2::VPCBlockPublicAccessExclusion');
  expect(Object.values(excluded).map(({ Properties }) => Properties)).toEqual(
    exclusions ? [{ VpcId: stack.resolve(network.vpc.vpcId), InternetGatewayExclusionMode: 'allow-bidirectional' }] : [],
  );
  // the door of CloudFront stays open while the block comes
  if (mode && exclusions) { expect(blocks[0].DependsOn).toEqual(Object.keys(excluded)); }
});

test('a VPC without a way out can be blocked both ways', () => {
  const blockPublicAccess = VpcBlockPublicAccess.accountBidirectional({ excludeVpc: false });
  expect(() => new SecureVpc(testStack(), 'Network', { natGateways: NatGateways.none(), blockPublicAccess })).not.toThrow();
});

test('the one switch of an account and region has one owner', () => {
  const app = new App();
  const stackOf = (id: string, region: string) => new Stack(app, id, { env: { account: ACCOUNT, region } });
  const blockPublicAccess = VpcBlockPublicAccess.accountIngress();
  new SecureVpc(stackOf('Staging', REGION), 'Network', { blockPublicAccess });
  expect(() => new SecureVpc(stackOf('Production', REGION), 'Network', { blockPublicAccess }))
    .toThrow(/`blockPublicAccess` is "block-ingress", but the switch of the account and region belongs to Staging\/Network\/PublicAccessBlock already/);
  expect(() => new SecureVpc(stackOf('Elsewhere', 'eu-central-1'), 'Network', { blockPublicAccess })).not.toThrow();
  expect(() => new SecureVpc(stackOf('Neighbour', REGION), 'Network', { blockPublicAccess: VpcBlockPublicAccess.exclusion() })).not.toThrow();
});
