import { Annotations, Stack } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { RegionInfo } from 'aws-cdk-lib/region-info';
import { Construct } from 'constructs';

/**
 * CloudFront writes its standard log by an ACL, which the log bucket therefore has to permit, and not to opt-in regions.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logging-legacy-s3.html
 */
export function distributionLog(site: Construct, logBucket: s3.Bucket): { enableLogging?: boolean; logBucket?: s3.IBucket; logFilePrefix?: string } {
  const region = Stack.of(site).region;
  if (RegionInfo.get(region).isOptInRegion) {
    Annotations.of(site).addWarningV2('cdk-innovate-platform:noCloudFrontLog',
      `CloudFront does not deliver access logs to ${region}: the log of the firewall is the only record of the requests.`);
    return {};
  }
  (logBucket.node.defaultChild as s3.CfnBucket).ownershipControls = { rules: [{ objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_PREFERRED }] };
  return { enableLogging: true, logBucket, logFilePrefix: 'cloudfront/' };
}
