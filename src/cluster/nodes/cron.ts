/** Minutes of the day and days on which a cron expression begins, as Kubernetes' cron library reads it (UTC, five fields or a macro). */
export interface CronSchedule {
  readonly minutesOfDay: number[];
  readonly matchesDay: (day: Date) => boolean;
}

interface Field {
  readonly min: number;
  readonly max: number;
  readonly names: string[];
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const FIELDS: Field[] = [
  { min: 0, max: 59, names: [] },
  { min: 0, max: 23, names: [] },
  { min: 1, max: 31, names: [] },
  { min: 1, max: 12, names: MONTHS },
  { min: 0, max: 6, names: WEEKDAYS },
];
const MACROS: Record<string, string> = {
  '@yearly': '0 0 1 1 *', '@annually': '0 0 1 1 *', '@monthly': '0 0 1 * *', '@weekly': '0 0 * * 0', '@daily': '0 0 * * *', '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};

/** The schedule of an expression, or undefined where it is none. */
export function parseCron(expression: string): CronSchedule | undefined {
  const parts = (MACROS[expression] ?? expression).split(' ');
  const fields = parts.map((part, index) => FIELDS[index] && parseField(part, FIELDS[index]));
  if (parts.length !== FIELDS.length || fields.some(values => values === undefined)) { return undefined; }
  const [minutes, hours, daysOfMonth, months, weekdays] = fields as Set<number>[];
  // where both kinds of days are named, either will do
  const either = ![parts[2], parts[4]].some(part => part.split(',').some(item => /^[*?](\/0?1)?$/.test(item)));
  return {
    minutesOfDay: [...hours].flatMap(hour => [...minutes].map(minute => 60 * hour + minute)),
    matchesDay: day => {
      const [ofMonth, ofWeek] = [daysOfMonth.has(day.getUTCDate()), weekdays.has(day.getUTCDay())];
      return months.has(day.getUTCMonth() + 1) && (either ? ofMonth || ofWeek : ofMonth && ofWeek);
    },
  };
}

function parseField(text: string, field: Field): Set<number> | undefined {
  const values = new Set<number>();
  for (const item of text.toLowerCase().split(',')) {
    const [, all, first, last, step] = /^(?:([*?])|([a-z]{3}|\d{1,2})(?:-([a-z]{3}|\d{1,2}))?)(?:\/(\d{1,2}))?$/.exec(item) ?? [];
    if (all === undefined && first === undefined) { return undefined; }
    const from = all ? field.min : valueOf(first, field);
    // `5/10` means from 5 on
    const to = all || (last === undefined && step !== undefined) ? field.max : valueOf(last ?? first, field);
    if (!(from >= field.min && to <= field.max && from <= to) || step === '0' || step === '00') { return undefined; }
    for (let value = from; value <= to; value += Number(step ?? 1)) { values.add(value); }
  }
  return values;
}

function valueOf(text: string, { min, names }: Field): number {
  return names.includes(text) ? names.indexOf(text) + min : /^\d+$/.test(text) ? Number(text) : NaN;
}
