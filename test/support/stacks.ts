import { App, Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';

export const ACCOUNT = '222222222222';
export const REGION = 'eu-west-1';

/** A stack of its own app in a named account and region, as a platform's stacks are. */
export function testStack(region: string = REGION, id: string = 'Test'): Stack {
  return new Stack(new App(), id, { env: { account: ACCOUNT, region } });
}

/** Somebody else's network: public, private and isolated subnets in two zones, not made by this library. */
export function foreignVpc(stack: Stack): ec2.Vpc {
  return new ec2.Vpc(stack, 'ForeignVpc', {
    availabilityZones: ['eu-west-1a', 'eu-west-1b'],
    subnetConfiguration: [
      { name: 'public', subnetType: ec2.SubnetType.PUBLIC },
      { name: 'private', subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS },
      { name: 'isolated', subnetType: ec2.SubnetType.PRIVATE_ISOLATED },
    ],
  });
}

/** Fails where the construct left any warning or error on the stack. */
export function expectNoAnnotations(stack: Stack): void {
  expect(Annotations.fromStack(stack).findWarning('*', Match.anyValue())).toEqual([]);
  expect(Annotations.fromStack(stack).findError('*', Match.anyValue())).toEqual([]);
}
