// Where the time of a run went: its phases beside what is usual, what was waited for,
// and where else the run is shown.

import { text } from '../lib/api.js';
import { bdi, downloadLink, h, outside, webLinks } from '../lib/dom.js';
import { counted, dateAndTime, duration } from '../lib/format.js';
import { nanos, phaseBars } from '../model/judgement.js';
import { copyButton } from './copy.js';

/** @typedef {import('../types').RunSummary} RunSummary */
/** @typedef {import('../types').TraceState} TraceState */
/** @typedef {import('../state/tracestore.js').TraceStore} TraceStore */

const WAITS = 3; // that are shown

/**
 * @param {TraceStore} store
 * @param {TraceState} s
 */
export function timeOf(store, s) {
  const { judgement, run, model, address } = s;
  const summary = judgement?.summary;
  if (!judgement || (!summary && !judgement.final)) return []; // what comes later would move the rest
  const shown = run.runs.find((r) => r.trace === model.head.id) ?? run;
  const prow = shown.run ?? summary?.run.url;
  return [
    ...(summary && summary.time.length > 0 ? phases(summary) : []),
    ...(summary ? waits(summary, address.zone) : []),
    h('p', { class: 'cause-links' },
      prow ? outside(prow, 'Prow') : null, ...webLinks(shown.links),
      downloadLink(`${store.path}otlp`, 'OTLP JSON'),
      summary && summary.verdict.result !== 'passed' ? copyButton(store, 'Copy as issue', () => text(`${store.path}issue`)) : null,
      copyButton(store, 'Copy trace id', () => Promise.resolve(model.head.id))),
    ...(summary && summary.run.baseline.length > 0 ? [compared(summary)] : []),
  ];
}

/** @param {RunSummary} summary */
function phases(summary) {
  const bars = phaseBars(summary);
  const usual = bars.some((p) => p.usual >= 0);
  const rows = bars.map((p) => {
    const bar = h('i', { class: 'phase-bar' });
    bar.style.width = `${p.share * 100}%`;
    const mark = p.usual >= 0 ? h('i', { class: 'phase-usual' }) : null;
    if (mark) mark.style.left = `${p.usual * 100}%`;
    const usually = p.usual_ns ? `usually ${duration(p.usual_ns)}` : '';
    return h('tr', { class: [p.failed && 'bad', p.unusual && 'odd'].filter(Boolean).join(' ') || null, title: [p.failed && 'failed', usually].filter(Boolean).join(', ') || null },
      h('th', { scope: 'row' }, p.failed ? h('span', { 'aria-hidden': 'true' }, '✕ ') : null, bdi(p.phase), p.failed ? h('span', { class: 'vh' }, ' failed') : null),
      h('td', { class: 'phase-cell' }, h('span', { class: 'phase', 'aria-hidden': 'true' }, bar, mark)),
      h('td', { class: 'num' }, duration(p.duration_ns)),
      usual ? h('td', { class: 'num phase-usually' }, p.unusual || p.failed ? usually : p.usual_ns ? 'as usual' : '') : null);
  });
  return [
    h('h2', {}, 'Where the time went', usual ? h('span', { class: 'usual-key' }, 'usual') : null),
    h('table', { class: 'phases' }, h('tbody', {}, ...rows)),
  ];
}

/**
 * The longest waits, and what was running when the run was ended.
 * @param {RunSummary} summary
 * @param {string} zone
 */
function waits({ waits: all, unfinished }, zone) {
  const longest = all.filter((w) => w.duration_ns > 0).sort((a, b) => b.duration_ns - a.duration_ns).slice(0, WAITS);
  const since = (/** @type {string | undefined} */ start) => (start ? `, since ${dateAndTime(nanos(start), zone, 0)[1]}` : '');
  return [
    ...longest.map((w) => h('p', { class: 'wait dim' }, h('b', {}, duration(w.duration_ns)), ': ', bdi(w.text), `, ${w.tries > 1 ? `${counted(w.tries, 'try', 'tries')}, ` : ''}${w.outcome}`)),
    ...unfinished.slice(0, WAITS).map((u) => h('p', { class: 'wait dim' }, h('b', {}, 'running at the end'), ': ', bdi(u.text), since(u.start))),
    ...(unfinished.length > WAITS ? [h('p', { class: 'wait dim' }, `and ${unfinished.length - WAITS} more`)] : []),
  ];
}

/** @param {RunSummary} summary */
function compared({ run }) {
  const links = run.baseline.flatMap(({ build, url }, i) => [i > 0 ? ', ' : '', url ? outside(url, short(build)) : bdi(short(build))]);
  return h('p', { class: 'dim compared-with' }, `Compared with ${run.baseline.length === 1 ? 'a passing run' : `${run.baseline.length} passing runs`}: `, ...links);
}

/**
 * The end of a long number, which tells it from others.
 * @param {string} build
 */
function short(build) {
  return build.length > 12 ? `…${build.slice(-6)}` : build;
}
