import { existsSync } from 'fs';
import { join } from 'path';
import { CustomResource, Duration, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as assets from 'aws-cdk-lib/aws-s3-assets';
import { Construct } from 'constructs';
import { UPLOAD_FUNCTION } from './site-upload-function';
import { createLogGroup } from '../private/log-group';
import { reject } from '../private/validation';

/** Where files lie whose names carry a hash of their content. */
export const ASSETS = 'assets/';
/** Marks the assets that a release no longer has; releases set it, the bucket's lifecycle reads it. */
export const SUPERSEDED = { key: 'superseded', value: 'true' };

export interface SiteUploadOptions {
  readonly bucket: s3.IBucket;
  readonly encryptionKey: kms.IKey;
  /** Folder of the built app. @default - only the settings are written */
  readonly content?: string;
  /** What `/runtime-config.json` holds. @default - there is no such file */
  readonly settings?: { readonly [name: string]: unknown };
}

/** Refuses a folder that is no built single-page app. */
export function validateContent(scope: Construct, content: string | undefined): void {
  if (content === undefined) { return; }
  const remedy = 'Build the app first and give the folder that its bundler writes, such as "frontend/dist".';
  if (!existsSync(content)) { reject(scope, { prop: 'content', value: content, problem: 'there is no such folder', remedy }); }
  if (!existsSync(join(content, 'index.html'))) { reject(scope, { prop: 'content', value: content, problem: 'it has no index.html', remedy }); }
}

/** One function and one custom resource that write the site's settings and, as long as no release did, its pages. */
export function uploadSite(site: Construct, { bucket, encryptionKey, content, settings }: SiteUploadOptions): void {
  if (!content && !settings) { return; }
  const upload = new Construct(site, 'Upload');
  const asset = content ? new assets.Asset(upload, 'Content', { path: content }) : undefined;
  // an id from before there was a function of the site's own
  const logGroup = createLogGroup(site, 'UploadLogs', { encryptionKey });
  const { role, policy } = uploadRole(upload, { bucket, encryptionKey, logGroup, asset });
  const uploader = new lambda.Function(upload, 'Function', {
    description: `Writes the first pages and the settings of ${site.node.path}`,
    runtime: lambda.Runtime.PYTHON_3_13,
    architecture: lambda.Architecture.ARM_64,
    code: lambda.Code.fromInline(UPLOAD_FUNCTION),
    handler: 'index.handler',
    memorySize: 512,
    timeout: Duration.minutes(10),
    logGroup,
    role,
  });
  const written = new CustomResource(upload, 'Resource', {
    resourceType: 'Custom::SiteUpload',
    serviceToken: uploader.functionArn,
    serviceTimeout: Duration.minutes(15),
    properties: {
      Bucket: bucket.bucketName,
      ...settings && { Settings: Stack.of(site).toJsonString(settings) },
      ...asset && { ContentBucket: asset.s3BucketName, ContentKey: asset.s3ObjectKey },
    },
  });
  // neither the function nor its role waits for what the role may do
  written.node.addDependency(policy);
}

interface UploadAccess {
  readonly bucket: s3.IBucket;
  readonly encryptionKey: kms.IKey;
  readonly logGroup: logs.ILogGroup;
  readonly asset?: assets.Asset;
}

function uploadRole(scope: Construct, { bucket, encryptionKey, logGroup, asset }: UploadAccess): { role: iam.Role; policy: iam.Policy } {
  const role = new iam.Role(scope, 'Role', {
    description: 'Writes the first pages and the settings of one site',
    assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
  });
  const objects = asset ? '*' : 'runtime-config.json';
  const statements = [
    new iam.PolicyStatement({ actions: ['s3:PutObject'], resources: [bucket.arnForObjects(objects)] }),
    new iam.PolicyStatement({ actions: ['kms:GenerateDataKey', 'kms:Decrypt'], resources: [encryptionKey.keyArn] }),
    new iam.PolicyStatement({ actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: [logGroup.logGroupArn] }),
    ...asset ? [
      // without the list, S3 does not tell a file that is missing from one that is forbidden
      new iam.PolicyStatement({ actions: ['s3:ListBucket'], resources: [bucket.bucketArn] }),
      new iam.PolicyStatement({ actions: ['s3:GetObject'], resources: [bucket.arnForObjects('index.html'), bucket.arnForObjects(`${ASSETS}*`)] }),
      new iam.PolicyStatement({ actions: ['s3:PutObjectTagging'], resources: [bucket.arnForObjects(`${ASSETS}*`)] }),
      new iam.PolicyStatement({ actions: ['s3:GetObject'], resources: [asset.bucket.arnForObjects(asset.s3ObjectKey)] }),
    ] : [],
  ];
  return { role, policy: new iam.Policy(scope, 'Policy', { statements, roles: [role] }) };
}
