import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import { GitPipeline } from './git-pipeline';
import { SourceFolders } from './source-folders';

/** What every part of one pipeline shares. */
export interface DeliveryContext {
  readonly pipeline: GitPipeline;
  readonly environmentName: string;
  readonly folders: Required<SourceFolders>;
  readonly encryptionKey: kms.IKey;
  readonly logRetention?: logs.RetentionDays;
}
