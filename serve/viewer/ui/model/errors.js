// Which of the errors matter. Most spans with an error are harmless: a call
// that was tried again with success, a 404 before something is made. Pure.

import { at, hasError, wasMadeGood } from './columns.js';

/** @typedef {import('../types').Model} Model */

/**
 * The errors of a trace. Which of them were made good the server says. An error
 * lasted when it was not, and none under it lasted either: it is the inmost.
 * Linear in the lines.
 * @param {Model} m
 * @returns {import('../types').Errors}
 */
export function errorsOf(m) {
  const all = [];
  const good = new Uint8Array(m.n);
  for (let i = 0; i < m.n; i++) {
    if (!hasError(m, i)) continue;
    all.push(i);
    if (wasMadeGood(m, i)) good[i] = 1;
  }
  const lasting = [];
  const first = new Int32Array(m.n).fill(-1);
  for (let i = m.n - 1; i >= 0; i--) {
    let found = at(first, i);
    if (found < 0 && hasError(m, i) && !good[i]) {
      lasting.push(i);
      found = i;
    }
    const p = at(m.parent, i);
    if (found >= 0 && p >= 0 && (at(first, p) < 0 || ended(m, found) <= ended(m, at(first, p)))) first[p] = found;
  }
  lasting.reverse();
  return { all, good, lasting, first, start: lasting.reduce((a, b) => (a < 0 || ended(m, b) < ended(m, a) ? b : a), -1) };
}

/**
 * The error under a closed line that speaks for it, or -1.
 * @param {{ closed: Uint8Array, errors: import('../types').Errors }} o
 * @param {number} line
 */
export function causeUnder(o, line) {
  return o.closed[line] ? at(o.errors.first, line) : -1;
}

/**
 * Whether a line of a job's trace is from Prow's files: a phase, a process, a
 * JUnit case. Always false in a trace as it was reported.
 * @param {Model} m
 * @param {number} line
 */
export function ofProw(m, line) {
  return m.head.joined === true && at(m.service, line) === at(m.service, 0);
}

/**
 * A span fails when it ends.
 * @param {Model} m
 * @param {number} line
 */
function ended(m, line) {
  return at(m.start, line) + at(m.duration, line);
}
