// The list to choose the trace from that another is compared with.

import { changes } from '../lib/changes.js';
import { bdi, h, inside } from '../lib/dom.js';
import { clock, count, duration, named } from '../lib/format.js';
import { format, other } from '../state/address.js';
import { afterTyping } from './findbox.js';
import { head, scrolledTable } from './lists.js';
import { drawAnswer, empty } from './message.js';

/** @typedef {import('../types').Address} Address */
/** @typedef {import('../types').Summary} Summary */
/** @typedef {Pick<import('../types').TraceState, 'run' | 'address' | 'model' | 'candidates'>} Drawn */

/** @param {import('../state/tracestore.js').TraceStore} store */
export function candidatesPane(store) {
  const list = h('div', { class: 'sheet' });
  const input = h('input', {
    type: 'search', class: 'find', placeholder: 'Find the trace to compare with', 'aria-label': 'Find the trace to compare with', spellcheck: 'false', autocomplete: 'off',
  });
  const jobs = h('div', { class: 'group' });
  const { run } = store.state;
  const tools = h('div', { class: 'tools' }, h('div', { class: 'group find-group', role: 'search' }, input), jobs,
    run.jobs.every((id) => id === store.state.model.head.id) ? h('span', { class: 'dim' }, 'Two runs are compared by ', h('code', {}, 'prowtrace GOOD BAD')) : null);
  afterTyping(input, 250, store.ended, () => store.askCandidates(store.meant(input.value.trim())));
  const changed = changes();
  return {
    element: h('div', { class: 'sheet' }, tools, list),
    /** @param {Drawn} s */
    update(s) {
      if (!changed(s.candidates, s.address)) return;
      jobs.replaceChildren(...jobButtons(s));
      drawAnswer(list, s.candidates, 'Looking…', ({ traces }) => [view(s, traces, input.value !== '')]);
    },
  };
}

/**
 * The address of a comparison: of two runs that by phases.
 * @param {Drawn} s
 * @param {string} id
 */
function to(s, id) {
  const runs = s.run.runs.filter((r) => r.trace === id || r.trace === s.model.head.id).length === 2;
  return format(other(s.address, { trace: s.model.head.id, view: 'compare', compare: id, order: runs ? 'phases' : '' }));
}

/** @param {Drawn} s */
function jobButtons(s) {
  const jobs = s.run.jobs.filter((id) => id !== s.model.head.id);
  const title = (/** @type {string} */ id, /** @type {number} */ i) => s.run.runs.find((r) => r.trace === id)?.title ?? (jobs.length > 1 ? `Another job ${i + 1}` : 'The other job');
  return jobs.map((id, i) => inside(to(s, id), { class: 'button' }, title(id, i)));
}

/**
 * @param {Drawn} s
 * @param {Summary[]} traces
 * @param {boolean} searched
 */
function view(s, traces, searched) {
  const others = traces.filter((t) => t.id !== s.model.head.id);
  if (others.length === 0) return empty('No other trace', searched ? 'Search for something else.' : 'This run has one trace only. Give prowtrace two runs to compare one with the other.');
  const heads = [head('Trace'), head('Service', 'opt'), head('Start', 'num opt'), ...['Spans', 'Errors', 'Duration'].map((t) => head(t, 'num'))];
  return scrolledTable('Traces to compare with', 'choose', heads, others.map((t) => h('tr', {},
    h('td', { class: 'cut t-name' }, inside(to(s, t.id), {}, bdi(named(t.name))), ' ', bdi([t.message, t.hint].filter(Boolean).join(' · '), { class: 'n-hint' })),
    h('td', { class: 'cut opt' }, bdi(named(t.service))), h('td', { class: 'num opt' }, clock(BigInt(t.start), s.address.zone, 3)), h('td', { class: 'num' }, count(t.spans)), h('td', { class: t.errors ? 'num err' : 'num zero' }, count(t.errors)), h('td', { class: 'num' }, duration(t.duration)))));
}
