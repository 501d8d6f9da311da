import { Duration } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { IConstruct } from 'constructs';
import { validateDays } from './days';
import { LegalMinimum } from './legal-minimum';
import { RetentionArchive } from './retention-archive';
import { daysOf } from '../../private/days';
import { reject, validateMatch } from '../../private/validation';

export const DEFAULT_TRANSITION = Duration.days(7);
export const DEFAULT_CLASS = s3.StorageClass.DEEP_ARCHIVE;

/** How long an object of each class is paid for at least, in days. @see https://aws.amazon.com/s3/storage-classes/ */
const PAID_DAYS: Record<string, number> = {
  [s3.StorageClass.DEEP_ARCHIVE.value]: 180,
  [s3.StorageClass.GLACIER.value]: 90,
  [s3.StorageClass.GLACIER_INSTANT_RETRIEVAL.value]: 90,
  [s3.StorageClass.INFREQUENT_ACCESS.value]: 30,
};

/** S3 takes no earlier transition to this class. */
const FIRST_INFREQUENT_ACCESS_DAY = 30;

export function validateArchive(scope: IConstruct, prop: string, archive: RetentionArchive, legalMinimum?: LegalMinimum): void {
  const { schedule, retention } = archive;
  const storageClass = (archive.storageClass ?? DEFAULT_CLASS).value;
  const transitionAfter = archive.transitionAfter ?? DEFAULT_TRANSITION;
  const paid = PAID_DAYS[storageClass];
  if (paid === undefined) {
    reject(scope, {
      prop: `${prop}.storageClass`, value: storageClass, problem: 'an archive is not kept in this class', remedy: `Give one of: ${Object.keys(PAID_DAYS).join(', ')}.`,
    });
  }
  validateDays(scope, `${prop}.retention`, retention);
  validateDays(scope, `${prop}.transitionAfter`, transitionAfter, storageClass === s3.StorageClass.INFREQUENT_ACCESS.value ? FIRST_INFREQUENT_ACCESS_DAY : 0);
  const [kept, moved] = [daysOf(retention), daysOf(transitionAfter)];
  if (kept !== undefined && moved !== undefined && kept < moved + paid) {
    reject(scope, {
      prop: `${prop}.retention`,
      value: `${kept} days`,
      problem: `${storageClass} is paid for ${paid} days at least, from day ${moved} on`,
      remedy: `Keep it for ${moved + paid} days or more, or give a class with a shorter minimum.`,
    });
  }
  legalMinimum?._validateKept(scope, `${prop}.retention`, retention);
  validateMatch(scope, {
    prop: `${prop}.schedule`,
    value: schedule?.expressionString,
    pattern: /^cron/,
    problem: 'a rate starts anew with every deployment that changes it',
    remedy: 'Use events.Schedule.cron().',
  });
}
