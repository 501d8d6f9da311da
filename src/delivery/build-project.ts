import { Duration } from 'aws-cdk-lib';
import * as codebuild from 'aws-cdk-lib/aws-codebuild';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { createLogGroup } from '../private/log-group';

export interface BuildProjectOptions {
  readonly description: string;
  readonly encryptionKey: kms.IKey;
  readonly logRetention?: logs.RetentionDays;
  readonly buildSpec: { readonly [key: string]: unknown };
  /** Whether the build runs a Docker daemon. @default false */
  readonly docker?: boolean;
}

/**
 * A build on Graviton with a role and a log group of its own. It runs outside any VPC: a build needs package registries,
 * and never the workload's network.
 */
export function createBuildProject(scope: Construct, id: string, options: BuildProjectOptions): codebuild.PipelineProject {
  const { description, encryptionKey, logRetention, buildSpec, docker = false } = options;
  return new codebuild.PipelineProject(scope, id, {
    description,
    encryptionKey,
    grantReportGroupPermissions: false,
    timeout: Duration.minutes(30),
    environment: {
      buildImage: codebuild.LinuxArmBuildImage.AMAZON_LINUX_2023_STANDARD_3_0,
      computeType: codebuild.ComputeType.SMALL,
      // CodeBuild refuses its separate Docker server for ARM, so this is the only native way to an ARM image:
      // https://github.com/tmokmss/deploy-time-build/issues/41
      privileged: docker,
    },
    buildSpec: codebuild.BuildSpec.fromObject({ version: '0.2', ...buildSpec }),
    logging: { cloudWatch: { logGroup: createLogGroup(scope, `${id}Logs`, { encryptionKey, retention: logRetention }) } },
  });
}
