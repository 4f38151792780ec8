// What is open and what is closed, as the address holds it: a level for all
// lines, and the lines that were opened or closed by themselves. Pure.

import { initiallyClosed, closedBelow } from './collapse.js';
import { at } from './columns.js';

/** @typedef {import('../types').Model} Model */
/** @typedef {{ level: string, open: string, closed: string }} Opening */

const PIECES = 150; // numbers and ranges that an address holds of each kind

/**
 * @param {Model} m
 */
export function opening(m) {
  const atFirst = initiallyClosed(m);
  let level = '';
  /** @type {Map<number, 0 | 1>} lines that differ from the level: 1 is closed */
  const chosen = new Map();
  let known = format();

  /** @returns {Opening} */
  function format() {
    const of = (/** @type {0 | 1} */ closed) => formatLines([...chosen].filter(([, c]) => c === closed).map(([line]) => line));
    return { level, open: of(0), closed: of(1) };
  }

  return {
    /** What the address says of it; lines beyond some hundred are left out. */
    format: () => (known = format()),

    /**
     * Takes what an address says; tells whether that is another opening.
     * @param {Opening} s
     */
    parse(s) {
      if (s.level === known.level && s.open === known.open && s.closed === known.closed) return false;
      known = { level: s.level, open: s.open, closed: s.closed };
      level = s.level;
      chosen.clear();
      for (const line of parseLines(s.open, m.n)) chosen.set(line, 0);
      for (const line of parseLines(s.closed, m.n)) chosen.set(line, 1);
      return true;
    },

    /**
     * @param {string} to "" is what is closed at first, "all" nothing, a number what is as deep
     */
    setLevel(to) {
      level = to;
      chosen.clear();
    },

    /**
     * @param {number} line
     * @param {0 | 1} closed
     */
    set(line, closed) {
      chosen.set(line, closed);
    },

    /**
     * Opens what a line is under; with keep, not what was closed by itself.
     * @param {Uint8Array} closed
     * @param {number} line
     * @param {boolean} keep
     */
    reveal(closed, line, keep) {
      let changed = false;
      for (let p = at(m.parent, line); p >= 0; p = at(m.parent, p)) {
        if (!closed[p] || (keep && chosen.get(p) === 1)) continue;
        chosen.set(p, 0);
        changed = true;
      }
      return changed;
    },

    /**
     * Writes what is closed.
     * @param {Uint8Array} closed by line
     * @param {Uint8Array | null} keep by line: what a filter shows is open
     */
    apply(closed, keep) {
      closed.set(level === '' ? atFirst : level === 'all' ? new Uint8Array(m.n) : closedBelow(m, Number(level)));
      if (keep) for (let i = 0; i < m.n; i++) if (keep[i]) closed[i] = 0;
      for (const [line, c] of chosen) closed[line] = c;
    },
  };
}

/**
 * Line numbers as text: 5.17.40-45.
 * @param {number[]} lines
 */
export function formatLines(lines) {
  const sorted = [...lines].sort((a, b) => a - b);
  const pieces = [];
  for (let k = 0; k < sorted.length && pieces.length < PIECES; ) {
    const first = at(sorted, k);
    let last = first;
    for (k++; k < sorted.length && sorted[k] === last + 1; k++) last++;
    pieces.push(last > first ? `${first}-${last}` : String(first));
  }
  return pieces.join('.');
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
