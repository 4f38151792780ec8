// Times and runs as the page of a history names them.

import { bdi, h, outside } from '../lib/dom.js';
import { dateAndTime, zoneName } from '../lib/format.js';
import { withRuns } from '../model/history.js';

/** @typedef {import('../historytypes').HistoryRun} HistoryRun */

/**
 * @param {string} time as in RFC 3339
 * @param {string} zone UTC or local
 */
export function when(time, zone) {
  const ns = BigInt(Math.max(0, Date.parse(time) || 0)) * 1000000n;
  if (ns === 0n) return 'time unknown';
  const [date, clock] = dateAndTime(ns, zone, 0);
  return `${date} ${clock.slice(0, 5)} ${zoneName(ns, zone)}`;
}

/**
 * @param {string} time
 * @param {string} zone
 */
export function day(time, zone) {
  return when(time, zone).slice(0, 10);
}

/**
 * A run by its shortened build, as a link to it.
 * @param {HistoryRun} run
 */
export function runLink(run) {
  const element = run.url ? outside(run.url, run.short) : bdi(run.short);
  element.title = run.build;
  return element;
}

/**
 * A build by its run, or as it is.
 * @param {string} build
 * @param {HistoryRun[]} runs
 */
export function buildLink(build, runs) {
  const run = runs.find((r) => r.build === build);
  return run ? runLink(run) : h('span', {}, build);
}

/**
 * A sentence with links where it names runs.
 * @param {string} sentence
 * @param {HistoryRun[]} runs
 */
export function sentenceOf(sentence, runs) {
  return withRuns(sentence, runs).map(({ text, run }) => (run ? runLink(run) : text));
}
