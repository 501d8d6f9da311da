import * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';

/**
 * The keys of an artifact: CodePipeline calls each object `<pipeline>/<artifact>/<random>`, with 20 characters of the one name and 10 of the other.
 * The bucket is the pipeline's own, and the pipeline's name may be CloudFormation's, so any will do.
 */
export function artifactKeys({ artifactName }: codepipeline.Artifact): string {
  return `*/${artifactName!.slice(0, 10)}/*`;
}

/** Lets a build read objects whose names it has been told: it may list none, and finds no other release's. */
export function grantGetObjects(grantee: iam.IGrantable, bucket: s3.IBucket, keys: string): void {
  add(grantee, ['s3:GetBucketAcl', 's3:GetBucketLocation'], bucket.bucketArn);
  add(grantee, ['s3:GetObject', 's3:GetObjectVersion'], bucket.arnForObjects(keys));
}

/** Lets a build write objects, and delete none. */
export function grantPutObjects(grantee: iam.IGrantable, bucket: s3.IBucket, keys: string): void {
  add(grantee, ['s3:AbortMultipartUpload', 's3:PutObject'], bucket.arnForObjects(keys));
}

function add(grantee: iam.IGrantable, actions: string[], resource: string): void {
  grantee.grantPrincipal.addToPrincipalPolicy(new iam.PolicyStatement({ actions, resources: [resource] }));
}
