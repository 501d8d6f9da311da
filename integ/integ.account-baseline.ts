import { ExpectedResult, IntegTest } from '@aws-cdk/integ-tests-alpha';
import { Stack } from 'aws-cdk-lib';
import * as sns from 'aws-cdk-lib/aws-sns';
import { integApp } from './integ-app';
import { AccountBaseline } from '../src/landing-zone/audit/account-baseline';
import { VaultLock } from '../src/landing-zone/audit/vault-lock';
import { createEncryptionKey } from '../src/private/encryption-key';

/**
 * Deployed to an account without GuardDuty, AWS Config, Security Hub and Access Analyzer in the region.
 * The service-linked role of AWS Config is named by INTEG_CONFIG_ROLE=exists where an earlier test has left it.
 */
const app = integApp();
const stack = new Stack(app, 'AccountBaselineInteg');

const encryptionKey = createEncryptionKey(stack, 'AlertsKey', { description: 'Alerts' });
const baseline = new AccountBaseline(stack, 'Baseline', {
  alerts: new sns.Topic(stack, 'Alerts', { masterKey: encryptionKey, enforceSSL: true }),
  vaultLock: VaultLock.none(),
  createConfigRole: process.env.INTEG_CONFIG_ROLE !== 'exists',
});

const integ = new IntegTest(app, 'AccountBaseline', { testCases: [stack] });

integ.assertions
  .awsApiCall('GuardDuty', 'getDetector', { DetectorId: baseline.detectorId })
  .expect(ExpectedResult.objectLike({ Status: 'ENABLED' }));

integ.assertions
  .awsApiCall('ConfigService', 'describeConfigurationRecorderStatus')
  .assertAtPath('ConfigurationRecordersStatus.0.recording', ExpectedResult.exact(true));

integ.assertions
  .awsApiCall('Backup', 'describeBackupVault', { BackupVaultName: baseline.backupVault?.backupVaultName })
  .expect(ExpectedResult.objectLike({ EncryptionKeyArn: baseline.encryptionKey!.keyArn }));
