// Which lines of which log were written while a span ran.

import { json } from '../lib/api.js';
import { at, nameOf } from '../model/columns.js';

const TRIED = 20; // logs that are asked

/**
 * @typedef {object} SpanLines
 * @property {string} name of the log
 * @property {number} first the line before them, where there is none
 * @property {number} last
 * @property {number} count
 */

/**
 * The lines of a span: in its own log, else in the first that has some.
 * @param {string} path of the trace
 * @param {string[]} logs likeliest first
 * @param {Record<string, string>} times of the span
 * @param {AbortSignal} signal
 * @returns {Promise<SpanLines | null>} null where no log says anything
 */
export async function linesOfSpan(path, logs, times, signal) {
  /** @type {SpanLines | null} */
  let best = null;
  for (const name of logs) {
    /** @type {Omit<SpanLines, 'name'> | null} */
    const found = await json(`${path}log/at?${new URLSearchParams({ log: name, ...times })}`, signal).catch(() => null);
    if (signal.aborted) return null;
    if (found && (!best || found.count > 0)) best = { name, ...found };
    if (found && found.count > 0) break;
  }
  return best && best.count === 0 && best.first === 0 ? null : best;
}

/**
 * The logs that a span's lines may be in, likeliest first: that of its own step or
 * container, the one on show, the others.
 * @param {import('../types').Model} model
 * @param {number} line of the span
 * @param {string[]} logs
 * @param {string} shown
 */
export function logsFor(model, line, logs, shown) {
  const names = new Set();
  for (let i = line; i >= 0; i = at(model.parent, i)) names.add(nameOf(model, i));
  const rank = (/** @type {string} */ log) => (log.split('/').some((part) => names.has(part)) ? 0 : log === shown ? 1 : 2);
  return [...logs].sort((a, b) => rank(a) - rank(b)).slice(0, TRIED);
}

/**
 * Times of the trace as the server takes them.
 * @param {import('../types').Model} model
 * @param {number} from ns after the start
 * @param {number} to
 */
export function timesOf({ startNs }, from, to) {
  return { from: String(startNs + BigInt(Math.floor(from))), to: String(startNs + BigInt(Math.ceil(to))) };
}
