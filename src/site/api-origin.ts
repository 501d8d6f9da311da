import { Annotations } from 'aws-cdk-lib';
import * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import * as origins from 'aws-cdk-lib/aws-cloudfront-origins';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Construct } from 'constructs';
import { valueFor } from './edge-scope';
import { validateHostName } from '../private/host-name';

/** Options of `ApiOrigin.loadBalancer`. */
export interface LoadBalancerOriginOptions {
  /**
   * A name that the certificate of the load balancer's HTTPS listener covers. It needs no DNS record:
   * CloudFront checks the certificate against it and sends it as the `Host` header.
   *
   * @default - plain HTTP from CloudFront to the load balancer, with a warning
   */
  readonly domainName?: string;
}

/**
 * Where the requests to `/api/*` go.
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
   * An internal Application Load Balancer, which CloudFront reaches inside its VPC.
   *
   * The load balancer's security group has to let CloudFront in, for instance by the managed prefix list `com.amazonaws.global.cloudfront.origin-facing`.
   *
   * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-vpc-origins.html
   */
  public static loadBalancer(loadBalancer: elbv2.IApplicationLoadBalancer, options: LoadBalancerOriginOptions = {}): ApiOrigin {
    return new LoadBalancerOrigin(loadBalancer, options.domainName);
  }

  /** An API on the internet, reached by HTTPS, whose certificate covers the name. */
  public static https(domainName: string): ApiOrigin {
    return new HttpsOrigin(domainName);
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
  public _validate(_site: Construct): void {}
}

class LoadBalancerOrigin extends ApiOrigin {
  constructor(private readonly loadBalancer: elbv2.IApplicationLoadBalancer, private readonly domainName?: string) {
    super();
  }

  public _validate(site: Construct): void {
    validateHostName(site, 'api.domainName', this.domainName);
  }

  public _bind(site: Construct): cloudfront.IOrigin {
    if (!this.domainName) {
      Annotations.of(site).addWarningV2('cdk-innovate-platform:apiOriginWithoutTls',
        'Between CloudFront and the load balancer of `api` there is no TLS. Give `ApiOrigin.loadBalancer()` the `domainName` that the load balancer\'s certificate covers.');
    }
    const vpcOrigin = new cloudfront.VpcOrigin(site, 'ApiOrigin', {
      endpoint: {
        endpointArn: valueFor(site, this.loadBalancer, 'LoadBalancerArn', this.loadBalancer.loadBalancerArn),
        domainName: this.domainName ?? valueFor(site, this.loadBalancer, 'LoadBalancerDnsName', this.loadBalancer.loadBalancerDnsName),
      },
      protocolPolicy: this.domainName ? cloudfront.OriginProtocolPolicy.HTTPS_ONLY : cloudfront.OriginProtocolPolicy.HTTP_ONLY,
    });
    return origins.VpcOrigin.withVpcOrigin(vpcOrigin);
  }
}

class HttpsOrigin extends ApiOrigin {
  constructor(private readonly domainName: string) {
    super();
  }

  public _validate(site: Construct): void {
    validateHostName(site, 'api.domainName', this.domainName);
  }

  public _bind(_site: Construct): cloudfront.IOrigin {
    return new origins.HttpOrigin(this.domainName, {
      protocolPolicy: cloudfront.OriginProtocolPolicy.HTTPS_ONLY,
      originSslProtocols: [cloudfront.OriginSslPolicy.TLS_V1_2],
    });
  }
}
