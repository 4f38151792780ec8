// What of a trace is closed. Pure.

import { at, wasClosed } from './columns.js';

/** @typedef {import('../types').Model} Model */

/**
 * What is closed when a trace is first shown.
 * @param {Model} m
 */
export function closedAtFirst(m) {
  const closed = new Uint8Array(m.n);
  for (let i = 0; i < m.n; i++) if (wasClosed(m, i)) closed[i] = 1;
  return closed;
}

/**
 * Closes all lines at a depth, and opens those above it.
 * @param {Model} m
 * @param {number} depth
 */
export function closedBelow(m, depth) {
  const closed = new Uint8Array(m.n);
  for (let i = 0; i < m.n; i++) if (at(m.depth, i) >= depth && at(m.members, i) > 0) closed[i] = 1;
  return closed;
}
