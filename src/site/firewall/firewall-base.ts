import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as wafv2 from 'aws-cdk-lib/aws-wafv2';
import { Construct } from 'constructs';
import { requestMetric, WebAclMetrics } from './firewall-metrics';
import { reject } from '../../private/validation';

/** What an `EdgeFirewall` and a `RegionalFirewall` offer. */
export abstract class FirewallBase extends Construct {
  /** The ARN of the web ACL. */
  public abstract readonly webAclArn: string;

  /** The web ACL, for what has no prop here. */
  public abstract readonly webAcl: wafv2.CfnWebACL;

  /** The log of requests, without the values of headers that carry secrets. */
  public abstract readonly logGroup: logs.LogGroup;

  /** Encrypts the log. */
  public abstract readonly encryptionKey: kms.IKey;

  /** Units of capacity (WCU) that the rules need at the most; 1,500 are included in the price of a web ACL. */
  public abstract readonly capacity: number;

  /** @internal */
  protected abstract readonly _metrics: WebAclMetrics;

  /**
   * Whether somebody is told of what it blocks.
   *
   * @internal
   */
  public abstract readonly _watched: boolean;

  /** Requests that any rule blocked; the sum over five minutes unless said otherwise. */
  public metricBlockedRequests(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return requestMetric(this._metrics, 'BlockedRequests', 'ALL', options);
  }

  /** Requests that any rule counted; the sum over five minutes unless said otherwise. */
  public metricCountedRequests(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return requestMetric(this._metrics, 'CountedRequests', 'ALL', options);
  }

  /**
   * Requests that one rule blocked; the sum over five minutes unless said otherwise.
   *
   * @param rule the rule's name, such as `RateLimit`, `RateLimitLogin` or `AWSManagedRulesSQLiRuleSet`
   * @param options what is different from the default
   */
  public metricBlockedByRule(rule: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return requestMetric(this._metrics, 'BlockedRequests', this.existing(rule), options);
  }

  /**
   * Requests that one rule counted; the sum over five minutes unless said otherwise.
   *
   * @param rule the rule's name, such as `RateLimit`, `RateLimitLogin` or `AWSManagedRulesSQLiRuleSet`
   * @param options what is different from the default
   */
  public metricCountedByRule(rule: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return requestMetric(this._metrics, 'CountedRequests', this.existing(rule), options);
  }

  private existing(rule: string): string {
    const { rules } = this._metrics;
    if (!rules.includes(rule)) {
      reject(this, { prop: 'rule', value: rule, problem: 'the firewall has no rule of this name', remedy: `Give one of ${rules.join(', ')}.` });
    }
    return rule;
  }
}
