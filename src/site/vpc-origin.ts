import { createHash } from 'crypto';
import { AspectPriority, Aspects, Lazy, Names, Stack } from 'aws-cdk-lib';
import * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import { Construct, IConstruct } from 'constructs';

/**
 * A VPC origin that is replaced instead of changed: CloudFront refuses every change of one that a distribution uses, of its tags too. Its logical id and
 * its name say what it is made of, so CloudFormation makes the new one, moves the distribution, and then removes the old one.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-vpc-origins.html
 * @see https://github.com/aws/aws-cdk/issues/35765
 */
export function createVpcOrigin(site: Construct, props: cloudfront.VpcOriginProps): cloudfront.VpcOrigin {
  const prefix = Names.uniqueResourceName(site, { maxLength: 48, separator: '-' });
  const origin: cloudfront.VpcOrigin = new cloudfront.VpcOrigin(site, 'ApiOrigin', {
    ...props, vpcOriginName: Lazy.string({ produce: () => `${prefix}-${fingerprint(origin, props)}` }),
  });
  const resource = origin.node.defaultChild as cloudfront.CfnVpcOrigin;
  // without what is appended below
  const logicalId = Stack.of(resource).getLogicalId(resource);
  // tags are aspects too, and come before those that only read
  Aspects.of(resource).add({ visit: () => resource.overrideLogicalId(`${logicalId}${fingerprint(origin, props)}`) }, { priority: AspectPriority.READONLY });
  return origin;
}

/** Stack tags are among it, because CloudFormation puts them on every resource of the stack and of those nested in it. */
function fingerprint(origin: Construct, { endpoint, httpPort, httpsPort, protocolPolicy, originSslProtocols }: cloudfront.VpcOriginProps): string {
  const stack = Stack.of(origin);
  const { cdkTagManager } = origin.node.defaultChild as cloudfront.CfnVpcOrigin;
  const tags = [cdkTagManager, ...origin.node.scopes.filter(isStack).map(each => each.tags)].map(each => Object.entries(each.tagValues()).sort());
  const made = stack.resolve([endpoint.endpointArn, httpPort, httpsPort, protocolPolicy, originSslProtocols, tags]);
  return createHash('sha256').update(JSON.stringify(made)).digest('hex').slice(0, 8).toUpperCase();
}

function isStack(scope: IConstruct): scope is Stack {
  return Stack.isStack(scope);
}
