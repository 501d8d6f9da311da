import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { WebService } from './web-service';

/** Share of the requests that pods answer with a server error. */
const MOST_ERRORS_PERCENT = 5;
const SLOWEST_SECONDS = 3;

/** What wakes somebody up because of one service; the caller says whom. Each description says what to do. */
export function serviceAlarms(service: WebService): cloudwatch.Alarm[] {
  const pods = `kubectl -n ${service.namespace} get pods -l app.kubernetes.io/name=${service.serviceName}`;
  const common = { evaluationPeriods: 5, datapointsToAlarm: 3, treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING };
  return [
    new cloudwatch.Alarm(service, 'NoPodAlarm', {
      ...common,
      alarmDescription: `No pod of ${service.serviceName} passes the load balancer's health check: requests are answered with 503. Look at ${pods}, and at the last deployment.`,
      metric: service.metricHealthyPods(),
      threshold: 1,
      comparisonOperator: cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
    }),
    new cloudwatch.Alarm(service, 'UnhealthyPodsAlarm', {
      ...common,
      evaluationPeriods: 15,
      datapointsToAlarm: 15,
      alarmDescription: `Pods of ${service.serviceName} have not passed the load balancer's health check for a quarter of an hour. Look at ${pods}, and whether their network policy lets them reach what they need.`,
      metric: service.metricUnhealthyPods(),
      threshold: 1,
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    }),
    new cloudwatch.Alarm(service, 'ServerErrorsAlarm', {
      ...common,
      alarmDescription: `More than ${MOST_ERRORS_PERCENT} % of the requests to ${service.serviceName} end with a server error. Look at the pods' logs, and at the last deployment.`,
      metric: service.metricServerErrorRate(),
      threshold: MOST_ERRORS_PERCENT,
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
    }),
    new cloudwatch.Alarm(service, 'SlowAlarm', {
      ...common,
      evaluationPeriods: 15,
      datapointsToAlarm: 10,
      alarmDescription: `One of a hundred requests to ${service.serviceName} takes longer than ${SLOWEST_SECONDS} seconds. Look whether the autoscaler is at its maximum or pods wait for nodes: kubectl -n ${service.namespace} get hpa,pods.`,
      metric: service.metricResponseTime(),
      threshold: SLOWEST_SECONDS,
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
    }),
  ];
}
