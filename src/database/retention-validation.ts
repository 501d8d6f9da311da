import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import { IConstruct } from 'constructs';
import { DataRetention } from './data-retention';
import { validateArchive } from './retention/archive-validation';
import { validateDays } from './retention/days';
import { RestoreTesting } from './retention/restore-testing';
import { RetentionTier } from './retention/retention-tier';
import { reject, validateMatch, validateRange, validateUnique } from '../private/validation';

/** Refuses what RDS, AWS Backup or S3 would refuse, or accept and never carry out. */
export function validateRetention(scope: IConstruct, retention: DataRetention, removalPolicy?: RemovalPolicy): void {
  const { pointInTime, tiers, copies, archive, restoreTesting, legalMinimum } = retention;
  if (!pointInTime.isUnresolved()) {
    validateRange(scope, {
      prop: 'retention.pointInTime', value: pointInTime.toDays({ integral: false }), min: 1, max: 35, unit: 'days', step: 1,
    });
  }
  validateUnique(scope, 'retention.tiers', tiers.map(tier => tier.name), 'name');
  tiers.forEach((tier, index) => validateTier(scope, `retention.tiers[${index}]`, tier));
  if (legalMinimum) { validateLegalMinimum(scope, retention, removalPolicy); }
  for (const { name } of tiers) {
    validateUnique(scope, 'retention.copies', copies.filter(copy => copy._copies(name)).map(copy => copy._destination), `vault for the tier "${name}"`);
  }
  copies.forEach((copy, index) => copy._validate(scope, `retention.copies[${index}]`, tiers));
  if (archive) { validateArchive(scope, 'retention.archive', archive, legalMinimum); }
  if (restoreTesting) { validateRestoreTesting(scope, 'retention.restoreTesting', restoreTesting, tiers.length); }
}

function validateTier(scope: IConstruct, prop: string, { name, schedule, retention, coldStorageAfter }: RetentionTier): void {
  validateMatch(scope, {
    prop: `${prop}.name`,
    value: name,
    pattern: /^[A-Za-z0-9-]{1,50}$/,
    problem: 'a backup rule is named with 1 to 50 letters, digits and hyphens',
    remedy: 'Give a name such as "weekly".',
  });
  validateCron(scope, `${prop}.schedule`, schedule);
  if (!retention.isUnresolved() && !isWholeDays(retention)) {
    reject(scope, {
      prop: `${prop}.retention`,
      value: retention.toHumanString(),
      problem: 'a snapshot is kept for whole days, at least one',
      remedy: 'Give Duration.days(1) or more, or leave the tier out.',
    });
  }
  if (coldStorageAfter) {
    reject(scope, {
      prop: `${prop}.coldStorageAfter`,
      value: coldStorageAfter.isUnresolved() ? 'given' : coldStorageAfter.toHumanString(),
      problem: 'AWS Backup has no cold storage for Aurora and would ignore it',
      remedy: 'Leave it out, and give `archive` for cheap storage over years.',
    });
  }
}

function validateLegalMinimum(scope: IConstruct, retention: DataRetention, removalPolicy?: RemovalPolicy): void {
  const { tiers } = retention;
  const legalMinimum = retention.legalMinimum!;
  legalMinimum._validate(scope, 'retention.legalMinimum');
  if (removalPolicy === RemovalPolicy.DESTROY) {
    reject(scope, {
      prop: 'removalPolicy',
      value: removalPolicy,
      problem: '`retention.legalMinimum` keeps backups that cannot be deleted',
      remedy: 'Leave out the legal minimum, or use RemovalPolicy.SNAPSHOT.',
    });
  }
  tiers.forEach((tier, index) => {
    if (retention._underLegalMinimum(tier)) { legalMinimum._validateKept(scope, `retention.tiers[${index}].retention`, tier.retention); }
  });
  if (!tiers.some(tier => retention._underLegalMinimum(tier))) {
    reject(scope, {
      prop: 'retention.legalMinimum',
      value: legalMinimum.period.isUnresolved() ? 'given' : legalMinimum.period.toHumanString(),
      problem: 'no tier is kept for as long',
      remedy: 'Add a tier whose `retention` is the legal minimum or longer.',
    });
  }
}

function validateRestoreTesting(scope: IConstruct, prop: string, { schedule, newerThan, validationWindow }: RestoreTesting, tiers: number): void {
  if (tiers === 0) {
    reject(scope, { prop, value: 'given', problem: 'there are no tiers, so there is no snapshot to restore', remedy: 'Add a tier, or leave the tests out.' });
  }
  validateDays(scope, `${prop}.newerThan`, newerThan, 1, 365);
  validateRange(scope, {
    prop: `${prop}.validationWindow`,
    value: validationWindow && !validationWindow.isUnresolved() ? validationWindow.toHours({ integral: false }) : undefined,
    min: 1,
    max: 168,
    unit: 'hours',
    step: 1,
  });
  validateCron(scope, `${prop}.schedule`, schedule);
}

function validateCron(scope: IConstruct, prop: string, schedule?: events.Schedule): void {
  validateMatch(scope, {
    prop, value: schedule?.expressionString, pattern: /^cron/, problem: 'AWS Backup takes cron expressions only', remedy: 'Use events.Schedule.cron().',
  });
}

function isWholeDays(duration: Duration): boolean {
  const days = duration.toDays({ integral: false });
  return days >= 1 && Number.isInteger(days);
}
