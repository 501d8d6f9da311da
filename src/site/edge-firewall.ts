import { ArnFormat, Names, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as wafv2 from 'aws-cdk-lib/aws-wafv2';
import { Construct } from 'constructs';
import { firewallRules } from './firewall-rules';
import { EDGE_REGION } from '../private/edge-region';
import { createEncryptionKey } from '../private/encryption-key';
import { createLogGroup } from '../private/log-group';
import { validateMatch, validateRange, validateUnique } from '../private/validation';

/** Properties of an `EdgeFirewall`. */
export interface EdgeFirewallProps {
  /**
   * Requests that one IP address may make in five minutes before it is blocked, from 10 to 2,000,000,000.
   *
   * @default 2000
   */
  readonly rateLimit?: number;

  /**
   * Beginnings of the paths that receive bodies of more than 8 KB, such as `/api/uploads/`.
   *
   * Everywhere else the core rule set blocks such a body; here it only counts it.
   *
   * @default - no path receives them
   */
  readonly uploadPaths?: string[];

  /**
   * How long the log of every request is kept.
   *
   * @default logs.RetentionDays.ONE_YEAR
   */
  readonly logRetention?: logs.RetentionDays;

  /**
   * Encrypts the log. It has to be a key of us-east-1 whose policy lets CloudWatch Logs use it.
   *
   * @default - a key of this construct, rotated yearly and retained
   */
  readonly encryptionKey?: kms.IKey;
}

/**
 * A web application firewall for CloudFront: AWS's managed rules, a rate limit for each address, and a log of every request.
 *
 * Its stack has to be in us-east-1. `SpaStaticSite` makes one by itself; make your own to set its props or to share it between sites.
 *
 * @example
 * import { EdgeFirewall, SpaStaticSite } from 'cdk-innovate-platform';
 * import { App, Stack } from 'aws-cdk-lib';
 *
 * const app = new App();
 * const edge = new Stack(app, 'Edge', { env: { account: '222222222222', region: 'us-east-1' } });
 * const site = new Stack(app, 'Site', { env: { account: '222222222222', region: 'eu-west-1' } });
 *
 * const firewall = new EdgeFirewall(edge, 'Firewall', { rateLimit: 5000, uploadPaths: ['/api/documents/'] });
 * new SpaStaticSite(site, 'Site', { firewall });
 *
 * @see https://docs.aws.amazon.com/waf/latest/developerguide/cloudfront-features.html
 */
export class EdgeFirewall extends Construct {
  /** The ARN of the web ACL. */
  public readonly webAclArn: string;

  /** The web ACL, for what has no prop here. */
  public readonly webAcl: wafv2.CfnWebACL;

  /** The log of every request, without the headers `authorization` and `cookie`. */
  public readonly logGroup: logs.LogGroup;

  /** Encrypts the log. */
  public readonly encryptionKey: kms.IKey;

  private readonly metricName: string;

  constructor(scope: Construct, id: string, props: EdgeFirewallProps = {}) {
    super(scope, id);
    validateProps(this, props);

    this.metricName = Names.uniqueResourceName(this, { maxLength: 120 });
    this.encryptionKey = props.encryptionKey ?? createEncryptionKey(this, 'Key', { description: 'Log of the web application firewall' });
    this.webAcl = this.createWebAcl(props);
    this.webAclArn = this.webAcl.attrArn;
    this.logGroup = this.createLog(props.logRetention);
  }

  /** Requests that any rule blocked; the sum over five minutes unless said otherwise. */
  public metricBlockedRequests(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return new cloudwatch.Metric({
      namespace: 'AWS/WAFV2',
      metricName: 'BlockedRequests',
      dimensionsMap: { WebACL: this.metricName, Rule: 'ALL' },
      statistic: cloudwatch.Stats.SUM,
      region: EDGE_REGION,
      ...options,
    });
  }

  private createWebAcl(props: EdgeFirewallProps): wafv2.CfnWebACL {
    return new wafv2.CfnWebACL(this, 'WebAcl', {
      scope: 'CLOUDFRONT',
      defaultAction: { allow: {} },
      rules: firewallRules(props.rateLimit ?? 2000, props.uploadPaths ?? []),
      visibilityConfig: { cloudWatchMetricsEnabled: true, sampledRequestsEnabled: true, metricName: this.metricName },
    });
  }

  private createLog(retention: logs.RetentionDays | undefined): logs.LogGroup {
    const logGroup = createLogGroup(this, 'Logs', {
      encryptionKey: this.encryptionKey,
      retention,
      // WAF delivers to log groups with this prefix only
      logGroupName: `aws-waf-logs-${Names.uniqueResourceName(this, { maxLength: 100, separator: '-' })}`,
    });
    new wafv2.CfnLoggingConfiguration(this, 'Logging', {
      resourceArn: this.webAclArn,
      // the log group's own ARN ends in ":*", which WAF refuses
      logDestinationConfigs: [Stack.of(this).formatArn({
        service: 'logs', resource: 'log-group', resourceName: logGroup.logGroupName, arnFormat: ArnFormat.COLON_RESOURCE_NAME,
      })],
      redactedFields: ['authorization', 'cookie'].map(name => ({ singleHeader: { Name: name } })),
    });
    return logGroup;
  }
}

function validateProps(scope: Construct, props: EdgeFirewallProps): void {
  validateMatch(scope, {
    prop: 'env.region',
    value: Stack.of(scope).region,
    pattern: new RegExp(`^${EDGE_REGION}$`),
    problem: `a web ACL for CloudFront exists in ${EDGE_REGION} only`,
    remedy: `Create the EdgeFirewall in a stack with \`env: { region: "${EDGE_REGION}" }\` and hand it to the site, which may be in any region.`,
  });
  validateRange(scope, { prop: 'rateLimit', value: props.rateLimit, min: 10, max: 2_000_000_000, unit: 'requests' });
  props.uploadPaths?.forEach((value, index) => validateMatch(scope, {
    prop: `uploadPaths[${index}]`,
    value,
    pattern: /^\/[^\s*?#]{1,199}$/,
    problem: 'it is not the beginning of a path',
    remedy: 'Write it with a leading "/" and without wildcard or query, such as "/api/uploads/"; it covers everything below.',
  }));
  validateUnique(scope, 'uploadPaths', props.uploadPaths ?? [], 'path');
}
