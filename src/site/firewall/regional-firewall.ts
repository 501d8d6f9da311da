import { Stack } from 'aws-cdk-lib';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as wafv2 from 'aws-cdk-lib/aws-wafv2';
import { Construct } from 'constructs';
import { valueFor } from '../edge-scope';
import { FirewallBase } from './firewall-base';
import { WebAclMetrics } from './firewall-metrics';
import { FirewallProps } from './firewall-props';
import { createWebAcl, validateWebAcl, WebAclOptions } from './firewall-web-acl';
import { isDeployTime, reject } from '../../private/validation';

/** How clients reach a load balancer. */
export enum LoadBalancerClients {
  /** They connect to it, so that the address of the connection is the client's. */
  DIRECT = 'DIRECT',

  /** CloudFront connects to it. Limits and reputation are the `EdgeFirewall`'s, which sees the clients' own addresses. */
  THROUGH_CLOUDFRONT = 'THROUGH_CLOUDFRONT',
}

/** Properties of a `RegionalFirewall`. */
export interface RegionalFirewallProps extends FirewallProps {
  /** The Application Load Balancers that are guarded, of the stack's region; each can have one web ACL. */
  readonly loadBalancers: elbv2.IApplicationLoadBalancer[];

  /** How clients reach them. Were CloudFront taken for a client, the rate limit would block it. */
  readonly clients: LoadBalancerClients;
}

/**
 * A web application firewall for load balancers, with the rules of an `EdgeFirewall`: for those that are reached without CloudFront,
 * or as a second line behind it.
 *
 * Behind CloudFront it has no rate limits and no lists of reputation, because it sees CloudFront's addresses, and its anti-DDoS group is off by default.
 * `allowList` and `denyList` then look at the address that CloudFront adds to `X-Forwarded-For`. The rules see the first 8 KB of a body.
 *
 * @example
 * import { LoadBalancerClients, RegionalFirewall } from 'cdk-innovate-platform';
 * import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
 *
 * declare const loadBalancer: elbv2.IApplicationLoadBalancer;
 *
 * new RegionalFirewall(this, 'ApiFirewall', { loadBalancers: [loadBalancer], clients: LoadBalancerClients.THROUGH_CLOUDFRONT });
 *
 * @see https://docs.aws.amazon.com/waf/latest/developerguide/web-acl-associating-aws-resource.html
 */
export class RegionalFirewall extends FirewallBase {
  public readonly webAclArn: string;
  public readonly webAcl: wafv2.CfnWebACL;
  public readonly logGroup: logs.LogGroup;
  public readonly encryptionKey: kms.IKey;
  public readonly capacity: number;

  /** @internal */
  public readonly _watched: boolean;

  /** @internal */
  protected readonly _metrics: WebAclMetrics;

  constructor(scope: Construct, id: string, props: RegionalFirewallProps) {
    super(scope, id);
    const options: WebAclOptions = { scope: 'REGIONAL', behindCloudFront: props.clients === LoadBalancerClients.THROUGH_CLOUDFRONT, region: Stack.of(this).region };
    validateProps(this, props);
    validateWebAcl(this, props, options);

    const { webAcl, logGroup, encryptionKey, capacity, metrics } = createWebAcl(this, this, props, options);
    this.webAcl = webAcl;
    this.webAclArn = webAcl.attrArn;
    this.logGroup = logGroup;
    this.encryptionKey = encryptionKey;
    this.capacity = capacity;
    this._metrics = metrics;
    this._watched = props.alerts !== undefined;
    props.loadBalancers.forEach((loadBalancer, index) => this.guard(loadBalancer, index));
  }

  private guard(loadBalancer: elbv2.IApplicationLoadBalancer, index: number): void {
    new wafv2.CfnWebACLAssociation(this, `Association${index || ''}`, {
      resourceArn: valueFor(this, loadBalancer, 'LoadBalancerArn', loadBalancer.loadBalancerArn),
      webAclArn: this.webAclArn,
    });
  }
}

function validateProps(scope: Construct, { loadBalancers, clients, rateLimit, rateLimits, allowList, botControl }: RegionalFirewallProps): void {
  if (loadBalancers.length === 0) {
    reject(scope, { prop: 'loadBalancers', value: loadBalancers, problem: 'nothing would be guarded', remedy: 'Name at least one load balancer.' });
  }
  const here = Stack.of(scope).region;
  loadBalancers.forEach(({ env }, index) => {
    if (isDeployTime(env.region) || isDeployTime(here) || env.region === here) { return; }
    reject(scope, {
      prop: `loadBalancers[${index}]`, value: env.region, problem: `a web ACL guards load balancers of its own region, which is ${here}`, remedy: 'Create a RegionalFirewall in that region.',
    });
  });
  if (clients !== LoadBalancerClients.THROUGH_CLOUDFRONT) { return; }
  for (const [prop, value] of Object.entries({ rateLimit, rateLimits })) {
    if (value === undefined) { continue; }
    reject(scope, {
      prop, value, problem: 'behind CloudFront WAF counts by the first address of `X-Forwarded-For`, which the client chooses', remedy: 'Set the limit on the EdgeFirewall.',
    });
  }
  if (allowList && !botControl) {
    reject(scope, {
      prop: 'allowList', value: allowList, problem: 'behind CloudFront nothing looks at addresses that it could spare, but Bot Control', remedy: 'Give it to the EdgeFirewall.',
    });
  }
}
