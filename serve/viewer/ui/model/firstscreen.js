// What is known of a trace before its columns have come: the lines of the first screen,
// which its head has. Pure.

import { wasClosed, wasMadeGood } from './columns.js';

/** @typedef {import('../types').FirstLine} FirstLine */
/** @typedef {import('../types').Model} Model */

/**
 * A trace of which only those lines are known.
 * @param {import('../types').TraceHead} head
 * @returns {Model}
 */
export function firstModel(head) {
  const column = (/** @type {(l: FirstLine) => number} */ value) => byLine(head, value);
  return {
    head, whole: false, n: head.lines, length: Math.max(head.duration, 1), startNs: BigInt(head.start),
    depth: column((l) => l.depth), kind: column((l) => l.kind), flags: column((l) => l.flags),
    parent: [], end: column((l) => l.end), members: column((l) => l.members), below: column((l) => l.below),
    start: column((l) => l.start), duration: column((l) => l.duration), self: [],
    name: column((l) => l.name), service: column((l) => l.service),
  };
}

/**
 * How they are shown.
 * @param {Model} m
 * @returns {Pick<import('../types').TraceState, 'errors' | 'closed' | 'lines' | 'rows'>}
 */
export function firstScreen(m) {
  const closed = new Uint8Array(m.n);
  const { rows = 0, lines = [] } = m.head.first ?? {};
  for (const { line } of lines) if (wasClosed(m, line)) closed[line] = 1;
  const good = byLine(m.head, ({ line }) => (wasMadeGood(m, line) ? 1 : 0));
  return {
    errors: { all: [], good, lasting: [], start: -1, first: byLine(m.head, () => -1) },
    closed, lines: Int32Array.from(lines, (l) => l.line), rows,
  };
}

/**
 * @param {import('../types').TraceHead} head
 * @param {(l: FirstLine) => number} value
 */
function byLine(head, value) {
  /** @type {number[]} */
  const column = [];
  for (const l of head.first?.lines ?? []) column[l.line] = value(l);
  return column;
}
