// Two traces by operation.

import { bdi, h, inside } from '../lib/dom.js';
import { counted, named } from '../lib/format.js';
import { format, other } from '../state/address.js';
import { difference, MEASURES } from './measures.js';
import { empty } from './message.js';

/** @typedef {import('../types').Address} Address */
/** @typedef {import('../types').ComparedOperation} ComparedOperation */
/** @typedef {import('../types').Comparison} Comparison */
/** @typedef {import('../types').Summary} Summary */
/** @typedef {import('../types').Sums} Sums */
/** @typedef {import('../state/tracestore.js').TraceStore} TraceStore */

/**
 * @param {TraceStore} store
 * @param {Address} s
 * @param {Comparison} c
 */
export function operationsTable(store, s, c) {
  if (c.operations.length === 0) return empty('No spans to compare');
  const by = /^(name|count|errors|total)$/.test(s.order) ? s.order : 'self';
  const sorting = (/** @type {string} */ key) => ({ scope: 'col', 'aria-sort': key === by ? (key === 'name' ? 'ascending' : 'descending') : 'none' });
  const button = (/** @type {string} */ key, /** @type {string} */ title) => h('button', { type: 'button', onclick: () => store.sort(key === 'self' ? '' : key) }, title);
  return h('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Operations of both' },
    h('table', { class: 'table compared' },
      h('thead', {},
        h('tr', {}, h('th', { rowspan: 2, ...sorting('name') }, button('name', 'Operation')), h('th', { rowspan: 2, scope: 'col', class: 'opt' }, 'Service'),
          ...MEASURES.map(([, title]) => h('th', { colspan: 3, scope: 'colgroup' }, title))),
        h('tr', {}, ...MEASURES.flatMap(([key, title]) => [
          h('th', { scope: 'col', class: 'num opt' }, 'this'), h('th', { scope: 'col', class: 'num opt' }, 'other'),
          h('th', { class: 'num', 'data-of': title, ...sorting(key) }, button(key, '±'))]))),
      h('tbody', {}, ...sorted(c.operations, by).map((o) => row(s, c, o)))),
    c.leftOperations ? h('p', { class: 'dim' }, `${counted(c.leftOperations, 'operation')} that differ less left out.`) : null);
}

/**
 * By name, or the largest difference first.
 * @param {ComparedOperation[]} operations
 * @param {string} by
 */
function sorted(operations, by) {
  return [...operations].sort((a, b) => {
    if (by === 'name') return a.name.localeCompare(b.name);
    const key = /** @type {keyof Sums} */ (by);
    return Math.abs(b.here[key] - b.there[key]) - Math.abs(a.here[key] - a.there[key]);
  });
}

/**
 * @param {Address} s
 * @param {Comparison} c
 * @param {ComparedOperation} o
 */
function row(s, c, o) {
  const cells = MEASURES.flatMap(([key, , words]) => {
    const number = (/** @type {Summary} */ t, /** @type {Sums} */ sums, /** @type {string} */ query) => {
      const text = words(sums[key]);
      const leads = sums.count > 0 && (key === 'count' || (key === 'errors' && sums.errors > 0));
      const q = key === 'errors' ? query + ' error' : query;
      return h('td', { class: sums[key] ? 'num opt' : 'num zero opt' }, leads ? inside(format(other(s, { trace: t.id, q, mode: 'filter' })), { title: 'Show its spans' }, text) : text);
    };
    return [number(c.here, o.here, o.hereQuery), number(c.there, o.there, o.thereQuery), difference(o.here[key] - o.there[key], words)];
  });
  return h('tr', {}, h('td', { class: 'cut' }, bdi(named(o.name))), h('td', { class: 'cut opt' }, bdi(named(o.service))), ...cells);
}
