import { ExpectedResult, IntegTest } from '@aws-cdk/integ-tests-alpha';
import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { integApp } from './integ-app';
import { BackupCopyVault } from '../src/database/retention/backup-copy-vault';

const app = integApp();
const stack = new Stack(app, 'BackupCopyVaultInteg');

const copies = new BackupCopyVault(stack, 'Copies', { removalPolicy: RemovalPolicy.DESTROY });

const integ = new IntegTest(app, 'BackupCopyVault', { testCases: [stack] });

integ.assertions
  .awsApiCall('Backup', 'describeBackupVault', { BackupVaultName: copies.vault.backupVaultName })
  .expect(ExpectedResult.objectLike({ BackupVaultArn: copies.backupVaultArn, EncryptionKeyArn: copies.encryptionKeyArn, NumberOfRecoveryPoints: 0 }));
