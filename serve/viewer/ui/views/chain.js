// The chain from what broke first to the verdict, as numbered steps.

import { bdi, h, outside } from '../lib/dom.js';
import { clock, dateAndTime } from '../lib/format.js';
import { format, other } from '../state/address.js';
import { showStop } from '../state/findings.js';

/** @typedef {import('../types').Stop} Stop */
/** @typedef {import('../types').TraceState} TraceState */
/** @typedef {import('../state/tracestore.js').TraceStore} TraceStore */

/**
 * @param {TraceStore} store
 * @param {TraceState} s
 */
export function chainOf(store, { stops, address }) {
  const steps = stops.filter(({ n }) => n > 0).map((stop, k) => h('li', { class: 'step' },
    h('button', { type: 'button', class: 'step-go', 'data-stop': k, title: stop.text, onclick: () => showStop(store, k) },
      h('span', { class: k === 0 ? 'step-no first' : 'step-no' }, String(stop.n)),
      h('time', { title: clock(stop.clock, address.zone) }, stop.clock > 0n ? dateAndTime(stop.clock, address.zone, 0)[1] : ''),
      bdi(stop.text, { class: 'step-said' })),
    h('span', { class: 'step-at' }, ...placesOf(store, stop, k))));
  let shown = -2;
  return {
    element: h('ol', { class: 'steps', 'aria-label': 'From the cause to the failure' }, ...steps),
    /** @param {TraceState} s */
    update({ step }) {
      if (step.at === shown) return;
      shown = step.at;
      steps.forEach((li, k) => (k === shown ? li.setAttribute('aria-current', 'step') : li.removeAttribute('aria-current')));
      const li = steps[shown];
      if (li?.checkVisibility()) li.scrollIntoView({ block: 'nearest' });
    },
  };
}

/**
 * Ways to where a stop can be read: its span, its line of a log, its file.
 * @param {TraceStore} store
 * @param {Stop} stop
 * @param {number} k
 */
export function placesOf(store, { evidence, place }, k) {
  const { file, line, span_id, url } = evidence;
  const ways = [];
  if (span_id && place.line >= 0) ways.push(h('button', { type: 'button', class: 'link', title: 'Details of the span', onclick: () => openSpan(store, place.line, k) }, 'span'));
  const called = file ? file.slice(file.lastIndexOf('/') + 1) + (line ? `:${line}` : '') : '';
  if (place.log) {
    const href = format(other(store.state.address, { trace: store.state.address.trace, log: `${place.log}:${place.at}` }));
    ways.push(h('a', { href, title: file, onclick: (/** @type {MouseEvent} */ e) => {
      if (e.ctrlKey || e.metaKey || e.shiftKey) return;
      e.preventDefault();
      showStop(store, k);
    } }, bdi(called)));
  } else if (called && url) ways.push(outside(url, called));
  else if (called) ways.push(bdi(called, { class: 'dim', title: file }));
  return ways;
}

/**
 * @param {TraceStore} store
 * @param {number} line
 * @param {number} k
 */
function openSpan(store, line, k) {
  store.batch(() => {
    if (store.state.address.view !== '') store.openView('');
    store.goTo(line);
    store.set({ step: { at: k } });
  });
}
