/** JSON that a template holds as a text, with values in it that only the deployment knows. */
import { Unknown, describe } from './template-values';

/** Characters of private use, which stand for the unknown parts while the rest is read. */
const MARK = /\uE000(\d+)\uE001/;
const MARKS = /\uE000\d+\uE001/;

/** The value, or what its text says; `undefined` for a text that is no JSON. */
export function fromJson(value: unknown): unknown {
  if (typeof value !== 'string' && !(value instanceof Unknown && value.parts.length > 0)) { return value; }
  const parts = value instanceof Unknown ? value.parts : [value];
  try {
    return restored(JSON.parse(parts.map((part, index) => typeof part === 'object' ? `\uE000${index}\uE001` : String(part)).join('')), parts);
  } catch {
    return undefined;
  }
}

function restored(value: unknown, parts: readonly unknown[]): unknown {
  if (Array.isArray(value)) { return value.map(item => restored(item, parts)); }
  if (typeof value === 'object' && value !== null) { return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, restored(inner, parts)])); }
  if (typeof value !== 'string' || !MARKS.test(value)) { return value; }
  const pieces = value.split(MARK).map((piece, index) => index % 2 === 0 ? piece : parts[Number(piece)]).filter(piece => piece !== '');
  return pieces.length === 1 ? pieces[0] : new Unknown(pieces.map(describe).join(''), [], pieces);
}
