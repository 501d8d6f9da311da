import { Size, Stack } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as wafv2 from 'aws-cdk-lib/aws-wafv2';
import { Construct } from 'constructs';
import { edgeScope, valueFor } from '../edge-scope';
import { FirewallBase } from './firewall-base';
import { WebAclMetrics } from './firewall-metrics';
import { FirewallMode } from './firewall-mode';
import { FirewallProps } from './firewall-props';
import { createWebAcl, validateWebAcl, WebAclOptions } from './firewall-web-acl';
import { EDGE_REGION } from '../../private/edge-region';
import { isDeployTime, reject } from '../../private/validation';

/** Properties of an `EdgeFirewall`. */
export interface EdgeFirewallProps extends FirewallProps {
  /**
   * How much of a body the rules look at: 16, 32, 48 or 64 KiB. AWS charges for each 16 KiB beyond the first.
   *
   * @default Size.kibibytes(16)
   */
  readonly bodyInspectionLimit?: Size;
}

const INSPECTION_LIMITS = [16, 32, 48, 64];

/**
 * A web application firewall for CloudFront: AWS's managed rules, rate limits for each address, lists of addresses, and a log without secrets.
 *
 * CloudFront takes web ACLs of us-east-1 only. From a stack of another region, the web ACL, its log and its alarm go to a support stack
 * in us-east-1 beside it. `SpaStaticSite` makes a firewall by itself; make your own to set its props or to share it between sites.
 *
 * @example
 * import { EdgeFirewall, SpaStaticSite } from 'cdk-innovate-platform';
 *
 * const firewall = new EdgeFirewall(this, 'Firewall', {
 *   rateLimit: 5000,
 *   rateLimits: [{ name: 'Login', limit: 20, paths: ['/api/login'], methods: ['POST'] }],
 *   uploadPaths: ['/api/documents/'],
 *   denyList: ['192.0.2.0/24', '2001:db8::/32'],
 * });
 * new SpaStaticSite(this, 'Site', { firewall });
 *
 * @see https://docs.aws.amazon.com/waf/latest/developerguide/cloudfront-features.html
 */
export class EdgeFirewall extends FirewallBase {
  /**
   * A firewall that counts and blocks nothing, for the first week. `new EdgeFirewall` with the same id and props takes its place afterwards.
   *
   * @param scope the construct that the firewall belongs to
   * @param id the firewall's id
   * @param props what the firewall will do later; its `mode` is left aside
   */
  public static observe(scope: Construct, id: string, props: EdgeFirewallProps = {}): EdgeFirewall {
    return new EdgeFirewall(scope, id, { ...props, mode: FirewallMode.OBSERVE });
  }

  public readonly webAclArn: string;
  public readonly webAcl: wafv2.CfnWebACL;
  public readonly logGroup: logs.LogGroup;
  public readonly encryptionKey: kms.IKey;
  public readonly capacity: number;

  /** @internal */
  public readonly _watched: boolean;

  /** @internal */
  protected readonly _metrics: WebAclMetrics;

  constructor(scope: Construct, id: string, props: EdgeFirewallProps = {}) {
    super(scope, id);
    const options: WebAclOptions = { scope: 'CLOUDFRONT', behindCloudFront: false, region: EDGE_REGION, associationConfig: inspectedBody(props.bodyInspectionLimit) };
    validateInspectionLimit(this, props.bodyInspectionLimit);
    validateWebAcl(this, props, options);

    // a stack whose region only the deployment knows has to be deployed to us-east-1
    const home = isDeployTime(Stack.of(this).region) ? this : edgeScope(this);
    const { webAcl, logGroup, encryptionKey, capacity, metrics } = createWebAcl(this, home, props, options);
    this.webAcl = webAcl;
    this.webAclArn = valueFor(this, home, 'WebAclArn', webAcl.attrArn);
    this.logGroup = logGroup;
    this.encryptionKey = encryptionKey;
    this.capacity = capacity;
    this._metrics = metrics;
    this._watched = props.alerts !== undefined;
  }
}

function inspectedBody(limit: Size | undefined): wafv2.CfnWebACL.AssociationConfigProperty | undefined {
  return limit && { requestBody: { CLOUDFRONT: { defaultSizeInspectionLimit: `KB_${limit.toKibibytes()}` } } };
}

function validateInspectionLimit(scope: Construct, limit: Size | undefined): void {
  if (!limit || INSPECTION_LIMITS.includes(limit.toKibibytes())) { return; }
  reject(scope, {
    prop: 'bodyInspectionLimit', value: `${limit.toKibibytes()} KiB`, problem: 'WAF does not look at that much', remedy: 'Give Size.kibibytes(16), (32), (48) or (64).',
  });
}
