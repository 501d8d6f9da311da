import { Annotations, Duration, Stack } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import * as apigatewayv2 from 'aws-cdk-lib/aws-apigatewayv2';
import * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import * as origins from 'aws-cdk-lib/aws-cloudfront-origins';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Construct, IConstruct } from 'constructs';
import { valueFor } from './edge-scope';
import { admitCloudFront, validateEntrance } from './load-balancer-entrance';
import { createVpcOrigin } from './vpc-origin';
import { validateHostName } from '../private/host-name';
import { isDeployTime, reject, validateRange } from '../private/validation';

/** How CloudFront waits for an API. */
export interface ApiOriginOptions {
  /**
   * How long CloudFront waits for the first byte of an answer and between packets: 1 to 180 seconds. Above 60 the account needs a higher quota.
   *
   * @default Duration.seconds(30)
   */
  readonly readTimeout?: Duration;

  /**
   * How long CloudFront keeps an idle connection: 1 to 180 seconds. Above 60 the account needs a higher quota.
   *
   * @default Duration.seconds(5)
   */
  readonly keepaliveTimeout?: Duration;
}

/** Options of `ApiOrigin.loadBalancer`. */
export interface LoadBalancerOriginOptions extends ApiOriginOptions {
  /**
   * A name that the certificate of the load balancer's HTTPS listener covers. It needs no DNS record:
   * CloudFront checks the certificate against it and sends it as the `Host` header.
   *
   * @default - has to be given, unless `plainHttp` is true
   */
  readonly domainName?: string;

  /**
   * Whether CloudFront speaks plain HTTP with the load balancer, on port 80 and inside AWS's network: for a trial that has no certificate.
   * Every synthesis warns of it.
   *
   * @default false
   */
  readonly plainHttp?: boolean;

  /**
   * Port of the HTTPS listener: 80, 443, or one from 1024 on.
   *
   * @default 443
   */
  readonly httpsPort?: number;

  /**
   * Id of the prefix list `com.amazonaws.global.cloudfront.origin-facing` in the load balancer's region, for regions that this library does not know it of.
   *
   * @default - the id that AWS published
   */
  readonly cloudFrontPrefixListId?: string;
}

/** Options of `ApiOrigin.restApi` and `ApiOrigin.httpApi`. */
export interface GatewayOriginOptions extends ApiOriginOptions {
  /**
   * The stage, which CloudFront puts before the path.
   *
   * @default - the deployment stage of a REST API; `$default` of an HTTP API
   */
  readonly stageName?: string;
}

/**
 * What answers the requests to the API's paths.
 *
 * @example
 * import { ApiOrigin, SpaStaticSite } from 'cdk-innovate-platform';
 * import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
 *
 * declare const loadBalancer: elbv2.IApplicationLoadBalancer;
 *
 * new SpaStaticSite(this, 'Site', {
 *   api: ApiOrigin.loadBalancer(loadBalancer, { domainName: 'api.innovate.example' }),
 * });
 *
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/DownloadDistS3AndCustomOrigins.html
 */
export abstract class ApiOrigin {
  /**
   * An internal Application Load Balancer, which CloudFront reaches inside its VPC by TLS. The VPC needs an internet gateway, through which nothing is sent.
   *
   * Where the load balancer's security group is made in this app, it lets in CloudFront's managed prefix list on the listener's port, unless it does so already.
   * The rule is part of that group, so the stack of the load balancer is updated first. A group that is imported has to let CloudFront in itself.
   *
   * CloudFront refuses to change a VPC origin that is in use. So whatever changes of it (load balancer, protocol, port, tags) makes a new one: the distribution
   * moves to it, then the old one is removed.
   *
   * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-vpc-origins.html
   */
  public static loadBalancer(loadBalancer: elbv2.IApplicationLoadBalancer, options: LoadBalancerOriginOptions = {}): ApiOrigin {
    return new LoadBalancerOrigin(loadBalancer, options);
  }

  /** An API on the internet, reached by HTTPS, whose certificate covers the name. */
  public static https(domainName: string, options: ApiOriginOptions = {}): ApiOrigin {
    return new HttpsOrigin(domainName, options);
  }

  /**
   * A regional REST API of API Gateway. It sees the whole path, `/api` included, and can still be called without the site, so it has to check its callers itself.
   *
   * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-rest-api.html
   */
  public static restApi(api: apigateway.IRestApi, options: GatewayOriginOptions = {}): ApiOrigin {
    return new GatewayOrigin(api, { id: 'RestApiId', value: api.restApiId }, options, () => api.deploymentStage?.stageName);
  }

  /**
   * An HTTP API of API Gateway. It sees the whole path, `/api` included, and can still be called without the site, so it has to check its callers itself.
   *
   * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api.html
   */
  public static httpApi(api: apigatewayv2.IHttpApi, options: GatewayOriginOptions = {}): ApiOrigin {
    return new GatewayOrigin(api, { id: 'HttpApiId', value: api.apiId }, options, () => '$default');
  }

  /**
   * Makes what the origin needs.
   *
   * @internal
   */
  public abstract _bind(site: Construct): cloudfront.IOrigin;

  /**
   * Refuses a wrong origin before the site creates anything.
   *
   * @internal
   */
  public abstract _validate(site: Construct): void;
}

