import { CfnMapping, Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { CLOUDFRONT_PREFIX_LISTS } from '../../private/cloudfront-prefix-lists';
import { isDeployTime, reject } from '../../private/validation';

/** Refuses a region whose prefix list is not known, unless the user names it. */
export function validateCloudFrontPrefixList(scope: Construct, prefixListId: string | undefined): void {
  const { region } = Stack.of(scope);
  if (prefixListId !== undefined || isDeployTime(region) || CLOUDFRONT_PREFIX_LISTS[region]) { return; }
  reject(scope, {
    prop: 'cloudFrontPrefixListId',
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
