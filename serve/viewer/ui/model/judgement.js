// What is said of why a run failed, as the page shows it: stops of a walk, marks
// on bars and lines, phases. Pure.

import { at } from './columns.js';
import { lowerBound } from './sorted.js';

/** @typedef {import('../types').Judgement} Judgement */
/** @typedef {import('../types').RunSummary} RunSummary */
/** @typedef {import('../types').Stop} Stop */

/**
 * The stops of a walk through the findings: the numbered steps of the first one, then
 * the others.
 * @param {Judgement | null} judgement
 * @param {import('../types').Model} m
 * @returns {Stop[]}
 */
export function stopsOf(judgement, m) {
  const nowhere = { line: -1 };
  const stop = (/** @type {number} */ n, /** @type {string} */ text, /** @type {import('../types').Evidence} */ evidence, /** @type {import('../types').Place | undefined} */ place) => {
    const clock = evidence.time ? nanos(evidence.time) : 0n;
    const after = Number(clock - m.startNs);
    const { line, ...log } = place ?? nowhere;
    return { n, text, clock, time: clock > 0n && after >= 0 && after <= m.length ? after : -1, place: { ...log, line: line < m.n ? line : -1 }, evidence };
  };
  const [first, ...others] = judgement?.summary?.findings ?? [];
  if (!judgement || !first) return [];
  const { places } = judgement;
  return [
    ...first.chain.map((step, i) => stop(i + 1, step.text, step, places[0]?.chain[i])),
    ...others.map((f, i) => stop(0, f.title, f.evidence[0] ?? { source: '' }, places[i + 1]?.evidence[0])),
  ];
}

/**
 * A time as RFC 3339 writes it, in Unix ns.
 * @param {string} time
 */
export function nanos(time) {
  const m = /^(.*:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/.exec(time);
  const ms = m ? Date.parse(`${m[1]}${m[3]}`) : NaN;
  return Number.isNaN(ms) ? 0n : BigInt(ms) * 1000000n + BigInt((m?.[2] ?? '').padEnd(9, '0'));
}

/**
 * The rows that have numbers on their bars: a step under a closed line stands on that.
 * @param {Stop[]} stops
 * @param {import('../types').Model} m
 * @param {Int32Array} lines on show
 * @returns {Map<number, number[]>} stops by row, in the order of their times
 */
export function numberedRows(stops, m, lines) {
  /** @type {Map<number, number[]>} */
  const rows = new Map();
  stops.forEach(({ n, time, place }, k) => {
    const row = n > 0 && time >= 0 ? rowOf(m, lines, place.line) : -1;
    if (row >= 0) rows.set(row, [...(rows.get(row) ?? []), k]);
  });
  for (const all of rows.values()) all.sort((a, b) => (stops[a]?.time ?? 0) - (stops[b]?.time ?? 0) || a - b);
  return rows;
}

/**
 * The row of a line, or of the nearest one that it is under and that is on show; -1 is none.
 * @param {import('../types').Model} m
 * @param {Int32Array} lines on show
 * @param {number} line
 */
export function rowOf(m, lines, line) {
  for (let i = line; i >= 0; i = at(m.parent, i)) {
    const row = lowerBound(lines, i);
    if (lines[row] === i) return row;
  }
  return -1;
}

/**
 * The numbers that lines of a log have.
 * @param {Stop[]} stops
 * @param {string} log
 * @returns {Map<number, number>}
 */
export function numberedLines(stops, log) {
  /** @type {Map<number, number>} */
  const numbers = new Map();
  for (const { n, place } of stops) if (n > 0 && place.log === log && place.at && !numbers.has(place.at)) numbers.set(place.at, n);
  return numbers;
}

/**
 * The stop at a line of a log, or -1.
 * @param {Stop[]} stops
 * @param {string} log with its line, as in an address
 */
export function stopAt(stops, log) {
  return stops.findIndex(({ place }) => place.log && `${place.log}:${place.at}` === log);
}

/**
 * What passing runs say of the first finding.
 * @param {Judgement} judgement
 * @returns {{ text: string, fresh: boolean } | null}
 */
export function novelty({ summary, final, compared, toCompare }) {
  const runs = summary?.run.baseline.length ?? 0;
  const seen = summary?.findings[0]?.in_passing_runs;
  if (!final && compared < toCompare) return { text: `comparing with ${compared} of ${toCompare} passing runs…`, fresh: false };
  if (seen === undefined || runs === 0) return null;
  const among = runs === 1 ? 'the last passing run' : `${runs} passing runs`;
  return seen > 0 ? { text: runs === 1 ? `in ${among} too` : `in ${seen} of ${among} too`, fresh: false } : { text: runs === 1 ? `new: not in ${among}` : `new: in none of ${among}`, fresh: true };
}

/**
 * How long the phases took beside each other and what is usual, as shares of the longest.
 * @param {RunSummary} summary
 */
export function phaseBars({ time }) {
  const longest = Math.max(1, ...time.flatMap((p) => [p.duration_ns, p.usual_ns ?? 0]));
  return time.map((p) => ({ ...p, share: p.duration_ns / longest, usual: p.usual_ns ? p.usual_ns / longest : -1 }));
}

/** How a run's result is worded. */
const RESULTS = /** @type {Record<string, string | undefined>} */ ({ passed: 'Passed', failed: 'Failed', error: 'Error', aborted: 'Aborted', running: 'Still running' });

/** @param {string | undefined} result */
export function resultWord(result) {
  return RESULTS[result ?? ''] ?? 'Result unknown';
}

/**
 * Whether a run's panel has a cause to show, and so needs its room.
 * @param {string | undefined} result
 */
export function hasCause(result) {
  return result === 'failed' || result === 'error' || result === 'aborted';
}