class LoadBalancerOrigin extends ApiOrigin {
  constructor(private readonly loadBalancer: elbv2.IApplicationLoadBalancer, private readonly options: LoadBalancerOriginOptions) {
    super();
  }

  public _validate(site: Construct): void {
    const { domainName, httpsPort, plainHttp, cloudFrontPrefixListId } = this.options;
    validateHostName(site, 'api.domainName', domainName);
    validateTls(site, domainName, plainHttp);
    if (httpsPort !== undefined && !isDeployTime(httpsPort) && ![80, 443].includes(httpsPort)) {
      validateRange(site, { prop: 'api.httpsPort', value: httpsPort, min: 1024, max: 65_535, unit: 'as a port, or 80 or 443', step: 1 });
    }
    validateTimeouts(site, this.options);
    validateEntrance(site, this.loadBalancer, this.port, cloudFrontPrefixListId);
  }

  public _bind(site: Construct): cloudfront.IOrigin {
    const { domainName, httpsPort, plainHttp: _plainHttp, cloudFrontPrefixListId, ...timeouts } = this.options;
    if (!domainName) {
      Annotations.of(site).addWarningV2('cdk-innovate-platform:apiOriginWithoutTls',
        'Between CloudFront and the load balancer of `api` there is no TLS. Give `ApiOrigin.loadBalancer()` the `domainName` that the load balancer\'s certificate covers.');
    }
    admitCloudFront(site, this.loadBalancer, this.port, cloudFrontPrefixListId);
    const vpcOrigin = createVpcOrigin(site, {
      endpoint: {
        endpointArn: valueFor(site, this.loadBalancer, 'LoadBalancerArn', this.loadBalancer.loadBalancerArn),
        domainName: domainName ?? valueFor(site, this.loadBalancer, 'LoadBalancerDnsName', this.loadBalancer.loadBalancerDnsName),
      },
      httpsPort,
      protocolPolicy: domainName ? cloudfront.OriginProtocolPolicy.HTTPS_ONLY : cloudfront.OriginProtocolPolicy.HTTP_ONLY,
    });
    return origins.VpcOrigin.withVpcOrigin(vpcOrigin, timeouts);
  }

  private get port(): number {
    return this.options.domainName ? this.options.httpsPort ?? 443 : 80;
  }
}

class HttpsOrigin extends ApiOrigin {
  constructor(private readonly domainName: string, private readonly options: ApiOriginOptions) {
    super();
  }

  public _validate(site: Construct): void {
    validateHostName(site, 'api.domainName', this.domainName);
    validateTimeouts(site, this.options);
  }

  public _bind(_site: Construct): cloudfront.IOrigin {
    return httpsOrigin(this.domainName, this.options);
  }
}

class GatewayOrigin extends ApiOrigin {
  constructor(
    private readonly api: IConstruct,
    private readonly apiId: { readonly id: string; readonly value: string },
    private readonly options: GatewayOriginOptions,
    private readonly defaultStage: () => string | undefined,
  ) {
    super();
  }

  public _validate(site: Construct): void {
    const { stageName } = this;
    if (stageName === undefined) {
      reject(site, { prop: 'api.stageName', value: undefined, problem: 'an imported REST API does not tell its stage', remedy: 'Give `stageName`, such as "prod".' });
    }
    validateTimeouts(site, this.options);
  }

  public _bind(site: Construct): cloudfront.IOrigin {
    const { stageName: _stageName, ...timeouts } = this.options;
    const stage = valueFor(site, this.api, `${this.apiId.id}Stage`, this.stageName!);
    const { region } = Stack.of(this.api);
    return httpsOrigin(
      `${valueFor(site, this.api, this.apiId.id, this.apiId.value)}.execute-api.${region}.${Stack.of(site).urlSuffix}`,
      { ...timeouts, originPath: stage === '$default' ? undefined : `/${stage}` },
    );
  }

  private get stageName(): string | undefined {
    return this.options.stageName ?? this.defaultStage();
  }
}

function httpsOrigin(domainName: string, options: origins.HttpOriginProps): cloudfront.IOrigin {
  return new origins.HttpOrigin(domainName, {
    ...options, protocolPolicy: cloudfront.OriginProtocolPolicy.HTTPS_ONLY, originSslProtocols: [cloudfront.OriginSslPolicy.TLS_V1_2],
  });
}

function validateTls(site: Construct, domainName: string | undefined, plainHttp: boolean | undefined): void {
  if (!domainName && !plainHttp) {
    reject(site, {
      prop: 'api.domainName', value: domainName, problem: 'CloudFront has no name to check the certificate of the load balancer against',
      remedy: 'Give a name that the certificate of its HTTPS listener covers, or `plainHttp: true` for a trial without a certificate.',
    });
  }
  if (domainName && plainHttp) {
    reject(site, { prop: 'api.plainHttp', value: plainHttp, problem: '`api.domainName` is the name of a certificate', remedy: 'Leave out one of the two.' });
  }
}

function validateTimeouts(site: Construct, { readTimeout, keepaliveTimeout }: ApiOriginOptions): void {
  for (const [prop, value] of Object.entries({ readTimeout, keepaliveTimeout })) {
    if (!value || value.isUnresolved()) { continue; }
    validateRange(site, { prop: `api.${prop}`, value: value.toSeconds({ integral: false }), min: 1, max: 180, unit: 'seconds', step: 1 });
  }
}
