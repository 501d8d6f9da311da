import { Annotations, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import * as origins from 'aws-cdk-lib/aws-cloudfront-origins';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as route53 from 'aws-cdk-lib/aws-route53';
import * as targets from 'aws-cdk-lib/aws-route53-targets';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { ApiOrigin } from './api-origin';
import { logRequests } from './distribution-log';
import { edgeScope, validateKnownRegion, valueFor } from './edge-scope';
import { EdgeFirewall } from './firewall/edge-firewall';
import { OriginFailover } from './origin-failover';
import { ResponseHeaders } from './response-headers';
import { SecurityHeaders } from './security-headers';
import { validateAlerts, watchSite } from './site-alarms';
import { monitorUsers, userMetricsOrigin, validateUserMetrics } from './site-app-monitor';
import { SiteDomain } from './site-domain';
import { SiteDomainConfig } from './site-domain-config';
import { ASSET_PATHS, validateApiPaths } from './site-paths';
import { Settings, sortedSettings, validateRuntimeConfig } from './site-runtime-config';
import { ASSETS, SUPERSEDED, uploadSite, validateContent } from './site-upload';
import { SiteUserMetrics } from './site-user-metrics';
import { DEEP_LINKS, IMMUTABLE_ASSETS } from './viewer-functions';
import { createDataBucket, createLogBucket } from '../private/bucket';
import { daysOf } from '../private/days';
import { EDGE_REGION } from '../private/edge-region';
import { createEncryptionKey } from '../private/encryption-key';
import { isDeployTime, reject, validateMatch, validateRange } from '../private/validation';

/** Name of the settings for the app's RUM client in `/runtime-config.json`. */
const USER_METRICS = 'userMetrics';

/** Properties of a `SpaStaticSite`. */
export interface SpaStaticSiteProps {
  /**
   * The site's name, certificate and DNS records.
   *
   * @default - the name that CloudFront gives
   */
  readonly domain?: SiteDomain;

  /**
   * Answers the requests to `apiPaths`: every method, and nothing is cached unless `cachedApiPaths` says so.
   *
   * @default - there is no API behind the site
   */
  readonly api?: ApiOrigin;

  /**
   * The paths that `api` answers, as CloudFront writes patterns: `*` for any characters, `?` for one. `/api/*` takes in `/api` without the slash.
   * The firewall that the site makes lets their clients through without a browser challenge; give a `firewall` of yours the same `unchallengedPaths`.
   *
   * @default ['/api/*']
   */
  readonly apiPaths?: string[];

  /**
   * Parts of `apiPaths` whose answers CloudFront keeps, by their patterns, such as `/api/catalogue/*`. Whatever the answer depends on has to be
   * in the policy's key: an answer that is made for one visitor would reach others.
   *
   * @default - nothing of the API is cached
   */
  readonly cachedApiPaths?: { readonly [path: string]: cloudfront.ICachePolicy };

  /**
   * The web application firewall in front of the site. There is always one.
   *
   * @default - an `EdgeFirewall` with its defaults
   */
  readonly firewall?: EdgeFirewall;

  /**
   * Folder of the built single-page app, uploaded when the stack is deployed, for as long as nobody else uploads an `index.html`: what a
   * pipeline has released stays. The folder needs an `index.html`; files whose names carry a hash are expected in its folder `assets`.
   *
   * @default - the bucket stays empty until something uploads to it
   */
  readonly content?: string;

  /**
   * Written to `/runtime-config.json` at each deployment, and by nothing else, for the app to fetch: strings, numbers, booleans, null, and lists and maps
   * of them, which may be known at deployment only. Keys are sorted. What JSON has nothing for is refused, and so is what looks like a secret, because
   * everybody can read the file.
   *
   * @default - no such file
   */
  readonly runtimeConfig?: { readonly [name: string]: any };

  /**
   * How long an asset stays after the first release that no longer has it, in whole days, for browsers that still show the page before.
   *
   * @default Duration.days(30)
   */
  readonly oldAssetRetention?: Duration;

  /**
   * The page of the site, such as `/404.html`, that a missing file is answered with; the status stays 404. CloudFront can only do so for the whole
   * distribution, so it cannot be had together with `api`, whose own errors it would replace.
   *
   * @default - the status alone; a path that names no file is a route of the app and never missing
   */
  readonly missingFilePage?: string;

  /**
   * Where the files come from when the site's bucket or region does not answer.
   *
   * @default - nowhere
   */
  readonly originFailover?: OriginFailover;

  /**
   * Origins besides the site itself that the app may call, such as `https://login.example.com`: the short form of the `connectSources` of
   * `ContentSecurityPolicy.strict()`.
   *
   * @default - the site itself only
   */
  readonly connectSources?: string[];

  /**
   * The security headers of every response.
   *
   * @default - the strictest that a single-page app works with
   */
  readonly securityHeaders?: SecurityHeaders;

  /**
   * Where alarms are sent, when they go off and when all is well again: errors of server and client, and the expiry of the certificate;
   * requests that the firewall blocks, where the site makes it: a `firewall` of yours has `alerts` of its own, and a warning says where it has none.
   * It has to be a topic of us-east-1, where CloudFront reports to. The topic, and its key where it has one, admit CloudWatch of this account
   * from now on; an imported topic cannot be changed from here and has to admit it already.
   *
   * @default - no alarms
   */
  readonly alerts?: sns.ITopic;

  /**
   * Lets the browsers of real users report loading times and errors to CloudWatch RUM. The app starts its RUM client with the settings
   * `userMetrics` of `/runtime-config.json`.
   *
   * @default - they report nothing
   */
  readonly userMetrics?: SiteUserMetrics;

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
   * How long the logs of requests to the distribution and to the buckets are kept, in whole days. The firewall's log has a retention of its own.
   *
   * @default Duration.days(365)
   */
  readonly accessLogRetention?: Duration;

  /**
   * Encrypts the site's files, the log of requests and the log of the upload. The policy of a key that is not made in this app
   * has to let CloudFront decrypt, and CloudWatch Logs and `delivery.logs.amazonaws.com` encrypt.
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
 * Its stack may be in any region, but has to name it. Outside us-east-1 two support stacks appear beside it, in that region: one with firewall and
 * certificate, deployed before it, and one with the log of requests and the alarms, deployed after it. `cdk deploy --all` deploys the three.
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

  /** One line a request to the distribution, as Parquet below `AWSLogs/`. Kept when the stack is deleted. */
  public readonly requestLogBucket: s3.Bucket;

  /** Access logs of the buckets: `s3/` for the files, `request-log/` for the log of requests. Kept when the stack is deleted. */
  public readonly logBucket: s3.Bucket;

  /** The name that browsers use. */
  public readonly domainName: string;

  /** The address of the site, without a trailing slash. */
  public readonly url: string;

  constructor(scope: Construct, id: string, props: SpaStaticSiteProps = {}) {
    super(scope, id);
    validateProps(this, props);

    this.firewall = props.firewall ?? new EdgeFirewall(edgeScope(this), 'Firewall', { alerts: props.alerts, unchallengedPaths: props.apiPaths });
    if (props.firewall) { this.tellSilentFirewall(props.firewall, props.alerts); }
    const domain = props.domain?._bind(this);
    this.encryptionKey = props.encryptionKey ?? createEncryptionKey(this, 'Key', { description: `Files of the site ${this.node.path}` });
    const accessLogRetention = props.accessLogRetention ?? Duration.days(365);
    const lifecycleRules = oldAssetRules(props.oldAssetRetention ?? Duration.days(30));
    this.logBucket = createLogBucket(this, 'AccessLogs', { retention: accessLogRetention });
    this.bucket = createDataBucket(this, 'Bucket', {
      encryptionKey: this.encryptionKey, accessLogs: { bucket: this.logBucket, prefix: 's3/' }, lifecycleRules, removalPolicy: props.removalPolicy,
    });
    this.requestLogBucket = createDataBucket(this, 'RequestLogs', {
      encryptionKey: this.encryptionKey, accessLogs: { bucket: this.logBucket, prefix: 'request-log/' }, lifecycleRules: [{ expiration: accessLogRetention }],
    });
    const failover = props.originFailover?._bind(this, {
      bucket: this.bucket, encryptionKey: this.encryptionKey, lifecycleRules, accessLogRetention, removalPolicy: props.removalPolicy,
    });
    this.distribution = this.createDistribution(props, domain, failover);
    this.acknowledgePolicies();
    this.tellMissingFiles();
    this.domainName = domain?.domainName ?? this.distribution.distributionDomainName;
    this.url = `https://${this.domainName}`;
    if (domain) { this.createRecords(domain); }
    logRequests(this, { distribution: this.distribution, bucket: this.requestLogBucket, encryptionKey: this.encryptionKey });
    if (props.alerts) {
      watchSite(this, props.alerts, { distribution: this.distribution, certificate: domain?.certificate });
    }
    uploadSite(this, { bucket: this.bucket, encryptionKey: this.encryptionKey, content: props.content, settings: this.settings(props) });
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

  private createDistribution(props: SpaStaticSiteProps, domain?: SiteDomainConfig, failover?: cloudfront.IOrigin): cloudfront.Distribution {
    const headers = new ResponseHeaders(props.securityHeaders, props.connectSources);
    const called = calledOrigins(this, props);
    const bucket = origins.S3BucketOrigin.withOriginAccessControl(this.bucket);
    const files = {
      origin: failover ? new origins.OriginGroup({ primaryOrigin: bucket, fallbackOrigin: failover, fallbackStatusCodes: [500, 502, 503, 504] }) : bucket,
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
      errorResponses: props.missingFilePage ? [{ httpStatus: 404, responseHttpStatus: 404, responsePagePath: props.missingFilePage }] : undefined,
      defaultBehavior: {
        ...files,
        cachePolicy: this.revalidation(),
        responseHeadersPolicy: headers.policy(this, 'PageHeaders', called, { 'Cache-Control': 'no-cache' }),
        functionAssociations: [this.viewerFunction('DeepLinks', DEEP_LINKS, cloudfront.FunctionEventType.VIEWER_REQUEST)],
      },
      additionalBehaviors: {
        [ASSET_PATHS]: {
          ...files,
          cachePolicy: cloudfront.CachePolicy.CACHING_OPTIMIZED,
          responseHeadersPolicy: headers.policy(this, 'AssetHeaders', called),
          functionAssociations: [this.viewerFunction('ImmutableAssets', IMMUTABLE_ASSETS, cloudfront.FunctionEventType.VIEWER_RESPONSE)],
        },
        ...props.api && this.apiBehaviors(props, props.api._bind(this), headers.policy(this, 'ApiHeaders', called)),
      },
    });
  }

  /** Without custom error responses: they belong to the whole distribution and would turn the API's errors into HTML. */
  private apiBehaviors(
    props: SpaStaticSiteProps, origin: cloudfront.IOrigin, responseHeadersPolicy: cloudfront.ResponseHeadersPolicy,
  ): { [path: string]: cloudfront.BehaviorOptions } {
    const behavior = {
      origin,
      viewerProtocolPolicy: cloudfront.ViewerProtocolPolicy.HTTPS_ONLY,
      allowedMethods: cloudfront.AllowedMethods.ALLOW_ALL,
      cachePolicy: cloudfront.CachePolicy.CACHING_DISABLED,
      // the origin is reached by its own name, which its certificate is checked against
      originRequestPolicy: cloudfront.OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
      responseHeadersPolicy,
    };
    const { apiPaths, cachedApiPaths } = apiPathsOf(props);
    // CloudFront takes the first pattern that matches
    return Object.fromEntries([
      ...Object.keys(cachedApiPaths).sort().map(path => [path, { ...behavior, cachePolicy: cachedApiPaths[path] }]),
      ...withFolders(apiPaths).map(path => [path, behavior]),
    ]);
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

  /** The keys let every distribution of this account decrypt, because naming one would be a cycle; the bucket, which holds the data, lets in its own only. */
  private acknowledgePolicies(): void {
    Annotations.of(this.encryptionKey.node.scope ?? this).acknowledgeWarning('@aws-cdk/aws-cloudfront-origins:wildcardKeyPolicyForOac');
    // the bucket of the failover has its policy from where it is made
    Annotations.of(this.distribution).acknowledgeWarning('@aws-cdk/aws-cloudfront-origins:updateImportedBucketPolicyOac');
  }

  /**
   * Lets S3 answer 404 for a file that is missing; who may not list a bucket gets 403. Nobody can list through the distribution:
   * S3 lists for the path `/` only, which the function for deep links rewrites.
   *
   * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
   */
  private tellMissingFiles(): void {
    this.bucket.addToResourcePolicy(new iam.PolicyStatement({
      sid: 'MissingFiles',
      principals: [new iam.ServicePrincipal('cloudfront.amazonaws.com')],
      actions: ['s3:ListBucket'],
      resources: [this.bucket.bucketArn],
      conditions: {
        StringEquals: {
          'aws:SourceArn': Stack.of(this).formatArn({
            service: 'cloudfront', region: '', resource: 'distribution', resourceName: this.distribution.distributionId,
          }),
        },
      },
    }));
  }

  private tellSilentFirewall(firewall: EdgeFirewall, alerts: sns.ITopic | undefined): void {
    if (!alerts || firewall._watched) { return; }
    Annotations.of(this).addWarningV2('cdk-innovate-platform:firewallWithoutAlerts',
      'Nobody is told of what `firewall` blocks: the `alerts` of a site reach the firewall that the site makes. Give the EdgeFirewall `alerts` too.');
  }

  private settings(props: SpaStaticSiteProps): Settings | undefined {
    if (!props.runtimeConfig && !props.userMetrics) { return undefined; }
    const userMetrics = props.userMetrics && { [USER_METRICS]: monitorUsers(this, this.domainName, props.userMetrics) };
    return sortedSettings({ ...props.runtimeConfig, ...userMetrics });
  }

  private createRecords({ domainName, zone }: SiteDomainConfig): void {
    if (!zone) { return; }
    const record = { zone, recordName: `${domainName}.`, target: route53.RecordTarget.fromAlias(new targets.CloudFrontTarget(this.distribution)) };
    new route53.ARecord(this, 'AliasRecord', record);
    new route53.AaaaRecord(this, 'AliasRecordIpv6', record);
  }
}

/**
 * Expires the assets that a release has marked as superseded, counted from that moment, and what is left of them a month later.
 * Assets of the current release have no mark, however old they are.
 */
function oldAssetRules(retention: Duration): s3.LifecycleRule[] {
  return [
    { prefix: ASSETS, tagFilters: { [SUPERSEDED.key]: SUPERSEDED.value }, expiration: retention },
    { expiredObjectDeleteMarker: true },
  ];
}

/** What the site's own parts call besides the site. */
function calledOrigins(site: Construct, { userMetrics }: SpaStaticSiteProps): string[] {
  return userMetrics ? [userMetricsOrigin(site)] : [];
}

/** Below a folder is the API, so the folder without its slash is too; it would be a route of the app. */
function withFolders(paths: string[]): string[] {
  return [...new Set(paths.flatMap(path => /^\/.+\/\*$/.test(path) ? [path, path.slice(0, -'/*'.length)] : [path]))];
}

function apiPathsOf({ apiPaths = ['/api/*'], cachedApiPaths = {} }: SpaStaticSiteProps) {
  return { apiPaths, cachedApiPaths };
}

function validateProps(site: Construct, props: SpaStaticSiteProps): void {
  validateKnownRegion(site);
  validateContent(site, props.content);
  validateRuntimeConfig(site, props.runtimeConfig);
  for (const prop of ['accessLogRetention', 'oldAssetRetention'] as const) {
    validateRange(site, { prop, value: daysOf(props[prop]), min: 1, max: 36_500, unit: 'days', step: 1 });
  }
  new ResponseHeaders(props.securityHeaders, props.connectSources).validate(site, calledOrigins(site, props), props.domain?._name);
  validateApi(site, props);
  validateAlerts(site, props.alerts);
  validateUserMetrics(site, props.userMetrics);
  if (props.userMetrics && props.runtimeConfig?.[USER_METRICS] !== undefined) {
    reject(site, { prop: `runtimeConfig.${USER_METRICS}`, value: '…', problem: '`userMetrics` writes settings of this name', remedy: 'Give yours another name.' });
  }
  props.originFailover?._validate(site);
  props.domain?._validate(site);
}

function validateApi(site: Construct, props: SpaStaticSiteProps): void {
  const { api, missingFilePage } = props;
  const { apiPaths, cachedApiPaths } = apiPathsOf(props);
  if (api) {
    validateApiPaths(site, { paths: apiPaths, cached: cachedApiPaths });
    api._validate(site);
  } else if (props.apiPaths ?? props.cachedApiPaths) {
    reject(site, { prop: 'api', value: undefined, problem: 'there are `apiPaths` or `cachedApiPaths`', remedy: 'Give the API that answers them, such as ApiOrigin.https().' });
  }
  if (missingFilePage === undefined) { return; }
  validateMatch(site, {
    prop: 'missingFilePage', value: missingFilePage, pattern: /^\/[^\s*?#]+\.html$/, problem: 'it is no page of the site', remedy: 'Give its path, such as "/404.html".',
  });
  if (api && !isDeployTime(missingFilePage)) {
    reject(site, {
      prop: 'missingFilePage', value: missingFilePage, problem: 'CloudFront would answer the errors of `api` with it too',
      remedy: 'Leave it out, or give the API a distribution of its own.',
    });
  }
}
