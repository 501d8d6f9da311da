import { Duration } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';
import { daysOf } from '../../private/days';
import { validateRange } from '../../private/validation';

/** The longest that AWS Backup and S3 lock anything: 100 years. */
export const MOST_DAYS = 36_500;

export function validateDays(scope: IConstruct, prop: string, duration: Duration | undefined, min = 1, max = MOST_DAYS): void {
  validateRange(scope, { prop, value: daysOf(duration), min, max, unit: 'days', step: 1 });
}
