// Finding spans in a page in a file: by what its lines and their texts say.

import { builder } from '../model/build.js';
import { at, decode, hasError, isGroup, KINDS } from '../model/columns.js';
import { termsOf, unquoted } from './words.js';

/** @typedef {import('../types').LineText} LineText */
/** @typedef {import('../types').Model} Model */
/** @typedef {{ model: Model, texts: LineText[] }} Lines */
/** @typedef {(line: number, of: Lines) => boolean} Meets */

/** @type {Map<string, Lines>} */
const known = new Map();

/**
 * The numbers of the lines that a search finds; undefined where it asks for more than is
 * in the file.
 * @param {import('./source.js').Held} held
 * @param {string} trace its path
 * @param {string} q
 * @returns {Uint8Array<ArrayBuffer> | undefined}
 */
export function linesMatching(held, trace, q) {
  const terms = termsOf(q).map(termOf);
  const of = linesOf(held, trace);
  if (!of || !terms.every((t) => t !== null)) return undefined;
  const found = [];
  for (let i = 0; i < of.model.n; i++) if (!isGroup(of.model, i) && terms.every((meets) => meets(i, of))) found.push(i);
  return new Uint8Array(Uint32Array.from(found).buffer);
}

/**
 * @param {import('./source.js').Held} held
 * @param {string} trace
 */
function linesOf(held, trace) {
  const columns = held.bytes(`${trace}/columns`);
  if (columns && !known.has(trace)) {
    const { add, model } = builder(held.json(trace));
    add(decode(columns.buffer));
    known.set(trace, { model: model(), texts: held.json(`${trace}/lines`).lines });
  }
  return known.get(trace);
}

/**
 * What a term asks for; null where that is not in a file.
 * @param {string} term
 * @returns {Meets | null}
 */
function termOf(term) {
  if (term.startsWith('-') && term.length > 1) {
    const other = termOf(term.slice(1));
    return other && ((line, of) => !other(line, of));
  }
  if (term === 'error') return (line, { model }) => hasError(model, line);
  const [, field = '', op = '', value = ''] = /^([a-z]+)(:[=#]|>=|<=|[:=<>])(.*)$/su.exec(term) ?? [];
  if (field) return FIELDS[field]?.(op, unquoted(value)) ?? null;
  if (!term.startsWith('"') && /^OR$|[()~=<>]/u.test(term)) return null;
  const word = unquoted(term).toLowerCase();
  return (line, of) => [name(line, of), service(line, of), of.texts[line]?.hint, of.texts[line]?.message].some((s) => s?.toLowerCase().includes(word)) || of.texts[line]?.id === word;
}

const name = (/** @type {number} */ line, /** @type {Lines} */ { model }) => model.head.names[at(model.name, line)] ?? '';
const service = (/** @type {number} */ line, /** @type {Lines} */ { model }) => model.head.services[at(model.service, line)] ?? '';

/**
 * A field that is a text: a part of it, or all.
 * @param {(line: number, of: Lines) => string} get
 * @returns {(op: string, value: string) => Meets | null}
 */
function text(get) {
  return (op, value) => {
    if (op === ':') return (line, of) => get(line, of).toLowerCase().includes(value.toLowerCase());
    return op === '=' || op === ':=' ? (line, of) => get(line, of) === value : null;
  };
}

const STATUS = ['unset', 'ok', 'error'];

/**
 * A field that is one of a few words.
 * @param {(line: number, of: Lines) => string | undefined} get
 * @returns {(op: string, value: string) => Meets | null}
 */
function word(get) {
  return (op, value) => (/^:?=?$/.test(op) ? (line, of) => get(line, of) === value.toLowerCase() : null);
}

/**
 * A field that is a time in ns.
 * @param {(m: Model) => ArrayLike<number>} get
 * @returns {(op: string, value: string) => Meets | null}
 */
function length(get) {
  return (op, value) => {
    const ns = durationOf(value);
    const holds = { '>': (/** @type {number} */ v) => v > ns, '>=': (/** @type {number} */ v) => v >= ns, '<': (/** @type {number} */ v) => v < ns, '<=': (/** @type {number} */ v) => v <= ns }[op];
    return holds && !Number.isNaN(ns) ? (line, { model }) => holds(at(get(model), line)) : null;
  };
}

const UNITS = /** @type {Record<string, number>} */ ({ ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9, d: 86400e9, w: 7 * 86400e9 });

/**
 * The ns of a duration such as 1.5ms or 2m30s; NaN where it is none.
 * @param {string} text
 */
function durationOf(text) {
  const parts = [...text.replaceAll(' ', '').matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|[smhdw])/gu)];
  if (parts.length === 0 || parts.map((p) => p[0]).join('') !== text.replaceAll(' ', '')) return NaN;
  return parts.reduce((sum, [, n, unit]) => sum + Number(n) * (UNITS[unit ?? ''] ?? NaN), 0);
}

/** @type {Record<string, (op: string, value: string) => Meets | null>} */
const FIELDS = {
  name: text(name), service: text(service),
  status: word((line, { model }) => STATUS[(at(model.kind, line) >> 4) & 3]), kind: word((line, { model }) => KINDS[at(model.kind, line) & 15]),
  id: word((line, { texts }) => texts[line]?.id), dur: length((m) => m.duration), self: length((m) => m.self),
};
