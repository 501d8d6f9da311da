import { Duration } from 'aws-cdk-lib';

/** For a check: undefined where nothing is given, or nothing can be said before the deployment. */
export function daysOf(duration: Duration | undefined): number | undefined {
  return duration === undefined || duration.isUnresolved() ? undefined : duration.toDays({ integral: false });
}
