import { Arn, ArnFormat, Duration, Stack } from 'aws-cdk-lib';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { alarmAction } from './alarm-action';
import { valueFor, watchScope } from './edge-scope';
import { EDGE_REGION } from '../private/edge-region';
import { isDeployTime, reject } from '../private/validation';

const { GREATER_THAN_OR_EQUAL_TO_THRESHOLD, LESS_THAN_THRESHOLD } = cloudwatch.ComparisonOperator;

/** What an alarm of a site watches. */
export interface SiteWatch {
  /** The distribution that the metrics are about. */
  readonly distribution: cloudfront.IDistribution;
  /** The certificate of the site's name. @default - CloudFront's own, which needs no watching */
  readonly certificate?: acm.ICertificate;
}

/** Refuses a topic that CloudWatch could not reach: an alarm acts on topics of its own region only. */
export function validateAlerts(site: Construct, alerts: sns.ITopic | undefined): void {
  if (!alerts) { return; }
  const { topicArn } = alerts;
  const region = isDeployTime(topicArn) ? Stack.of(alerts).region : Arn.split(topicArn, ArnFormat.NO_RESOURCE_NAME).region;
  if (isDeployTime(region) || region === EDGE_REGION) { return; }
  reject(site, {
    prop: 'alerts',
    value: isDeployTime(topicArn) ? alerts.node.path : topicArn,
    problem: `it is in ${region}, while CloudFront reports to ${EDGE_REGION} only and an alarm sends to topics of its own region only`,
    remedy: `Give a topic of a stack with \`env: { region: "${EDGE_REGION}" }\`.`,
  });
}

/**
 * Alarms on what visitors notice: errors, and a certificate that nobody renews. What the firewall turns away is its own alarm's.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/programming-cloudwatch-metrics.html
 */
export function watchSite(site: Construct, alerts: sns.ITopic, { distribution, certificate }: SiteWatch): void {
  const scope = new Construct(watchScope(site), 'Alarms');
  const tell = alarmAction(scope, alerts);
  const add = (id: string, alarm: Omit<cloudwatch.AlarmProps, 'evaluationPeriods'> & { readonly periods: number }) => {
    const { periods, ...props } = alarm;
    tell(new cloudwatch.Alarm(scope, id, {
      comparisonOperator: GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      ...props,
      evaluationPeriods: periods,
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    }));
  };
  const id = valueFor(scope, distribution, 'DistributionId', distribution.distributionId);
  add('ServerErrors', {
    metric: rate('5xxErrorRate', id), threshold: 1, periods: 3,
    alarmDescription: `For 15 minutes one response in 100 of ${site.node.path} was an error of an origin: look at the API, then at the bucket's key and policy.`,
  });
  add('ClientErrors', {
    metric: rate('4xxErrorRate', id), threshold: 20, periods: 3,
    alarmDescription: `For 15 minutes one response in five of ${site.node.path} was refused or missing: a release without its assets, or somebody who tries addresses.`,
  });
  if (certificate) {
    add('CertificateExpiry', {
      metric: new cloudwatch.Metric({
        namespace: 'AWS/CertificateManager',
        metricName: 'DaysToExpiry',
        dimensionsMap: { CertificateArn: valueFor(scope, certificate, 'CertificateArn', certificate.certificateArn) },
        statistic: cloudwatch.Stats.MINIMUM,
        period: Duration.days(1),
      }),
      comparisonOperator: LESS_THAN_THRESHOLD, threshold: 30, periods: 1,
      alarmDescription: `The certificate of ${site.node.path} expires within 30 days: ACM renews it 60 days before, so its validation record is gone or it was imported.`,
    });
  }
}

function rate(metricName: string, distributionId: string): cloudwatch.Metric {
  return new cloudwatch.Metric({
    namespace: 'AWS/CloudFront', metricName, dimensionsMap: { DistributionId: distributionId, Region: 'Global' }, statistic: cloudwatch.Stats.AVERAGE,
  });
}
