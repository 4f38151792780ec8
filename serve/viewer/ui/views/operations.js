// The table of operations: what was called how often, and what it cost.

import { json } from '../lib/api.js';
import { bdi, h } from '../lib/dom.js';
import { count, duration, named } from '../lib/format.js';
import { ordering } from '../model/columnorder.js';
import { searchable, term } from '../model/query.js';
import { empty, loading, message } from './message.js';

/** @typedef {import('../types').Operation} Operation */

/** @type {[keyof Operation, string, string][]} */
const COLUMNS = [
  ['name', 'Operation', ''], ['service', 'Service', ''], ['count', 'Count', 'Spans'], ['errors', 'Errors', 'Spans with an error status'],
  ['total', 'Total', 'Sum of the durations'], ['self', 'Self', 'Sum of the times in which no child ran'],
  ['p50', 'p50', 'Half of the spans were not slower'], ['p95', 'p95', '95 of 100 were not slower'], ['max', 'Max', 'The slowest'],
];

const sorting = ordering(COLUMNS.map(([key]) => key), 'self', ['name', 'service']);

/**
 * @param {import('../main.js').App} app
 * @param {string} path "" for the whole run, else that of a trace
 * @param {(q: string) => void} filter
 * @param {AbortSignal} signal
 */
export function operationsView(app, path, filter, signal) {
  const sheet = h('div', { class: 'fill' });
  const by = h('select', { 'aria-label': 'Sum up by' }, h('option', { value: '' }, 'By name'));
  by.addEventListener('change', () => app.go({ ...app.state(), by: by.value, order: '' }, 'push'));
  json(path + 'keys', signal).then((keys) => {
    by.append(...(/** @type {import('../types').AttributeKey[]} */ (keys)).filter((k) => searchable(k.key)).map((k) => h('option', { value: k.key }, `By ${k.key}`)));
    by.value = app.state().by;
  }).catch(() => {}); // names are enough for most
  let sort = (/** @type {import('../types').State} */ _) => {};
  let shown = '\n';

  /** @param {import('../types').State} s */
  async function update(s) {
    by.value = s.by;
    if (s.by === shown) {
      sort(s);
      return;
    }
    shown = s.by;
    sort = () => {};
    sheet.replaceChildren(loading('Adding up…'));
    try {
      const all = /** @type {Operation[]} */ (await json(`${path}operations?by=${encodeURIComponent(s.by)}`, signal));
      if (shown === s.by) sort = show(app, sheet, all, filter);
    } catch (e) {
      if (!signal.aborted && shown === s.by) sheet.replaceChildren(message(e));
    }
  }
  return { element: h('div', { class: 'sheet' }, h('div', { class: 'tools' }, by), sheet), update };
}

/**
 * @param {import('../main.js').App} app
 * @param {HTMLElement} box
 * @param {Operation[]} all
 * @param {(q: string) => void} filter
 */
function show(app, box, all, filter) {
  if (all.length === 0) {
    box.replaceChildren(empty('No spans, no operations'));
    return () => {};
  }
  const attribute = app.state().by;
  let { by, up } = sorting.parse(app.state().order);
  const most = Math.max(...all.map((o) => o.self), 1);
  const body = h('tbody');
  const heads = COLUMNS.map(([key, title, tip]) => h('th', { scope: 'col', class: key === 'name' || key === 'service' ? '' : 'num', title: tip }, h('button', { type: 'button', onclick: () => {
    app.go({ ...app.state(), order: sorting.clicked(app.state().order, key) }, 'replace');
  } }, key === 'name' && attribute ? attribute : title)));

  function fill() {
    const sorted = [...all].sort((a, b) => {
      const x = a[by];
      const y = b[by];
      const order = typeof x === 'string' ? x.localeCompare(String(y)) : Number(x) - Number(y);
      return up ? order : -order;
    });
    COLUMNS.forEach(([key], i) => heads[i]?.setAttribute('aria-sort', key === by ? (up ? 'ascending' : 'descending') : 'none'));
    body.replaceChildren(...sorted.map((o) => row(o, attribute, most, filter)));
  }
  fill();
  box.replaceChildren(h('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Operations' },
    h('table', { class: 'table operations' }, h('thead', {}, h('tr', {}, ...heads)), body)));
  return (/** @type {import('../types').State} */ s) => {
    const to = sorting.parse(s.order);
    if (to.by === by && to.up === up) return;
    ({ by, up } = to);
    fill();
  };
}

/**
 * @param {Operation} o
 * @param {string} attribute that was summed up by, "" for the name
 * @param {number} most
 * @param {(q: string) => void} filter
 */
function row(o, attribute, most, filter) {
  const group = attribute === '' ? term('name', '=', o.name) : o.name === '' ? `-has:${attribute}` : term(attribute, '=', o.name);
  const q = `${group} ${term('service', '=', o.service)}`;
  const words = attribute && o.name === '' ? '(none)' : named(o.name);
  const name = o.exact ? h('button', { type: 'button', class: 'link', title: 'Show its spans', onclick: () => filter(q) }, bdi(words)) : bdi(words);
  const errors = o.errors > 0 && o.exact ? h('button', { type: 'button', class: 'link err', onclick: () => filter(q + ' error') }, count(o.errors)) : count(o.errors);
  const self = h('td', { class: 'num share' }, duration(o.self));
  self.style.setProperty('--share', `${(o.self / most) * 100}%`);
  const cell = (/** @type {number} */ ns) => h('td', { class: 'num' }, o.unfinished === o.count ? '–' : duration(ns));
  return h('tr', {}, h('td', { class: 'cut' }, name), h('td', { class: 'cut' }, bdi(named(o.service))), h('td', { class: 'num' }, count(o.count)),
    h('td', { class: o.errors ? 'num err' : 'num zero' }, errors), h('td', { class: 'num' }, duration(o.total)), self, cell(o.p50), cell(o.p95), cell(o.max));
}
