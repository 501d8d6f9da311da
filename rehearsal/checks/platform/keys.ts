import { DescribeKeyCommand, GetKeyRotationStatusCommand, KMSClient } from '@aws-sdk/client-kms';
import { type Check, unlessProblems } from '../check';
import { deployed, environmentOf } from './resources';

export const keysRotate: Check = {
  name: 'customer keys rotate',
  proves: 'Each key of the platform is a customer\'s own, enabled, and rotated by KMS.',
  async run(context) {
    const keys = await deployed(context, 'AWS::KMS::Key');
    const problems = (await Promise.all(keys.map(async ({ stack, resource }) => {
      const client = context.client(KMSClient, stack);
      const { KeyMetadata: key } = await client.send(new DescribeKeyCommand({ KeyId: resource.physicalId }));
      const { KeyRotationEnabled: rotates } = await client.send(new GetKeyRotationStatusCommand({ KeyId: resource.physicalId }));
      return key?.KeyState === 'Enabled' && key.KeyManager === 'CUSTOMER' && rotates ? [] : [`${environmentOf(stack)}: ${resource.logicalId} is ${key?.KeyState}, ${rotates ? 'rotating' : 'not rotating'}`];
    }))).flat();
    return unlessProblems(problems, `GetKeyRotationStatus: ${keys.length} keys`);
  },
};
