import { Duration } from 'aws-cdk-lib';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { IConstruct } from 'constructs';
import { ServiceTraffic } from './service-traffic';
import { reject, validateMatch, validateRange } from '../../private/validation';

/** As long as CloudFront waits for an answer. */
const DEREGISTRATION_DELAY = Duration.seconds(30);

/** What the load balancer has to know of the pods. */
export interface TargetOptions {
  readonly port: number;
  readonly healthCheckPath: string;
  readonly traffic: ServiceTraffic;
}

/** How long the load balancer waits for requests in flight, unless that is known at deployment only. */
export function deregistrationSeconds({ deregistrationDelay = DEREGISTRATION_DELAY }: ServiceTraffic): number | undefined {
  return deregistrationDelay.isUnresolved() ? undefined : deregistrationDelay.toSeconds({ integral: false });
}

export function validateTraffic(scope: IConstruct, traffic: ServiceTraffic): void {
  const ranges: [keyof ServiceTraffic, number, number][] = [
    ['healthCheckInterval', 5, 300], ['deregistrationDelay', 0, 3600], ['slowStart', 30, 900], ['stickiness', 1, 604_800],
  ];
  for (const [name, min, max] of ranges) {
    const value = traffic[name] as Duration | undefined;
    if (value?.isUnresolved()) { continue; }
    validateRange(scope, { prop: `traffic.${name}`, value: value?.toSeconds({ integral: false }), min, max, unit: 'seconds', step: 1 });
  }
  validateMatch(scope, {
    prop: 'traffic.healthyStatus',
    value: traffic.healthyStatus,
    pattern: /^[2-4]\d\d([,-][2-4]\d\d)*$/,
    problem: 'it is not a list of HTTP status codes',
    remedy: 'Give codes and ranges such as "200,204" or "200-299".',
  });
}

export function validateHealthCheckPath(scope: IConstruct, path: string): void {
  if (path.startsWith('/') && path.length <= 1024) { return; }
  reject(scope, { prop: 'healthCheckPath', value: path, problem: 'a path begins with a slash and has at most 1024 characters', remedy: 'Give a path such as "/healthz".' });
}

/** The attributes of a target group of pods that speak TLS; the load balancer does not check whose certificate they show. */
export function targetGroupProps({ port, healthCheckPath, traffic }: TargetOptions): elbv2.ApplicationTargetGroupProps {
  const interval = traffic.healthCheckInterval ?? Duration.seconds(10);
  return {
    port,
    protocol: elbv2.ApplicationProtocol.HTTPS,
    targetType: elbv2.TargetType.IP,
    deregistrationDelay: traffic.deregistrationDelay ?? DEREGISTRATION_DELAY,
    slowStart: traffic.slowStart,
    stickinessCookieDuration: traffic.stickiness,
    // a pod that is slow, or new and cold, is not given more than it can do; it excludes slow start
    loadBalancingAlgorithmType: traffic.slowStart ? undefined : elbv2.TargetGroupLoadBalancingAlgorithmType.LEAST_OUTSTANDING_REQUESTS,
    healthCheck: {
      protocol: elbv2.Protocol.HTTPS,
      path: healthCheckPath,
      interval,
      timeout: Duration.seconds(interval.isUnresolved() ? 4 : Math.min(5, interval.toSeconds() - 1)),
      healthyThresholdCount: 2,
      unhealthyThresholdCount: 2,
      healthyHttpCodes: traffic.healthyStatus,
    },
  };
}
