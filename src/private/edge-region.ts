/**
 * CloudFront takes web ACLs and viewer certificates from this region only, wherever the rest of a site is,
 * and the other global services have their endpoints in it.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cnames-and-https-requirements.html
 */
export const EDGE_REGION = 'us-east-1';
