// What is known of a trace before its columns have come: the lines of the first screen,
// which its head has. Pure.

import { blank, wasClosed, wasMadeGood } from './columns.js';

/** @typedef {import('../types').Model} Model */

const TOLD = /** @type {const} */ (['depth', 'start', 'duration', 'name', 'service', 'kind', 'flags', 'members', 'end', 'below']);

/**
 * A trace of which only those lines are known.
 * @param {import('../types').TraceHead} head
 */
export function firstModel(head) {
  const m = blank(head);
  for (const l of head.first?.lines ?? []) for (const name of TOLD) m[name][l.line] = l[name];
  return m;
}

/**
 * How they are shown.
 * @param {Model} m
 * @returns {Pick<import('../types').TraceState, 'errors' | 'closed' | 'lines' | 'rows'>}
 */
export function firstScreen(m) {
  const { rows = 0, lines = [] } = m.head.first ?? {};
  const closed = new Uint8Array(m.n);
  const good = new Uint8Array(m.n);
  for (const { line } of lines) {
    if (wasClosed(m, line)) closed[line] = 1;
    if (wasMadeGood(m, line)) good[line] = 1;
  }
  return { errors: { all: [], good, lasting: [], start: -1, first: new Int32Array(m.n).fill(-1) }, closed, lines: Int32Array.from(lines, (l) => l.line), rows };
}
