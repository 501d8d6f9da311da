import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';

/** What the agent of Systems Manager needs to carry a session. */
export const SESSION_CHANNELS = [
  'ssmmessages:CreateControlChannel', 'ssmmessages:CreateDataChannel', 'ssmmessages:OpenControlChannel', 'ssmmessages:OpenDataChannel',
];

/** All that a bastion's host may do in AWS. */
export function agentPolicy(scope: Construct, actions: string[]): iam.ManagedPolicy {
  return new iam.ManagedPolicy(scope, 'HostPolicy', {
    statements: [new iam.PolicyStatement({
      actions,
      // the channels know no resource-level permissions, and the host's id is not known before it starts
      resources: ['*'],
      conditions: { StringEquals: { 'aws:RequestedRegion': Stack.of(scope).region } },
    })],
  });
}
