import { Annotations } from 'aws-cdk-lib';
import * as scaling from 'aws-cdk-lib/aws-applicationautoscaling';
import * as rds from 'aws-cdk-lib/aws-rds';
import { Construct, IConstruct } from 'constructs';
import { isDeployTime, reject, validateRange } from '../private/validation';

/**
 * How many readers there may be besides the declared ones, and what makes Aurora add one.
 *
 * A reader that Aurora adds has the writer's class, serves the reader endpoint and is removed again; the declared ones always stay.
 * With both targets, the one that asks for more readers decides.
 *
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Aurora.Integrating.AutoScaling.html
 */
export interface ReaderAutoScaling {
  /** The most readers, the declared ones included: `readers` to 15. */
  readonly maxReaders: number;

  /**
   * Average CPU utilization of the readers that is aimed at: 1 to 100 percent. On Serverless v2 it is a share of the most capacity,
   * so that a reader is added when the present ones can hardly grow any more.
   *
   * @default 70, or none where `targetConnections` is given
   */
  readonly targetCpuPercent?: number;

  /**
   * Average number of connections to each reader that is aimed at.
   *
   * @default - connections add no reader
   */
  readonly targetConnections?: number;
}

export function validateReaderAutoScaling(scope: IConstruct, readers: number, autoScaling: ReaderAutoScaling | undefined): void {
  if (!autoScaling) { return; }
  const { maxReaders, targetCpuPercent, targetConnections } = autoScaling;
  validateRange(scope, { prop: 'readerAutoScaling.maxReaders', value: maxReaders, min: 1, max: 15, unit: 'instances', step: 1 });
  validateRange(scope, { prop: 'readerAutoScaling.targetCpuPercent', value: targetCpuPercent, min: 1, max: 100, unit: 'percent' });
  validateRange(scope, { prop: 'readerAutoScaling.targetConnections', value: targetConnections, min: 1, max: 262_143, unit: 'connections' });
  if (readers === 0) {
    reject(scope, {
      prop: 'readerAutoScaling',
      value: { maxReaders },
      problem: '`readers` is 0, and without any reader there is no load to measure',
      remedy: 'Give 1 reader or more, or leave `readerAutoScaling` out.',
    });
  }
  if (!isDeployTime(readers) && !isDeployTime(maxReaders) && maxReaders < readers) {
    reject(scope, {
      prop: 'readerAutoScaling.maxReaders',
      value: maxReaders,
      problem: `\`readers\` is ${readers}, and declared readers are never removed`,
      remedy: 'Raise `maxReaders`, or declare fewer readers.',
    });
  }
}

/** Application Auto Scaling acts through its own service-linked role, which the first target of an account makes. */
export function scaleReaders(scope: Construct, cluster: rds.DatabaseCluster, readers: number, autoScaling: ReaderAutoScaling): void {
  const target = new scaling.CfnScalableTarget(scope, 'ReaderScaling', {
    serviceNamespace: scaling.ServiceNamespace.RDS,
    scalableDimension: 'rds:cluster:ReadReplicaCount',
    resourceId: `cluster:${cluster.clusterIdentifier}`,
    // the count is of all readers: whichever way Aurora counts, the declared ones are never fewer
    minCapacity: readers,
    maxCapacity: autoScaling.maxReaders,
  });
  // it scales only while the cluster and every instance are available
  target.node.addDependency(cluster);
  const { targetConnections, targetCpuPercent = targetConnections === undefined ? 70 : undefined } = autoScaling;
  addPolicy(target, 'Cpu', scaling.PredefinedMetric.RDS_READER_AVERAGE_CPU_UTILIZATION, targetCpuPercent);
  addPolicy(target, 'Connections', scaling.PredefinedMetric.RDS_READER_AVERAGE_DATABASE_CONNECTIONS, targetConnections);
}

/** What it made by itself, CloudFormation does not know, and a cluster with an instance cannot be deleted. */
export function warnOfScaledReaders(scope: IConstruct): void {
  Annotations.of(scope).addWarningV2('cdk-innovate-platform:scaledReadersOutliveTheStack', [
    'readers that `readerAutoScaling` added are not part of the stack, and a cluster that still has instances cannot be deleted.',
    'Before you delete this database, deploy it with a `maxReaders` that equals `readers` and wait until the added ones are gone.',
  ].join(' '));
}

function addPolicy(target: scaling.CfnScalableTarget, id: string, predefinedMetricType: string, targetValue: number | undefined): void {
  if (targetValue === undefined) { return; }
  new scaling.CfnScalingPolicy(target, id, {
    policyName: `${id}OfReaders`,
    policyType: 'TargetTrackingScaling',
    scalingTargetId: target.ref,
    targetTrackingScalingPolicyConfiguration: { targetValue, predefinedMetricSpecification: { predefinedMetricType } },
  });
}
