import { IConstruct } from 'constructs';
import { CronSchedule, parseCron } from './cron';
import { QuietWindow } from './node-disruption';
import { reject, validateRange } from '../../private/validation';

const DAY = 24 * 60;
/** As many as a NodePool has budgets, less the one that always holds. */
const MOST_WINDOWS = 49;
/** A leap year that begins on a Saturday: every date and every weekday occurs in it. */
const SAMPLE_YEAR = 2028;
/** Nodes whose image has known faults are renewed within a week. */
const LONGEST_QUIET_DAYS = 7;

/** The windows in minutes; together they leave time in which nodes are replaced. */
export function validateQuietWindows(scope: IConstruct, prop: string, windows: QuietWindow[]): { schedule: string; minutes: number }[] {
  validateRange(scope, { prop: `${prop}.length`, value: windows.length, min: 0, max: MOST_WINDOWS, unit: 'windows' });
  const parsed = windows.map(({ schedule, duration }, index) => {
    const cron = parseCron(schedule);
    if (!cron) {
      reject(scope, {
        prop: `${prop}[${index}].schedule`, value: schedule,
        problem: 'it is not a cron expression of minute, hour, day of the month, month and day of the week',
        remedy: 'Give an expression such as "0 6 * * mon-fri" (UTC) or "@daily".',
      });
    }
    const minutes = duration.isUnresolved() ? NaN : duration.toMinutes({ integral: false });
    validateRange(scope, { prop: `${prop}[${index}].duration`, value: minutes, min: 1, max: LONGEST_QUIET_DAYS * DAY, unit: 'minutes', step: 1 });
    return { schedule, minutes, cron };
  });
  const longest = longestQuiet(parsed.map(({ cron, minutes }) => ({ cron, minutes })));
  if (longest > LONGEST_QUIET_DAYS * DAY) {
    reject(scope, {
      prop,
      value: windows.map(({ schedule }) => schedule),
      problem: longest >= 366 * DAY ? 'the windows never end' : `the windows leave nodes alone for ${Math.ceil(longest / DAY)} days without a pause`,
      remedy: `Leave some time within every ${LONGEST_QUIET_DAYS} days in which nodes are replaced.`,
    });
  }
  return parsed.map(({ schedule, minutes }) => ({ schedule, minutes }));
}

/** The longest time without a pause that the windows cover together, in minutes of a sample year. */
function longestQuiet(windows: { readonly cron: CronSchedule; readonly minutes: number }[]): number {
  const spans = windows.flatMap(({ cron, minutes }) => startsOf(cron).map(start => [start, start + minutes]));
  spans.sort(([one], [other]) => one - other);
  let [longest, begin, end] = [0, 0, 0];
  for (const [from, to] of spans) {
    if (from > end) { begin = from; }
    end = Math.max(end, to);
    longest = Math.max(longest, end - begin);
  }
  return longest;
}

function startsOf({ minutesOfDay, matchesDay }: CronSchedule): number[] {
  const first = Date.UTC(SAMPLE_YEAR, 0, 1);
  return Array.from({ length: 366 }, (_, day) => day)
    .filter(day => matchesDay(new Date(first + day * DAY * 60_000)))
    .flatMap(day => minutesOfDay.map(minute => day * DAY + minute));
}
