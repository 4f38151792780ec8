// A strip of runs, the oldest first: one square a run, each a link to it.

import { h } from '../lib/dom.js';
import { duration } from '../lib/format.js';
import { squareAt } from '../model/history.js';
import { when } from './historywords.js';

/** @typedef {import('../historytypes').Job} Job */
/** @typedef {import('../historytypes').HistoryRun} HistoryRun */
/** @typedef {import('../historytypes').Mark} Mark */

/**
 * @param {object} o
 * @param {Job} o.job
 * @param {Mark[]} o.marks
 * @param {string} o.label
 * @param {string} o.zone
 * @param {import('./historytip.js').Tip} o.tip
 * @param {number[]} [o.only] the runs that it is about; others are pale
 */
export function strip({ job, marks, label, zone, tip, only }) {
  const about = only && new Set(only);
  const squares = job.runs.map((run, i) => {
    const mark = /** @type {Mark} */ (marks[i]);
    const lines = saidOf(run, mark, zone);
    const pale = about !== undefined && !about.has(i);
    const square = squareOf(run, {
      class: `sq ${pale ? 'pale' : mark.kind}`, tabindex: i === job.runs.length - 1 ? 0 : -1, 'aria-label': lines.join(', '),
      'data-finding': mark.finding >= 0 ? mark.finding % 6 : false,
    }, h('span', { 'aria-hidden': 'true' }, pale ? '' : mark.sign));
    tip.add(square, lines);
    return square;
  });
  return h('div', { class: about ? 'strip small-strip' : 'strip', role: 'group', 'aria-label': label }, ...squares);
}

/**
 * @param {HistoryRun} run
 * @param {Record<string, unknown>} props
 * @param {Node} sign
 */
function squareOf(run, props, sign) {
  if (run.url) return h('a', { href: run.url, target: '_blank', rel: 'noopener noreferrer', ...props }, sign);
  return h('span', { role: 'img', ...props }, sign);
}

/**
 * @param {HistoryRun} run
 * @param {Mark} mark
 * @param {string} zone
 */
function saidOf(run, mark, zone) {
  const about = [run.result || 'result unknown', ...(run.duration_ns > 0 ? [duration(run.duration_ns)] : []), when(run.started, zone)];
  return [
    run.build, about.join(' · '), ...(run.change ? [run.change] : []),
    ...(run.finding ? [`${mark.finding >= 0 ? mark.sign + ': ' : ''}${run.finding.title}`] : mark.kind === 'failed' ? [`${mark.sign}: No cause was found`] : []),
    ...(run.gap ? [`Not judged: ${run.gap}`] : []),
  ];
}

/**
 * Lets the keys move from square to square, and from strip to strip.
 * @param {HTMLElement} page
 */
export function followKeys(page) {
  page.addEventListener('keydown', (e) => {
    const square = e.target instanceof Element ? e.target.closest('.sq') : null;
    if (!square || e.ctrlKey || e.metaKey || e.altKey || e.shiftKey) return;
    const strips = [...page.querySelectorAll('.strip')];
    const of = strips.findIndex((s) => s.contains(square));
    const to = squareAt(e.key, of, [...(strips[of]?.children ?? [])].indexOf(square), strips.map((s) => s.children.length));
    const next = to && strips[to[0]]?.children[to[1]];
    if (!(next instanceof HTMLElement)) return;
    e.preventDefault();
    for (const other of next.parentElement?.children ?? []) other.setAttribute('tabindex', other === next ? '0' : '-1');
    next.focus();
  });
}
