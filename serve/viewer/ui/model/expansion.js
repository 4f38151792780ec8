// Which lines are open and which are closed, as the address holds it: a level
// for all lines, and the lines that were opened or closed by themselves. Pure.

import { closedBelow } from './collapse.js';
import { at } from './columns.js';
import { formatRanges } from './ranges.js';

/** @typedef {import('../types').Model} Model */
/** @typedef {import('../types').Expansion} Expansion */
/** @typedef {{ level: string, open: string, closed: string }} Written an expansion in an address */

const PIECES = 150; // numbers and ranges that an address holds of each kind

/** @type {Expansion} */
export const AT_FIRST = { level: '', lines: new Map() };

/**
 * @param {Written} s
 * @param {number} n lines that there are
 * @returns {Expansion}
 */
export function parseExpansion(s, n) {
  /** @type {Map<number, 0 | 1>} */
  const lines = new Map();
  for (const line of parseLines(s.open, n)) lines.set(line, 0);
  for (const line of parseLines(s.closed, n)) lines.set(line, 1);
  return { level: s.level, lines };
}

/**
 * What an address says of an expansion; lines beyond some hundred are left out.
 * @param {Expansion} e
 * @returns {Written}
 */
export function formatExpansion(e) {
  const of = (/** @type {0 | 1} */ closed) => formatLines([...e.lines].filter(([, c]) => c === closed).map(([line]) => line));
  return { level: e.level, open: of(0), closed: of(1) };
}

/**
 * An expansion with one line opened or closed.
 * @param {Expansion} e
 * @param {number} line
 * @param {0 | 1} closed
 * @returns {Expansion}
 */
export function withLine(e, line, closed) {
  return { level: e.level, lines: new Map(e.lines).set(line, closed) };
}

/**
 * An expansion in which all that a line is under is open; with keep, not what
 * was closed by itself. It is the same one if nothing has to be opened.
 * @param {Model} m
 * @param {Expansion} e
 * @param {Uint8Array} closed by line
 * @param {number} line
 * @param {boolean} keep
 * @returns {Expansion}
 */
export function revealing(m, e, closed, line, keep) {
  const opened = [];
  for (let p = at(m.parent, line); p >= 0; p = at(m.parent, p)) {
    if (closed[p] && !(keep && e.lines.get(p) === 1)) opened.push(p);
  }
  if (opened.length === 0) return e;
  const lines = new Map(e.lines);
  for (const p of opened) lines.set(p, 0);
  return { level: e.level, lines };
}

/**
 * The closed lines.
 * @param {Model} m
 * @param {Expansion} e
 * @param {Uint8Array} atFirst what is closed at first
 * @param {Uint8Array | null} keep by line: what a filter shows is open
 */
export function closedLines(m, e, atFirst, keep) {
  const closed = e.level === '' ? atFirst.slice() : e.level === 'all' ? new Uint8Array(m.n) : closedBelow(m, Number(e.level));
  if (keep) for (let i = 0; i < m.n; i++) if (keep[i]) closed[i] = 0;
  for (const [line, c] of e.lines) closed[line] = c;
  return closed;
}

/**
 * Line numbers as text: 5.17.40-45.
 * @param {number[]} lines
 */
export function formatLines(lines) {
  return formatRanges(lines, '.', PIECES);
}

/**
 * @param {string} text
 * @param {number} n lines that there are
 */
export function parseLines(text, n) {
  /** @type {number[]} */
  const out = [];
  for (const piece of text.split('.').slice(0, PIECES)) {
    const range = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(piece);
    if (!range) continue;
    const last = Math.min(Number(range[2] ?? range[1]), n - 1);
    for (let line = Number(range[1]); line <= last && out.length < n; line++) out.push(line);
  }
  return out;
}
