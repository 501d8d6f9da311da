import { Names, Stack } from 'aws-cdk-lib';
import * as rum from 'aws-cdk-lib/aws-rum';
import { Construct } from 'constructs';
import { SiteUserMetrics } from './site-user-metrics';
import { validateRange } from '../private/validation';

/** Where the pages send what they measure. */
export function userMetricsOrigin(site: Construct): string {
  const { region, partition } = Stack.of(site);
  return `https://dataplane.rum.${region}.${partition === 'aws-cn' ? 'amazonaws.com.cn' : 'amazonaws.com'}`;
}

export function validateUserMetrics(site: Construct, metrics: SiteUserMetrics | undefined): void {
  validateRange(site, { prop: 'userMetrics.sampledSessions', value: metrics?.sampledSessions, min: 0.01, max: 100, unit: 'percent' });
}

/**
 * An app monitor, and what the app's RUM client has to know of it. Its own policy lets browsers report without credentials, so there is
 * no identity pool; whoever knows the address of the site could report as well, which costs, hence an option.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-RUM-resource-policies.html
 */
export function monitorUsers(site: Construct, domainName: string, { sampledSessions = 10 }: SiteUserMetrics): { readonly [name: string]: unknown } {
  const { region } = Stack.of(site);
  const name = Names.uniqueResourceName(site, { maxLength: 200, separator: '-', allowedSpecialCharacters: '_-' });
  // what the browser's client has to do in the same way
  const shared = { sessionSampleRate: sampledSessions / 100, telemetries: ['errors', 'performance', 'http'], allowCookies: false };
  const monitor = new rum.CfnAppMonitor(site, 'UserMetrics', {
    name,
    domain: domainName,
    appMonitorConfiguration: shared,
    resourcePolicy: {
      policyDocument: Stack.of(site).toJsonString({
        Version: '2012-10-17',
        Statement: [{
          Effect: 'Allow',
          // browsers have no credentials; the action writes only, and only to this monitor
          Principal: '*',
          Action: 'rum:PutRumEvents',
          Resource: Stack.of(site).formatArn({ service: 'rum', resource: 'appmonitor', resourceName: name }),
        }],
      }),
    },
  });
  return { ...shared, applicationId: monitor.attrId, region, endpoint: userMetricsOrigin(site), signing: false };
}
