import { Aws } from 'aws-cdk-lib';
import { NatGateways } from '../../../src/network/vpc/nat-gateways';
import { SecureVpc } from '../../../src/network/vpc/secure-vpc';
import { zonesOf } from '../../../src/network/vpc/zones';
import { testStack } from '../../support/stacks';

/** Regions that have more zones than three, and one of three for comparison. */
test.each([
  ['us-east-1', 6], ['us-west-2', 4], ['ap-northeast-1', 4], ['ap-northeast-2', 4], ['ca-central-1', 4], ['eu-west-2', 4], ['us-west-1', 3], ['eu-west-1', 3], ['us-east-2', 3],
])('%s has %d zones', (region, zones) => {
  expect(zonesOf(region)).toBe(zones);
  expect(() => new SecureVpc(testStack(region), 'Network', { maxAzs: zones })).not.toThrow();
  if (zones < 6) {
    expect(() => new SecureVpc(testStack(region), 'Network', { maxAzs: zones + 1 })).toThrow(`\`maxAzs\` is ${zones + 1}, but ${region} has ${zones} zones`);
  }
});

test.each(['us-gov-west-1', 'us-gov-east-1', 'cn-north-1', 'cn-northwest-1'])('%s has three zones and no regional NAT gateways', region => {
  expect(zonesOf(region)).toBe(3);
  expect(() => new SecureVpc(testStack(region), 'Network')).toThrow(
    `Test/Network: \`natGateways\` is "NatGateways.regional()", but ${region} has no regional NAT gateways. Give \`NatGateways.perZone()\`.`);
  expect(() => new SecureVpc(testStack(region), 'Network', { natGateways: NatGateways.perZone() })).not.toThrow();
});

test.each(['eu-west-9', 'eusc-de-east-1', Aws.REGION])('%s, of which the table knows nothing, is refused nothing', region => {
  expect(zonesOf(region)).toBeUndefined();
  expect(() => new SecureVpc(testStack(region), 'Network', { maxAzs: 6 })).not.toThrow();
});
