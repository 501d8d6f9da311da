import { Duration } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';
import { DataRetention } from './data-retention';
import { isDeployTime, reject, validateMatch, validateRange, validateUnique } from '../private/validation';

/** Refuses what RDS or AWS Backup would refuse, or accept and never carry out. */
export function validateRetention(scope: IConstruct, { pointInTime, tiers }: DataRetention): void {
  if (!pointInTime.isUnresolved()) {
    validateRange(scope, {
      prop: 'retention.pointInTime', value: pointInTime.toDays({ integral: false }), min: 1, max: 35, unit: 'days', step: 1,
    });
  }
  validateUnique(scope, 'retention.tiers', tiers.map(tier => tier.name), 'name');
  tiers.forEach(({ name, schedule, retention }, index) => {
    const prop = `retention.tiers[${index}]`;
    validateMatch(scope, {
      prop: `${prop}.name`,
      value: name,
      pattern: /^[A-Za-z0-9-]{1,50}$/,
      problem: 'a backup rule is named with 1 to 50 letters, digits and hyphens',
      remedy: 'Give a name such as "weekly".',
    });
    if (!isDeployTime(schedule.expressionString) && !schedule.expressionString.startsWith('cron')) {
      reject(scope, {
        prop: `${prop}.schedule`,
        value: schedule.expressionString,
        problem: 'AWS Backup takes cron expressions only',
        remedy: 'Use events.Schedule.cron().',
      });
    }
    if (!retention.isUnresolved() && !isWholeDays(retention)) {
      reject(scope, {
        prop: `${prop}.retention`,
        value: retention.toHumanString(),
        problem: 'a snapshot is kept for whole days, at least one',
        remedy: 'Give Duration.days(1) or more, or leave the tier out.',
      });
    }
  });
}

function isWholeDays(duration: Duration): boolean {
  const days = duration.toDays({ integral: false });
  return days >= 1 && Number.isInteger(days);
}
