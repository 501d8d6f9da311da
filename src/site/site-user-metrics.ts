/**
 * What real users of a site report to CloudWatch RUM.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-RUM.html
 */
export interface SiteUserMetrics {
  /**
   * How many sessions are reported, in percent: 0.01 to 100. AWS charges for each event.
   *
   * @default 10
   */
  readonly sampledSessions?: number;
}
