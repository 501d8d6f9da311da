import { Stack } from 'aws-cdk-lib';
import * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as eks from 'aws-cdk-lib/aws-eks-v2';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { EksDeployTarget } from '../../src/delivery/api/eks-deploy-target';
import { GitHubRepository } from '../../src/delivery/github/github-repository';
import { SiteDeployTarget } from '../../src/delivery/site/site-deploy-target';
import { ACCOUNT, REGION, foreignVpc } from '../support/stacks';

export const CONNECTION_ARN = connectionArn();
export const REPOSITORY = GitHubRepository.of('innovate-inc/notes', { connectionArn: CONNECTION_ARN });

export function connectionArn({ service = 'codeconnections', account = ACCOUNT, region = REGION } = {}): string {
  return `arn:aws:${service}:${region}:${account}:connection/11111111-2222-3333-4444-555555555555`;
}

/** Somebody else's cluster, known by its attributes only. */
export function foreignCluster(stack: Stack, vpc: ec2.IVpc): eks.ICluster {
  return eks.Cluster.fromClusterAttributes(stack, 'ForeignCluster', { clusterName: 'foreign', clusterSecurityGroupId: 'sg-0123456789abcdef0', vpc });
}

export function apiTarget(stack: Stack): EksDeployTarget {
  const vpc = foreignVpc(stack);
  return { cluster: foreignCluster(stack, vpc), clusterName: 'foreign', vpc, namespace: 'app', releaseName: 'api' };
}

/** Somebody else's bucket and distribution. */
export function siteTarget(stack: Stack): SiteDeployTarget {
  return {
    bucket: s3.Bucket.fromBucketName(stack, 'ForeignBucket', 'foreign-site'),
    distribution: cloudfront.Distribution.fromDistributionAttributes(stack, 'ForeignDistribution', { distributionId: 'E1FOREIGN', domainName: 'd1.cloudfront.net' }),
    encryptionKey: kms.Key.fromKeyArn(stack, 'ForeignKey', `arn:aws:kms:${REGION}:${ACCOUNT}:key/11111111-2222-3333-4444-555555555555`),
  };
}
