// Two traces beside each other: this one and another of the run, by operation
// or as one tree of calls; those of two runs also by what changed.

import { changes } from '../lib/changes.js';
import { bdi, h, inside } from '../lib/dom.js';
import { clock, counted, duration, named } from '../lib/format.js';
import { format, other } from '../state/address.js';
import { candidatesPane } from './candidates.js';
import { callTree } from './comparedcalls.js';
import { operationsTable } from './comparedoperations.js';
import { changesOf } from './runchanges.js';
import { drawAnswer } from './message.js';

/** @typedef {import('../types').Address} Address */
/** @typedef {import('../types').Comparison} Comparison */
/** @typedef {import('../types').Summary} Summary */
/** @typedef {{ here: Summary, there: Summary }} Pair */
/** @typedef {Pick<import('../types').TraceState, 'run' | 'address' | 'model' | 'comparison' | 'difference' | 'candidates'>} Drawn */
/** @typedef {import('../state/tracestore.js').TraceStore} TraceStore */

/** @param {TraceStore} store */
export function comparePane(store) {
  const candidates = candidatesPane(store);
  const compared = h('div', { class: 'sheet' });
  const element = h('div', { class: 'fill' });
  const changed = changes();
  return {
    element,
    /** @param {Drawn} s */
    update(s) {
      const shown = s.address.compare === '' ? candidates.element : compared;
      if (element.firstChild !== shown) element.replaceChildren(shown);
      if (shown !== compared) candidates.update(s);
      else if (!changed(s.comparison, s.difference, s.address)) return;
      else if (s.address.order === 'changes') drawAnswer(compared, s.difference, 'Comparing logs and files of the runs…', (d) => [traces(s.address, d), tools(store, s.address, d, true), changesOf(s.address, d)]);
      else drawAnswer(compared, s.comparison, 'Comparing…', (c) => view(store, s.address, c));
    },
  };
}

/**
 * @param {TraceStore} store
 * @param {Address} s
 * @param {Comparison} c
 */
function view(store, s, c) {
  return [traces(s, c), tools(store, s, c, c.runs === true), s.order === 'calls' ? callTree(c) : operationsTable(store, s, c)];
}

/**
 * The two traces.
 * @param {Address} s
 * @param {Pair} c
 */
function traces(s, c) {
  const row = (/** @type {string} */ label, /** @type {Summary} */ t, /** @type {Summary} */ than) => h('tr', {},
    h('th', { scope: 'row' }, label),
    h('td', { class: 'cut' }, inside(format(other(s, { trace: t.id })), {}, bdi(named(t.name))), ' ', bdi(t.hint ?? '', { class: 'n-hint' })),
    h('td', { class: 'num' }, duration(t.duration)), h('td', { class: 'num' }, counted(t.spans, 'span')),
    h('td', { class: t.errors ? 'num err' : 'num' }, counted(t.errors, 'error')), h('td', { class: 'num opt' }, clock(BigInt(t.start), s.zone, 0)),
    h('td', { class: 'num opt' }, t.duration > than.duration ? `${duration(t.duration - than.duration)} longer` : ''));
  return h('div', { class: 'scroll pair', tabindex: '0', role: 'region', 'aria-label': 'The two traces' },
    h('table', { class: 'table' }, h('tbody', {}, row('this', c.here, c.there), row('other', c.there, c.here))));
}

/**
 * In what way they are set beside each other, and ways to others.
 * @param {TraceStore} store
 * @param {Address} s
 * @param {Pair} c
 * @param {boolean} runs they are of two runs
 */
function tools(store, s, c, runs) {
  const way = h('select', { 'aria-label': 'How to compare' }, h('option', { value: '' }, 'By operation'), h('option', { value: 'calls' }, 'As a tree of calls'), runs ? h('option', { value: 'changes' }, 'What changed') : null);
  way.value = s.order === 'calls' || s.order === 'changes' ? s.order : '';
  way.addEventListener('change', () => store.change({ order: way.value }, 'push'));
  return h('div', { class: 'tools' }, h('div', { class: 'group' }, way,
    inside(format({ ...s, compare: '' }), { class: 'button' }, 'Another trace'),
    inside(format(other(s, { trace: c.there.id, view: 'compare', compare: c.here.id, order: s.order })), { class: 'button' }, 'Swap')),
  h('span', { class: 'dim' }, s.order === 'changes' ? 'What this run has, against the other.' : '+ is more in this trace, − more in the other.' + (s.order === 'calls' ? '' : ' Numbers lead to their spans.')));
}
