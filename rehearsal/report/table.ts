/** The result in a terminal. */
import { type RehearsalReport, type StackReport, totals } from './model';
import { sourcesText } from '../checks/sources';

export function renderTable(report: RehearsalReport): string {
  return [
    stackTable(report.stacks),
    legend(report),
    ...report.checks.flatMap(check => [
      `${check.passed ? 'ok  ' : 'FAIL'} ${check.name}: ${check.passed ? check.evidence.join('; ') : check.proves}`,
      ...(check.passed ? [] : check.evidence.map(line => `       ${line}`)),
      `       [${sourcesText(check.sources)}]`,
    ]),
    ...report.leftOut.map(name => `left out, for it speaks of stacks that were not selected: ${name}`),
    ...leftovers(report),
    '',
    summary(report),
  ].join('\n');
}

function stackTable(stacks: readonly StackReport[]): string {
  const sum = totals(stacks);
  const rows = [
    ['stack', 'account', 'region', 'resources', 'seconds', 'real', 'stored', 'shape'],
    ...stacks.map(stack => [
      stack.displayName, stack.account, stack.region, String(stack.resources), stack.seconds?.toFixed(1) ?? '',
      ...(['real', 'stored', 'shape'] as const).map(kind => String(stack.kinds[kind])),
    ]),
    ['total', '', '', String(sum.all), '', String(sum.real), String(sum.stored), String(sum.shape)],
  ];
  const widths = rows[0].map((_, column) => Math.max(...rows.map(row => row[column].length)));
  const lines = rows.map(row => row.map((cell, column) => column < 3 ? cell.padEnd(widths[column]) : cell.padStart(widths[column])).join('  '));
  const rule = '-'.repeat(lines[0].length);
  return ['', lines[0], rule, ...lines.slice(1, -1), rule, lines.at(-1), ''].join('\n');
}

function legend(report: RehearsalReport): string {
  return [
    'real: the service behaves; stored: properties are checked, kept and readable; shape: accepted only.',
    'Under each check: whether services were asked, or Cloud Control read back what was stored or recorded at creation.',
    ...report.assumed.map(thing => `assumed to exist already: ${thing}`),
    '',
  ].join('\n');
}

function leftovers(report: RehearsalReport): string[] {
  if (!report.leftovers) { return []; }
  const forbidden = report.leftovers.filter(item => !item.reason);
  return [
    `${forbidden.length === 0 ? 'ok  ' : 'FAIL'} nothing is left but what holds data: ${report.leftovers.length - forbidden.length} kept on purpose`,
    ...forbidden.map(item => `       ${item.type} ${item.id} in ${item.account}/${item.region} was left behind`),
  ];
}

function summary(report: RehearsalReport): string {
  const phases = report.phases.map(phase => `${phase.name} ${phase.seconds.toFixed(1)} s`).join(', ');
  const memory = report.peakMemoryMiB === undefined ? '' : `, at most ${report.peakMemoryMiB} MiB`;
  return `${report.passed ? 'Passed' : 'FAILED'} in ${report.seconds.toFixed(1)} s${memory} (${phases}).`;
}
