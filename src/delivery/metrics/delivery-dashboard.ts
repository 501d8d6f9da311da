import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { DeliveryMetrics } from './delivery-metrics';
import { explanationWidget } from './explanation-widget';
import { reject } from '../../private/validation';

/** What a dashboard of deliveries needs. */
export interface DeliveryDashboardProps {
  /** The pipelines, in the order of the dashboard: `GitFlowPipeline.metrics` of each. */
  readonly deliveries: DeliveryMetrics[];
}

/**
 * The four measures of DORA of one or more pipelines, over thirty days, with the bands that they are compared with.
 *
 * CloudWatch charges for more than three dashboards in an account.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Dashboards.html
 *
 * @example
 * import { DeliveryDashboard, GitFlowPipeline } from 'cdk-innovate-platform';
 *
 * declare const staging: GitFlowPipeline;
 * declare const qa: GitFlowPipeline;
 *
 * new DeliveryDashboard(this, 'Deliveries', { deliveries: [staging.metrics, qa.metrics] });
 */
export class DeliveryDashboard extends Construct {
  /** The dashboard, for widgets of your own. */
  public readonly dashboard: cloudwatch.Dashboard;

  constructor(scope: Construct, id: string, { deliveries }: DeliveryDashboardProps) {
    super(scope, id);
    if (deliveries.length === 0) {
      reject(this, { prop: 'deliveries', value: deliveries, problem: 'a dashboard without pipelines shows nothing', remedy: 'Give the `metrics` of at least one pipeline.' });
    }
    this.dashboard = new cloudwatch.Dashboard(this, 'Resource', {
      defaultInterval: Duration.days(30),
      widgets: [[explanationWidget()], ...deliveries.flatMap(each => each.deliveryWidgets())],
    });
  }
}
