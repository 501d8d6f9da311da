import { App, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { SynthesisMessageLevel } from 'aws-cdk-lib/cx-api';
import { IConstruct } from 'constructs';

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

/** Fails where a construct of the app left a warning or an error. */
export function expectNoAnnotations(scope: IConstruct): void {
  // `Annotations.fromStack` would synthesize the app anew for each stack
  const messages = (scope.node.root as App).synth().stacksRecursively.flatMap(stack => stack.messages);
  expect(messages.filter(({ level }) => level !== SynthesisMessageLevel.INFO).map(({ id, entry }) => `${id}: ${entry.data}`)).toEqual([]);
}
