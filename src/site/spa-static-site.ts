import { Annotations, Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import * as origins from 'aws-cdk-lib/aws-cloudfront-origins';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as route53 from 'aws-cdk-lib/aws-route53';
import * as targets from 'aws-cdk-lib/aws-route53-targets';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { ApiOrigin } from './api-origin';
import { distributionLog } from './distribution-log';
import { EdgeFirewall } from './edge-firewall';
import { edgeScope, validateKnownRegion, valueFor } from './edge-scope';
import { contentSecurityPolicy, securityHeaders } from './response-headers';
import { SiteDomain } from './site-domain';
import { SiteDomainConfig } from './site-domain-config';
import { uploadSite, validateContent } from './site-upload';
import { DEEP_LINKS, IMMUTABLE_ASSETS } from './viewer-functions';
import { createDataBucket, createLogBucket } from '../private/bucket';
import { EDGE_REGION } from '../private/edge-region';
import { createEncryptionKey } from '../private/encryption-key';
import { validateMatch, validateRange } from '../private/validation';

/** Properties of a `SpaStaticSite`. */
export interface SpaStaticSiteProps {
  /**
   * The site's name, certificate and DNS records.
   *
   * @default - the name that CloudFront gives
   */
  readonly domain?: SiteDomain;

  /**
   * Answers the requests to `/api/*`.
   *
   * @default - there is no API behind the site
   */
  readonly api?: ApiOrigin;

  /**
   * The web application firewall in front of the site. There is always one.
   *
   * @default - an `EdgeFirewall` with its defaults
   */
  readonly firewall?: EdgeFirewall;

  /**
   * Folder of the built single-page app, uploaded when the stack is deployed. It needs an `index.html`;
   * files whose names carry a hash are expected in its folder `assets`.
   *
   * @default - the bucket stays empty until something uploads to it
   */
  readonly content?: string;

  /**
   * Written to `/runtime-config.json` for the app to fetch; values may be known at deployment only. Everybody can read it.
   *
   * @default - no such file
   */
  readonly runtimeConfig?: { readonly [name: string]: string };

  /**
   * Origins besides the site itself that the app may call, such as `https://login.example.com`: the `connect-src` of the content security policy.
   *
   * @default - the site itself only
   */
  readonly connectSources?: string[];

  /**
   * Countries that may or may not see the site.
   *
   * @default - all may
   */
  readonly geoRestriction?: cloudfront.GeoRestriction;

  /**
   * The edge locations that serve the site; fewer are cheaper and farther from some users.
   *
   * @default cloudfront.PriceClass.PRICE_CLASS_ALL
   */
  readonly priceClass?: cloudfront.PriceClass;

  /**
   * How long the access logs of distribution and bucket are kept, in whole days. The firewall's log has a retention of its own.
   *
   * @default Duration.days(365)
   */
  readonly accessLogRetention?: Duration;

  /**
   * Encrypts the site's files and the log of their upload. The policy of a key that is not made in this app
   * has to let CloudFront decrypt and CloudWatch Logs encrypt.
   *
   * @default - a key of this construct, rotated yearly and retained
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * What happens to the site's files when the stack is deleted.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;
}

/**
 * A single-page app in a private bucket behind CloudFront and WAF, with an API of the same origin below `/api/*`.
 *
 * Its stack may be in any region, but has to name it: WAF and certificate are made in a support stack in us-east-1 where they have to be.
 *
 * @example
 * import { ApiOrigin, SiteDomain, SpaStaticSite } from 'cdk-innovate-platform';
 * import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
 * import * as route53 from 'aws-cdk-lib/aws-route53';
 *
 * declare const zone: route53.IHostedZone;
 * declare const loadBalancer: elbv2.IApplicationLoadBalancer;
 *
 * new SpaStaticSite(this, 'Site', {
 *   domain: SiteDomain.hostedZone('app.innovate.example', zone),
 *   api: ApiOrigin.loadBalancer(loadBalancer, { domainName: 'api.innovate.example' }),
 *   connectSources: ['https://login.innovate.example'],
 * });
 *
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-s3.html
 */
export class SpaStaticSite extends Construct {
  /** Holds the site's files; only CloudFront reads them. */
  public readonly bucket: s3.Bucket;

  /** Serves the site and its API. */
  public readonly distribution: cloudfront.Distribution;

  /** In front of the site. */
  public readonly firewall: EdgeFirewall;

  /** Encrypts the site's files. */
  public readonly encryptionKey: kms.IKey;

  /** Access logs of the distribution (`cloudfront/`) and of the bucket (`s3/`). Kept when the stack is deleted. */
  public readonly logBucket: s3.Bucket;

  /** The name that browsers use. */
  public readonly domainName: string;

  /** The address of the site, without a trailing slash. */
  public readonly url: string;

  constructor(scope: Construct, id: string, props: SpaStaticSiteProps = {}) {
    super(scope, id);
    validateProps(this, props);

    this.firewall = props.firewall ?? new EdgeFirewall(edgeScope(this), 'Firewall');
    const domain = props.domain?._bind(this);
    this.encryptionKey = props.encryptionKey ?? createEncryptionKey(this, 'Key', { description: `Files of the site ${this.node.path}` });
    this.logBucket = createLogBucket(this, 'AccessLogs', { retention: props.accessLogRetention ?? Duration.days(365) });
    this.bucket = createDataBucket(this, 'Bucket', {
      encryptionKey: this.encryptionKey, accessLogs: { bucket: this.logBucket, prefix: 's3/' }, removalPolicy: props.removalPolicy,
    });
    this.distribution = this.createDistribution(props, domain);
    this.acknowledgeKeyPolicy();
    this.domainName = domain?.domainName ?? this.distribution.distributionDomainName;
    this.url = `https://${this.domainName}`;
    if (domain) { this.createRecords(domain); }
    uploadSite(this, { ...props, bucket: this.bucket, encryptionKey: this.encryptionKey });
  }

  /** The share of responses, in percent, that are errors (4xx and 5xx); the average over five minutes unless said otherwise. */
  public metricErrorRate(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.distribution.metricTotalErrorRate({ region: EDGE_REGION, ...options });
  }

  /** The share of responses, in percent, that are errors of the origins (5xx); the average over five minutes unless said otherwise. */
  public metricServerErrorRate(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.distribution.metric5xxErrorRate({ region: EDGE_REGION, ...options });
  }

  /** The number of requests from viewers; the sum over five minutes unless said otherwise. */
  public metricRequests(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.distribution.metricRequests({ region: EDGE_REGION, ...options });
  }

  private createDistribution(props: SpaStaticSiteProps, domain?: SiteDomainConfig): cloudfront.Distribution {
    const csp = contentSecurityPolicy(props.connectSources ?? []);
    const files = {
      origin: origins.S3BucketOrigin.withOriginAccessControl(this.bucket),
      viewerProtocolPolicy: cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
      allowedMethods: cloudfront.AllowedMethods.ALLOW_GET_HEAD_OPTIONS,
      compress: true,
    };
    return new cloudfront.Distribution(this, 'Distribution', {
      // the policy of CloudFront's own certificate cannot be chosen
      ...domain && {
        domainNames: [domain.domainName], certificate: domain.certificate, minimumProtocolVersion: cloudfront.SecurityPolicyProtocol.TLS_V1_2_2025,
      },
      webAclId: valueFor(this, this.firewall, 'WebAclArn', this.firewall.webAclArn),
      httpVersion: cloudfront.HttpVersion.HTTP2_AND_3,
      enableIpv6: true,
      priceClass: props.priceClass ?? cloudfront.PriceClass.PRICE_CLASS_ALL,
      geoRestriction: props.geoRestriction,
      defaultRootObject: 'index.html',
      ...distributionLog(this, this.logBucket),
      defaultBehavior: {
        ...files,
        cachePolicy: this.revalidation(),
        responseHeadersPolicy: securityHeaders(this, 'PageHeaders', csp, { 'Cache-Control': 'no-cache' }),
        functionAssociations: [this.viewerFunction('DeepLinks', DEEP_LINKS, cloudfront.FunctionEventType.VIEWER_REQUEST)],
      },
      additionalBehaviors: {
        '/assets/*': {
          ...files,
          cachePolicy: cloudfront.CachePolicy.CACHING_OPTIMIZED,
          responseHeadersPolicy: securityHeaders(this, 'AssetHeaders', csp),
          functionAssociations: [this.viewerFunction('ImmutableAssets', IMMUTABLE_ASSETS, cloudfront.FunctionEventType.VIEWER_RESPONSE)],
        },
        ...props.api && { '/api/*': this.apiBehavior(props.api, csp) },
      },
    });
  }

  /** No custom error responses anywhere: they belong to the whole distribution and would turn the API's errors into HTML. */
  private apiBehavior(api: ApiOrigin, csp: string): cloudfront.BehaviorOptions {
    return {
      origin: api._bind(this),
      viewerProtocolPolicy: cloudfront.ViewerProtocolPolicy.HTTPS_ONLY,
      allowedMethods: cloudfront.AllowedMethods.ALLOW_ALL,
      cachePolicy: cloudfront.CachePolicy.CACHING_DISABLED,
      // the origin is reached by its own name, which its certificate is checked against
      originRequestPolicy: cloudfront.OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
      responseHeadersPolicy: securityHeaders(this, 'ApiHeaders', csp),
    };
  }

  /** Asks the bucket at every request, which answers "not modified" where it can. A second at the most, because CloudFront compresses only what it may cache. */
  private revalidation(): cloudfront.CachePolicy {
    return new cloudfront.CachePolicy(this, 'Revalidation', {
      minTtl: Duration.seconds(0),
      defaultTtl: Duration.seconds(0),
      maxTtl: Duration.seconds(1),
      enableAcceptEncodingBrotli: true,
      enableAcceptEncodingGzip: true,
    });
  }

  private viewerFunction(id: string, code: string, eventType: cloudfront.FunctionEventType): cloudfront.FunctionAssociation {
    return {
      eventType,
      function: new cloudfront.Function(this, id, { code: cloudfront.FunctionCode.fromInline(code), runtime: cloudfront.FunctionRuntime.JS_2_0 }),
    };
  }

  /** The key lets every distribution of this account decrypt, because naming one would be a cycle; the bucket, which holds the data, lets in its own only. */
  private acknowledgeKeyPolicy(): void {
    Annotations.of(this.encryptionKey.node.scope ?? this).acknowledgeWarning('@aws-cdk/aws-cloudfront-origins:wildcardKeyPolicyForOac');
  }

  private createRecords({ domainName, zone }: SiteDomainConfig): void {
    if (!zone) { return; }
    const record = { zone, recordName: `${domainName}.`, target: route53.RecordTarget.fromAlias(new targets.CloudFrontTarget(this.distribution)) };
    new route53.ARecord(this, 'AliasRecord', record);
    new route53.AaaaRecord(this, 'AliasRecordIpv6', record);
  }
}

function validateProps(site: Construct, props: SpaStaticSiteProps): void {
  validateKnownRegion(site);
  validateContent(site, props.content);
  validateRange(site, { prop: 'accessLogRetention', value: props.accessLogRetention?.toDays(), min: 1, max: 36_500, unit: 'days' });
  props.connectSources?.forEach((value, index) => validateMatch(site, {
    prop: `connectSources[${index}]`,
    value,
    pattern: /^(https|wss):\/\/(\*\.)?([a-z0-9-]+\.)+[a-z][a-z0-9-]*(:\d{1,5})?(\/[^\s;,'"]*)?$/,
    problem: 'it is not an origin that a content security policy can name',
    remedy: 'Give an https or wss address such as "https://login.example.com" or "https://*.example.com".',
  }));
  props.domain?._validate(site);
  props.api?._validate(site);
}
