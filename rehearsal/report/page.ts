/** The result as one HTML page which needs nothing else. */
import { type CheckReport, type PhaseReport, type RehearsalReport, type StackReport, totals } from './model';
import type { EncryptionTable } from '../../src/cli/encryption/encryption-table';
import { HOP_HEADINGS, hopCells, STORE_HEADINGS, storeCells } from '../../src/cli/encryption/encryption-text';
import { sourcesText } from '../checks/sources';
import type { TypeSummary } from '../fidelity';
import type { Leftover } from '../inventory';

export interface Illustrations {
  /** An SVG of the platform, if there is one. */
  readonly picture?: string;
  /** What the templates say of stores and hops. */
  readonly encryption: EncryptionTable;
}

export function renderPage(report: RehearsalReport, { picture, encryption }: Illustrations): string {
  return `<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Rehearsal of ${escape(report.app)}</title>
<style>${STYLE}</style>
<h1>Rehearsal <span class="${report.passed ? 'ok' : 'bad'}">${report.passed ? 'passed' : 'failed'}</span></h1>
<p><code>${escape(report.app)}</code> in ${report.seconds.toFixed(1)} s${report.peakMemoryMiB === undefined ? '' : `, at most ${report.peakMemoryMiB} MiB`}</p>
${picture ? `<figure>${picture}</figure>` : ''}
${phases(report.phases)}
${fidelityShare(report.stacks)}
<h2>Checks</h2>
<p>In brackets: whether services were asked, or Cloud Control read back what was stored or recorded at creation, which proves less.</p>
${report.checks.map(check).join('\n')}
${report.leftOut.length > 0 ? `<p>Left out, for they speak of stacks that were not selected: ${report.leftOut.map(escape).join(', ')}</p>` : ''}
<h2>Stacks</h2>
${stackTable(report.stacks)}
<h2>Encryption</h2>
<p>What the templates say, of ${encryption.stores.length} stores and ${encryption.hops.length} hops: where no property asks for encryption, "none".</p>
${table(STORE_HEADINGS, encryption.stores.map(storeCells))}
${table(HOP_HEADINGS, encryption.hops.map(hopCells))}
<p>Not examined: ${encryption.notExamined.map(({ type, count }) => escape(`${type} (${count})`)).join(', ') || 'nothing'}</p>
<h2>What is real</h2>
<p>real: the service behaves; stored: properties are checked, kept and readable; shape: accepted only.
For a real type, the properties named are stored, not acted on.</p>
${typeTable(report.types)}
${report.assumed.length > 0 ? `<p>Assumed to exist already: ${report.assumed.map(escape).join('; ')}</p>` : ''}
${report.leftovers ? `<h2>Left after the destruction</h2>${leftoverTable(report.leftovers)}` : ''}
</html>
`;
}

const STYLE = `
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
.wide { overflow-x: auto; } table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid #8884; vertical-align: top; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
.ok { color: #1a7f37; } .bad { color: #cf222e; }
figure { margin: 0; overflow-x: auto; } figure svg { max-width: 100%; height: auto; }
.bar { display: flex; height: 1.6rem; border-radius: .3rem; overflow: hidden; color: #fff; font-size: 12px; }
.bar > span { padding: .2rem .4rem; overflow: hidden; white-space: nowrap; min-width: 2px; box-sizing: border-box; }
.bar > span:nth-child(4n+1) { background: #1a7f37; } .bar > span:nth-child(4n+2) { background: #0969da; }
.bar > span:nth-child(4n+3) { background: #6e7781; } .bar > span:nth-child(4n) { background: #8250df; }
ul { margin: .2rem 0 .8rem; }
`;

function bar(parts: readonly { label: string; size: number }[]): string {
  const spans = parts.filter(part => part.size > 0).map(part => `<span style="flex:${part.size}" title="${escape(part.label)}">${escape(part.label)}</span>`);
  return `<div class="bar">${spans.join('')}</div>`;
}

function phases(list: readonly PhaseReport[]): string {
  return `<h2>Phases</h2>${bar(list.map(phase => ({ label: `${phase.name} ${phase.seconds.toFixed(1)} s`, size: phase.seconds })))}`;
}

function fidelityShare(stacks: readonly StackReport[]): string {
  const sum = totals(stacks);
  return `<h2>${sum.all} resources</h2>${bar((['real', 'stored', 'shape'] as const).map(kind => ({ label: `${kind} ${sum[kind]}`, size: sum[kind] })))}`;
}

function check(result: CheckReport): string {
  return `<p><strong class="${result.passed ? 'ok' : 'bad'}">${result.passed ? 'ok' : 'failed'}</strong> ${escape(result.name)}: ${escape(result.proves)} <em>[${escape(sourcesText(result.sources))}]</em></p>
<ul>${result.evidence.map(line => `<li>${escape(line)}</li>`).join('')}</ul>`;
}

function stackTable(stacks: readonly StackReport[]): string {
  const head = ['stack', 'account', 'region', '#resources', '#seconds', '#real', '#stored', '#shape'];
  return table(head, stacks.map(stack => [
    stack.displayName, stack.account, stack.region, String(stack.resources), stack.seconds?.toFixed(1) ?? '',
    String(stack.kinds.real), String(stack.kinds.stored), String(stack.kinds.shape),
  ]));
}

function typeTable(types: readonly TypeSummary[]): string {
  return table(['type', 'kind', '#resources', 'stored, not acted on'], types.map(type => [type.type, type.kind, String(type.resources), type.storedOnly.join(', ')]));
}

function leftoverTable(items: readonly Leftover[]): string {
  if (items.length === 0) { return '<p>Nothing.</p>'; }
  return table(['resource', 'type', 'account', 'region', 'why'], items.map(item => [item.id, item.type, item.account, item.region, item.reason ?? 'left behind']));
}

/** Columns whose heading starts with # hold numbers. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const numeric = head.map(title => title.startsWith('#') ? ' class="number"' : '');
  const headings = head.map((title, column) => `<th${numeric[column]}>${escape(title.replace(/^#/, ''))}</th>`).join('');
  const body = rows.map(row => `<tr>${row.map((cell, column) => `<td${numeric[column]}>${escape(cell)}</td>`).join('')}</tr>`).join('\n');
  return `<div class="wide"><table><tr>${headings}</tr>\n${body}</table></div>`;
}

function escape(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
}
