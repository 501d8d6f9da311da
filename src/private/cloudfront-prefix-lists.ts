import { CfnMapping, Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { isDeployTime, reject } from './validation';

/**
 * The AWS-managed prefix list `com.amazonaws.global.cloudfront.origin-facing`, whose id differs by region.
 * A VPC origin's traffic matches it from the first request; the service-managed security group exists only after the VPC origin does.
 *
 * @see https://aws.amazon.com/blogs/networking-and-content-delivery/limit-access-to-your-origins-using-the-aws-managed-prefix-list-for-amazon-cloudfront/
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-vpc-origins.html
 */
export const CLOUDFRONT_PREFIX_LISTS: Record<string, string> = {
  'ap-northeast-1': 'pl-58a04531',
  'ap-northeast-2': 'pl-22a6434b',
  'ap-south-1': 'pl-9aa247f3',
  'ap-southeast-1': 'pl-31a34658',
  'ap-southeast-2': 'pl-b8a742d1',
  'ca-central-1': 'pl-38a64351',
  'eu-central-1': 'pl-a3a144ca',
  'eu-north-1': 'pl-fab65393',
  'eu-west-1': 'pl-4fa04526',
  'eu-west-2': 'pl-93a247fa',
  'eu-west-3': 'pl-75b1541c',
  'sa-east-1': 'pl-5da64334',
  'us-east-1': 'pl-3b927c52',
  'us-east-2': 'pl-b6a144df',
  'us-west-1': 'pl-4ea04527',
  'us-west-2': 'pl-82a045eb',
};

/** Refuses a region whose prefix list is not known, unless the user names it. */
export function validateCloudFrontPrefixList(scope: Construct, prop: string, prefixListId: string | undefined, { region } = Stack.of(scope)): void {
  if (prefixListId !== undefined || isDeployTime(region) || CLOUDFRONT_PREFIX_LISTS[region]) { return; }
  reject(scope, {
    prop,
    value: prefixListId,
    problem: `the id of CloudFront's prefix list in ${region} is not known to this library`,
    remedy: `Copy it from: aws ec2 describe-managed-prefix-lists --region ${region} --filters Name=prefix-list-name,Values=com.amazonaws.global.cloudfront.origin-facing --query "PrefixLists[0].PrefixListId"`,
  });
}

/** The prefix list of the stack's region; where the region is known at deployment only, CloudFormation looks it up in the table. */
export function cloudFrontPrefixList(scope: Construct, prefixListId: string | undefined): string {
  if (prefixListId) { return prefixListId; }
  const { region } = Stack.of(scope);
  if (!isDeployTime(region)) { return CLOUDFRONT_PREFIX_LISTS[region]; }
  const mapping = Object.fromEntries(Object.entries(CLOUDFRONT_PREFIX_LISTS).map(([name, id]) => [name, { PrefixListId: id }]));
  return new CfnMapping(scope, 'CloudFrontPrefixLists', { mapping }).findInMap(region, 'PrefixListId');
}
