import { Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import { MESSAGE_FUNCTION } from '../../../src/delivery/messages/message-function';
import { DeliveryDashboard } from '../../../src/delivery/metrics/delivery-dashboard';
import { DeliveryMetrics } from '../../../src/delivery/metrics/delivery-metrics';
import { ACCOUNT, REGION, expectNoAnnotations, testStack } from '../../support/stacks';

function metricsOf(stack: Stack, name = 'notes', region = REGION): DeliveryMetrics {
  return DeliveryMetrics.of(codepipeline.Pipeline.fromPipelineArn(stack, name, `arn:aws:codepipeline:${region}:${ACCOUNT}:${name}`), name);
}

const metrics = metricsOf(testStack());

test.each([
  ['metricDeploymentFrequency', 'DeploymentFrequency', 'Sum'],
  ['metricLeadTime', 'LeadTimeForChanges', 'p50'],
  ['metricTimeToRestore', 'TimeToRestore', 'p50'],
] as const)('%s is %s, by day', (method, metricName, statistic) => {
  expect(metrics[method]()).toMatchObject({ namespace: 'InnovatePlatform/Delivery', metricName, statistic, dimensions: { PipelineName: 'notes' }, period: Duration.days(1) });
  expect(metrics[method]({ statistic: 'Maximum', period: Duration.hours(1), label: 'own' })).toMatchObject({ statistic: 'Maximum', period: Duration.hours(1), label: 'own' });
  expect(MESSAGE_FUNCTION).toContain(`'${metricName}'`);
});

test('the rate of failed changes counts releases, and those that were taken back', () => {
  const { expression, usingMetrics, period } = metrics.metricChangeFailureRate();
  expect(expression).toBe('100 * (failures + FILL(rollbacks, 0)) / releases');
  expect(period).toEqual(Duration.days(1));
  expect(Object.entries(usingMetrics).map(([id, metric]) => [id, (metric as any).metricName, (metric as any).statistic])).toEqual([
    ['failures', 'ChangeFailure', 'Sum'], ['releases', 'ChangeFailure', 'SampleCount'], ['rollbacks', 'ManualRollback', 'Sum'],
  ]);
  expect(metrics.metricChangeFailureRate({ period: Duration.days(7), label: 'own' })).toMatchObject({ period: Duration.days(7), label: 'own' });
  for (const metricName of ['ChangeFailure', 'ManualRollback']) { expect(MESSAGE_FUNCTION).toContain(`'${metricName}'`); }
});

test('every measure can ring', () => {
  const stack = testStack();
  const own = metricsOf(stack);
  const measures = [own.metricDeploymentFrequency(), own.metricLeadTime(), own.metricChangeFailureRate(), own.metricTimeToRestore()];
  measures.forEach((metric, index) => metric.createAlarm(stack, `Alarm${index}`, { threshold: 1, evaluationPeriods: 1 }));
  Template.fromStack(stack).resourceCountIs('AWS::CloudWatch::Alarm', 4);
});

describe('a dashboard', () => {
  const stack = testStack();
  const own = new DeliveryDashboard(stack, 'Deliveries', { deliveries: [metricsOf(stack, 'staging'), metricsOf(stack, 'elsewhere', 'us-east-1')] });
  const [{ Properties }] = Object.values(Template.fromStack(stack).findResources('AWS::CloudWatch::Dashboard'));
  const body = JSON.parse(Properties.DashboardBody['Fn::Join']?.[1].join('') ?? Properties.DashboardBody);

  test('explains the bands, and shows four measures of each pipeline over thirty days', () => {
    expect(own.dashboard).toBeDefined();
    expect(body.start).toBe('-P30D');
    const titles = body.widgets.map(({ properties }: any) => properties.title ?? properties.markdown.split('\n')[0]);
    const rows = ['Releases', 'Lead time (s)', 'Failed changes (%)', 'Time to restore (s)', 'Releases and failed changes', 'Lead time and time to restore (s)'];
    expect(titles).toEqual([expect.stringMatching(/How releases go.*DORA/), '# Releases to staging', ...rows, '# Releases to elsewhere', ...rows]);
    for (const { properties } of body.widgets.filter(({ properties: { view } }: any) => view === 'singleValue')) { expect(properties.setPeriodToTimeRange).toBe(true); }
  });

  test('no widget is wider than the page', () => {
    for (const { x, width } of body.widgets) { expect(x + width).toBeLessThanOrEqual(24); }
  });

  test('shows a pipeline of another region from there', () => {
    const regions = body.widgets.flatMap(({ properties }: any) => properties.metrics ?? []).map((metric: any[]) => metric.at(-1)?.region ?? REGION);
    expect(new Set(regions)).toEqual(new Set([REGION, 'us-east-1']));
  });

  test('leaves no annotation', () => expectNoAnnotations(stack));
});

test('refuses a dashboard of nothing', () => {
  expect(() => new DeliveryDashboard(testStack(), 'Deliveries', { deliveries: [] })).toThrow(/`deliveries` is \[\], but a dashboard without pipelines shows nothing/);
});
