import { EncryptionTable, HopRow, isUnencrypted, StoreRow } from './encryption-table';
import { KeyFinding } from './finding';

export const STORE_HEADINGS = ['stack', 'resource', 'store', 'key'];
export const HOP_HEADINGS = ['stack', 'resource', 'from', 'to', 'protocol', 'certificate'];
const NONE = 'none';

export function storeCells({ stack, resource, store, key }: StoreRow): string[] {
  return [stack, resource, store, keyText(key)];
}

export function hopCells({ stack, resource, from, to, protocol = NONE, certificate = NONE }: HopRow): string[] {
  return [stack, resource, from, to, protocol, certificate];
}

/** Both tables for a terminal. */
export function asText(table: EncryptionTable): string {
  return [...aligned('Stores', STORE_HEADINGS, table.stores.map(storeCells)), ...aligned('Hops', HOP_HEADINGS, table.hops.map(hopCells)), ...closing(table), ''].join('\n');
}

/** Both tables for a page. */
export function asMarkdown(table: EncryptionTable): string {
  return [...markdown(STORE_HEADINGS, table.stores.map(storeCells)), '', ...markdown(HOP_HEADINGS, table.hops.map(hopCells)), '', ...closing(table), ''].join('\n');
}

function keyText({ kind, name = '' }: KeyFinding): string {
  return { customer: `customer key ${name}`, aws: `key of AWS: ${name}`, open: name, none: NONE }[kind];
}

function closing({ stores, hops, notExamined }: EncryptionTable): string[] {
  const bare = [...stores, ...hops].filter(isUnencrypted).length;
  const types = notExamined.map(({ type, count }) => `${type} (${count})`).join(', ');
  return [
    `${stores.length} stores and ${hops.length} hops; ${bare === 0 ? 'each of these is encrypted' : `no property asks for the encryption of ${bare} of these`}.`,
    ...types ? [`Not examined: ${types}.`] : [],
  ];
}

function aligned(title: string, headings: string[], rows: string[][]): string[] {
  const widths = headings.map((heading, column) => Math.max(heading.length, ...rows.map(row => row[column].length)));
  return [`${title}:`, ...[headings, ...rows].map(row => `  ${row.map((cell, column) => cell.padEnd(widths[column])).join('  ').trimEnd()}`), ''];
}

function markdown(headings: string[], rows: string[][]): string[] {
  return [headings, headings.map(() => '---'), ...rows].map(row => `| ${row.map(cell => cell.replace(/\|/g, '\\|')).join(' | ')} |`);
}
