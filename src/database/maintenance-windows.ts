import { IConstruct } from 'constructs';
import { isDeployTime, reject, validateMatch } from '../private/validation';

/** When RDS works on a database, in UTC. */
export interface DatabaseWindows {
  /** Each day: `02:00-03:00`. */
  readonly backupWindow: string;
  /** Once a week: `sun:03:30-sun:04:30`. */
  readonly maintenanceWindow: string;
}

/** Backup before maintenance, with half an hour between, and both before the snapshots of `DataRetention.standard()` at 05:00. */
export const DEFAULT_WINDOWS: DatabaseWindows = { backupWindow: '02:00-03:00', maintenanceWindow: 'sun:03:30-sun:04:30' };

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const DAY = 24 * 60;
const WEEK = 7 * DAY;
const TIME = '([01]\\d|2[0-3]):([0-5]\\d)';

/** From one minute to another, counted from midnight or from Monday; the end may lie beyond the day or the week. */
interface Span {
  readonly from: number;
  readonly to: number;
}

/** Refuses windows that RDS would refuse: of another form, shorter than half an hour, or at the same time. */
export function validateWindows(scope: IConstruct, { backupWindow, maintenanceWindow }: DatabaseWindows): void {
  validateMatch(scope, {
    prop: 'backupWindow',
    value: backupWindow,
    pattern: new RegExp(`^${TIME}-${TIME}$`),
    problem: 'a backup window is a time of each day in UTC',
    remedy: `Give hh:mm-hh:mm, such as "${DEFAULT_WINDOWS.backupWindow}".`,
  });
  validateMatch(scope, {
    prop: 'maintenanceWindow',
    value: maintenanceWindow,
    pattern: new RegExp(`^(${DAYS.join('|')}):${TIME}-(${DAYS.join('|')}):${TIME}$`, 'i'),
    problem: 'a maintenance window is a time of each week in UTC',
    remedy: `Give ddd:hh:mm-ddd:hh:mm, such as "${DEFAULT_WINDOWS.maintenanceWindow}".`,
  });
  const backup = span(scope, 'backupWindow', backupWindow, DAY);
  const maintenance = span(scope, 'maintenanceWindow', maintenanceWindow, WEEK);
  if (backup && maintenance && daily(backup).some(each => overlap(each, maintenance))) {
    reject(scope, {
      prop: 'maintenanceWindow',
      value: maintenanceWindow,
      problem: `it overlaps \`backupWindow\`, which is ${backupWindow} of each day`,
      remedy: 'Move one of the two.',
    });
  }
}

function span(scope: IConstruct, prop: string, value: string, period: number): Span | undefined {
  if (isDeployTime(value)) { return undefined; }
  const [from, end] = value.toLowerCase().split('-').map(minuteOf);
  const to = end < from ? end + period : end;
  if (to - from < 30) {
    reject(scope, { prop, value, problem: 'RDS needs half an hour at least', remedy: 'Lengthen the window to 30 minutes or more.' });
  }
  return { from, to };
}

/** The minute of the day or of the week. */
function minuteOf(text: string): number {
  const [minute, hour, day = DAYS[0]] = text.split(':').reverse();
  return DAYS.indexOf(day) * DAY + Number(hour) * 60 + Number(minute);
}

/** The same time of each day, in a week and on the days around it. */
function daily({ from, to }: Span): Span[] {
  return Array.from({ length: 16 }, (_, day) => ({ from: from + (day - 1) * DAY, to: to + (day - 1) * DAY }));
}

function overlap(one: Span, other: Span): boolean {
  return one.from < other.to && other.from < one.to;
}
