import { Stack } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';
import { addFirstRunStep, MANAGEMENT_ACCOUNT } from '../../private/first-run';
import { isDeployTime } from '../../private/validation';

export interface BackupPlace {
  readonly account: string;
  readonly region: string;
}

/**
 * AWS Backup leaves Aurora out, without an error, until each region of each account says otherwise; naming the cluster by its ARN does not help.
 *
 * @see https://docs.aws.amazon.com/aws-backup/latest/devguide/working-with-supported-services.html
 */
export function addOptInStep(scope: IConstruct, place: BackupPlace = Stack.of(scope)): void {
  const { account, region } = place;
  addFirstRunStep(scope, {
    id: `backup-aurora-${[account, region].filter(part => !isDeployTime(part)).join('-') || 'here'}`,
    title: 'AWS Backup protects Aurora here',
    why: 'Without the opt-in AWS Backup takes no snapshots of Aurora and reports no error.',
    // a stack without an account and region of its own is asked about where it is deployed
    ...isDeployTime(account) ? {} : { account },
    ...isDeployTime(region) ? {} : { region },
    beforeDeployment: false,
    check: { command: ['backup', 'describe-region-settings', '--query', 'ResourceTypeOptInPreference.Aurora'], expected: 'true' },
    commands: [['backup', 'update-region-settings', '--resource-type-opt-in-preference', 'Aurora=true']],
  });
}

/** @see https://docs.aws.amazon.com/aws-backup/latest/devguide/manage-cross-account.html */
export function addCrossAccountStep(scope: IConstruct): void {
  addFirstRunStep(scope, {
    id: 'backup-across-accounts',
    title: 'AWS Backup may copy between the accounts of the organization',
    why: 'Without it every copy into another account fails.',
    account: MANAGEMENT_ACCOUNT,
    beforeDeployment: false,
    check: { command: ['backup', 'describe-global-settings', '--query', 'GlobalSettings.isCrossAccountBackupEnabled'], expected: 'true' },
    commands: [['backup', 'update-global-settings', '--global-settings', 'isCrossAccountBackupEnabled=true']],
  });
}
