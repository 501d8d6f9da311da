import { Stack } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';
import { addFirstRunStep, FirstRunStep } from '../../private/first-run';
import { isDeployTime } from '../../private/validation';

const DOCUMENT_SHARING = '/ssm/documents/console/public-sharing-permission';

/** What an account needs in each region and CloudFormation cannot switch on. */
export function addBaselineSteps(scope: IConstruct): void {
  const { region } = Stack.of(scope);
  const here = isDeployTime(region) ? 'its region' : region;
  const steps: Omit<FirstRunStep, 'beforeDeployment'>[] = [
    {
      id: `ebs-encryption-${here}`,
      title: `new volumes are encrypted in ${here}`,
      why: 'The guardrail refuses a volume that is made without encryption; with this, one that says nothing is encrypted.',
      check: { command: ['ec2', 'get-ebs-encryption-by-default', '--query', 'EbsEncryptionByDefault'], expected: 'true' },
      commands: [['ec2', 'enable-ebs-encryption-by-default']],
    },
    {
      id: `inspector-${here}`,
      title: `Amazon Inspector looks for vulnerabilities in ${here}`,
      why: 'Nobody is told that a machine, an image or a function has a known vulnerability.',
      check: { command: ['inspector2', 'batch-get-account-status', '--query', 'accounts[0].state.status'], expected: 'ENABLED' },
      commands: [['inspector2', 'enable', '--resource-types', 'EC2', 'ECR', 'LAMBDA']],
    },
    {
      id: `document-sharing-${here}`,
      title: `Systems Manager documents cannot be made public in ${here}`,
      why: 'A document with a port or a host name in it could be shared with every account of AWS by one click.',
      check: { command: ['ssm', 'get-service-setting', '--setting-id', DOCUMENT_SHARING, '--query', 'ServiceSetting.SettingValue'], expected: 'Disable' },
      commands: [['ssm', 'update-service-setting', '--setting-id', DOCUMENT_SHARING, '--setting-value', 'Disable']],
    },
  ];
  for (const step of steps) { addFirstRunStep(scope, { ...step, beforeDeployment: false }); }
}
