// What of a trace is open when it is first shown. Pure.

import { at, FLAG } from './columns.js';
import { ofProw } from './errors.js';

/** @typedef {import('../types').Model} Model */

const SCREEN = 20; // lines that fit a small screen
const FEW = 10; // lines directly under a phase that are worth opening for an error among them

/**
 * Runs of similar siblings are closed. If a job's trace is longer than a screen
 * then, so are its processes; and of Prow's own lines, the phases and JUnit
 * reports, those that have neither a process nor one of a few errors under them.
 * @param {Model} m
 */
export function initiallyClosed(m) {
  const closed = new Uint8Array(m.n);
  for (let i = 0; i < m.n; i++) if (at(m.flags, i) & FLAG.fold) closed[i] = 1;
  if (!m.head.joined || lines(m, closed) <= SCREEN) return closed;
  const leads = new Uint8Array(m.n); // to a process
  for (let i = m.n - 1; i >= 0; i--) {
    if (!ofProw(m, i) || at(m.members, i) === 0) continue;
    const process = isProcess(m, i);
    if (process || !(leads[i] || (at(m.below, i) > 0 && at(m.members, i) <= FEW))) closed[i] = 1;
    if (process || leads[i]) for (let p = at(m.parent, i); p >= 0 && !leads[p]; p = at(m.parent, p)) leads[p] = 1;
  }
  closed[0] = 0;
  return closed;
}

/**
 * Whether spans of a process lie under a line of Prow's.
 * @param {Model} m
 * @param {number} line
 */
function isProcess(m, line) {
  for (let c = line + 1; c < at(m.end, line); c = at(m.end, c)) if (!ofProw(m, c)) return true;
  return false;
}

/**
 * How many lines are on show.
 * @param {Model} m
 * @param {Uint8Array} closed
 */
function lines(m, closed) {
  let n = 0;
  for (let i = 0; i < m.n; n++) i = closed[i] ? at(m.end, i) : i + 1;
  return n;
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
