// The table of operations: what was called how often, and what it cost.

import { changes } from '../lib/changes.js';
import { bdi, h } from '../lib/dom.js';
import { count, duration, named } from '../lib/format.js';
import { live } from '../lib/source.js';
import { ordering } from '../model/columnorder.js';
import { searchable } from '../model/query.js';
import { keepingFocus, scrolledTable } from './lists.js';
import { drawAnswer, empty } from './message.js';

/** @typedef {import('../types').Operation} Operation */
/** @typedef {Pick<import('../types').PageState, 'address' | 'keys' | 'operations'>} Drawn */
/** @typedef {import('../state/pagestore.js').PageStore<any>} PageStore */

/** @type {[keyof Operation, string, string][]} */
const COLUMNS = [
  ['name', 'Operation', ''], ['service', 'Service', ''], ['count', 'Count', 'Spans'], ['errors', 'Errors', 'Spans with an error status'],
  ['total', 'Total', 'Sum of the durations'], ['self', 'Self', 'Sum of the times in which no child ran'],
  ['p50', 'p50', 'Half of the spans were not slower'], ['p95', 'p95', '95 of 100 were not slower'], ['max', 'Max', 'The slowest'],
];

const ORDER = ordering(COLUMNS.map(([key]) => key), 'self', ['name', 'service']);

/** @param {PageStore} store */
export function operationsPane(store) {
  const sheet = h('div', { class: 'fill' });
  const by = h('select', { 'aria-label': 'Sum up by' });
  by.addEventListener('change', () => store.sumUpBy(by.value));
  const changedKeys = changes();
  const changed = changes();
  return {
    element: h('div', { class: 'sheet' }, live ? h('div', { class: 'tools' }, by) : null, sheet),
    /** @param {Drawn} s */
    update(s) {
      if (changedKeys(s.keys)) {
        const keys = (s.keys.value ?? []).filter((k) => searchable(k.key)); // without them, names are enough for most
        by.replaceChildren(h('option', { value: '' }, 'By name'), ...keys.map((k) => h('option', { value: k.key }, `By ${k.key}`)));
      }
      by.value = s.address.by;
      if (changed(s.operations, s.address.order)) keepingFocus(sheet, () => drawAnswer(sheet, s.operations, 'Adding up…', (all) => [table(store, s, all)]));
    },
  };
}

/**
 * @param {PageStore} store
 * @param {Drawn} s
 * @param {Operation[]} all
 */
function table(store, s, all) {
  if (all.length === 0) return empty('No spans, no operations');
  const attribute = s.operations.of ?? '';
  const { by, up } = ORDER.parse(s.address.order);
  const most = Math.max(...all.map((o) => o.self), 1);
  const heads = COLUMNS.map(([key, title, means]) => h('th', {
    scope: 'col', class: key === 'name' || key === 'service' ? '' : 'num', title: means, 'aria-sort': key === by ? (up ? 'ascending' : 'descending') : 'none',
  }, h('button', { type: 'button', onclick: () => store.sort(ORDER.clicked(store.state.address.order, key)) }, key === 'name' && attribute ? attribute : title)));
  const sorted = [...all].sort((a, b) => {
    const x = a[by];
    const y = b[by];
    const order = typeof x === 'string' ? x.localeCompare(String(y)) : Number(x) - Number(y);
    return up ? order : -order;
  });
  return scrolledTable('Operations', 'operations', heads, sorted.map((o) => row(store, o, attribute, most)));
}

/**
 * @param {PageStore} store
 * @param {Operation} o
 * @param {string} attribute that was summed up by, "" for the name
 * @param {number} most
 */
function row(store, o, attribute, most) {
  const words = attribute && o.name === '' ? '(none)' : named(o.name);
  const name = h('button', { type: 'button', class: 'link', title: 'Show its spans', onclick: () => store.showSpans(o.query) }, bdi(words));
  const errors = o.errors > 0 ? h('button', { type: 'button', class: 'link err', onclick: () => store.showSpans(o.query + ' error') }, count(o.errors)) : count(o.errors);
  const self = h('td', { class: 'num share' }, duration(o.self));
  self.style.setProperty('--share', `${(o.self / most) * 100}%`);
  const cell = (/** @type {number} */ ns) => h('td', { class: 'num' }, o.unfinished === o.count ? '–' : duration(ns));
  return h('tr', {}, h('td', { class: 'cut' }, name), h('td', { class: 'cut' }, bdi(named(o.service))), h('td', { class: 'num' }, count(o.count)),
    h('td', { class: o.errors ? 'num err' : 'num zero' }, errors), h('td', { class: 'num' }, duration(o.total)), self, cell(o.p50), cell(o.p95), cell(o.max));
}
