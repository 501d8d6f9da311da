import { Duration, Fn, RemovalPolicy } from 'aws-cdk-lib';
import * as codebuild from 'aws-cdk-lib/aws-codebuild';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { grantGetObjects, grantPutObjects } from './artifact-access';
import { createLogGroup } from '../../private/log-group';

/** Where the application's scripts leave their reports, from the root of the repository; they are told as `REPORTS_DIR`. */
export const REPORTS_FOLDER = 'reports';

/** Where a build finds its cache again. */
export interface CacheFolder {
  readonly bucket: s3.IBucket;
  /** Without a slash at its end. */
  readonly prefix: string;
}

export interface BuildProjectOptions {
  readonly description: string;
  readonly encryptionKey: kms.IKey;
  readonly logRetention?: logs.RetentionDays;
  readonly buildSpec: { readonly [key: string]: unknown };
  /** Whether the build runs a Docker daemon. @default false */
  readonly docker?: boolean;
  /** Whether the build leaves `junit.xml` and `coverage.xml` in `REPORTS_FOLDER`. @default false */
  readonly reports?: boolean;
  /** @default - nothing is cached */
  readonly cache?: codebuild.Cache;
  /** @default - what a pipeline hands on */
  readonly source?: codebuild.ISource;
  /** A folder of a bucket that the build keeps what it downloaded in. @default - none */
  readonly cacheFolder?: CacheFolder;
  /** @default Duration.minutes(30) */
  readonly timeout?: Duration;
  /** What the build is told. @default - nothing */
  readonly environment?: { readonly [name: string]: string };
}

/**
 * A build on Graviton with a role and a log group of its own. It runs outside any VPC: a build needs package registries,
 * and never the workload's network.
 */
export function createBuildProject(scope: Construct, id: string, options: BuildProjectOptions): codebuild.Project {
  const { description, encryptionKey, logRetention, docker = false, source, cache, cacheFolder, timeout = Duration.minutes(30), environment = {} } = options;
  const groups = options.reports ? createReportGroups(scope, id) : undefined;
  const props: codebuild.ProjectProps = {
    description,
    encryptionKey,
    grantReportGroupPermissions: false,
    timeout,
    environment: {
      buildImage: codebuild.LinuxArmBuildImage.AMAZON_LINUX_2023_STANDARD_3_0,
      computeType: codebuild.ComputeType.SMALL,
      // CodeBuild refuses its separate Docker server for ARM, so this is the only native way to an ARM image:
      // https://github.com/tmokmss/deploy-time-build/issues/41
      privileged: docker,
    },
    environmentVariables: Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, { value }])),
    buildSpec: new TextBuildSpec({ version: '0.2', ...options.buildSpec, ...groups ? { reports: reportsOf(groups) } : {} }),
    logging: { cloudWatch: { logGroup: createLogGroup(scope, `${id}Logs`, { encryptionKey, retention: logRetention }) } },
    cache,
  };
  const project = source ? new codebuild.Project(scope, id, { ...props, source }) : new codebuild.PipelineProject(scope, id, props);
  if (cacheFolder) { useCacheFolder(project, cacheFolder); }
  groups?.tests.grantWrite(project);
  groups?.coverage.grantWrite(project);
  return project;
}

/** The cache of aws-cdk-lib may read, write and delete whatever else is in the bucket. */
function useCacheFolder(project: codebuild.Project, { bucket, prefix }: CacheFolder): void {
  (project.node.defaultChild as codebuild.CfnProject).cache = { type: 'S3', location: Fn.join('/', [bucket.bucketName, prefix]) };
  grantGetObjects(project, bucket, `${prefix}/*`);
  grantPutObjects(project, bucket, `${prefix}/*`);
}

interface ReportGroups {
  readonly tests: codebuild.ReportGroup;
  readonly coverage: codebuild.ReportGroup;
}

/** Reports expire by themselves after 30 days; nothing is exported. */
function createReportGroups(scope: Construct, id: string): ReportGroups {
  const common = { deleteReports: true, removalPolicy: RemovalPolicy.DESTROY };
  return {
    tests: new codebuild.ReportGroup(scope, `${id}Tests`, { ...common, type: codebuild.ReportGroupType.TEST }),
    coverage: new codebuild.ReportGroup(scope, `${id}Coverage`, { ...common, type: codebuild.ReportGroupType.CODE_COVERAGE }),
  };
}

function reportsOf({ tests, coverage }: ReportGroups) {
  return {
    [tests.reportGroupArn]: { 'base-directory': REPORTS_FOLDER, 'files': ['junit.xml'], 'file-format': 'JUNITXML' },
    [coverage.reportGroupArn]: { 'base-directory': REPORTS_FOLDER, 'files': ['coverage.xml'], 'file-format': 'COBERTURAXML' },
  };
}

/** A build spec with deploy-time keys, the ARNs of report groups: an object of aws-cdk-lib may have them as values only. */
class TextBuildSpec extends codebuild.BuildSpec {
  public readonly isImmediate = true;

  constructor(private readonly content: object) { super(); }

  public toBuildSpec(): string { return JSON.stringify(this.content, undefined, 2); }
}
