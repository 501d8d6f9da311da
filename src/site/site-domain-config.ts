import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as route53 from 'aws-cdk-lib/aws-route53';

/** What a domain contributes to a site. */
export interface SiteDomainConfig {
  /** The name that browsers use. */
  readonly domainName: string;
  /** A certificate of us-east-1 that covers the name. */
  readonly certificate: acm.ICertificate;
  /** The zone that gets the alias records. @default - the records are made elsewhere */
  readonly zone?: route53.IHostedZone;
}
