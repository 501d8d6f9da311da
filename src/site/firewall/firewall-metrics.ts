import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';

/** What the metrics of a web ACL are told apart by. */
export interface WebAclMetrics {
  readonly metricName: string;
  /** The region of the web ACL. */
  readonly region: string;
  /** Names of its rules. */
  readonly rules: string[];
  /** Whether CloudFront is guarded, whose metrics have no dimension for the region. */
  readonly edge: boolean;
}

/** Requests that met an action; the sum over five minutes unless said otherwise. */
export function requestMetric(
  webAcl: WebAclMetrics, action: 'BlockedRequests' | 'CountedRequests', rule: string, options?: cloudwatch.MetricOptions,
): cloudwatch.Metric {
  return new cloudwatch.Metric({
    namespace: 'AWS/WAFV2',
    metricName: action,
    dimensionsMap: { WebACL: webAcl.metricName, Rule: rule, ...!webAcl.edge && { Region: webAcl.region } },
    statistic: cloudwatch.Stats.SUM,
    region: webAcl.region,
    ...options,
  });
}
