// All spans of a trace as a flat list, in any order: what the tree has apart
// stands together.

import { changes } from '../lib/changes.js';
import { bdi, h, inside } from '../lib/dom.js';
import { clock, count, duration, named, relative } from '../lib/format.js';
import { at, FLAG, hasError, nameOf } from '../model/columns.js';
import { SPAN_ORDER } from '../model/ranking.js';
import { format } from '../state/address.js';
import { findBox } from './findbox.js';
import { howMany, keepingFocus, scrolledTable } from './lists.js';
import { errorSign, saidOf } from './marks.js';
import { drawAnswer, empty } from './message.js';

/** @typedef {import('../types').LineText} LineText */
/** @typedef {import('../types').SpanList} SpanList */
/** @typedef {Pick<import('../types').TraceState, 'address' | 'keys' | 'model' | 'spans' | 'spanTexts'>} Drawn */
/** @typedef {import('../state/tracestore.js').TraceStore} TraceStore */

const COLUMNS = /** @type {const} */ ([['name', 'Name'], ['service', 'Service'], ['start', 'Start'], ['duration', 'Duration'], ['self', 'Self time']]);

/** @param {TraceStore} store */
export function spansPane(store) {
  const find = findBox(store, 'spans', store.state.model.head);
  const box = h('div', { class: 'fill' });
  const changed = changes();
  return {
    element: h('div', { class: 'sheet' }, h('div', { class: 'tools' }, find.element), box),
    /** @param {Drawn} s */
    update(s) {
      find.update(s);
      if (changed(s.spans, s.spanTexts.value, s.address)) keepingFocus(box, () => drawAnswer(box, s.spans, 'Looking…', (list) => view(store, s, list)));
    },
  };
}

/**
 * @param {TraceStore} store
 * @param {Drawn} s
 * @param {SpanList} list
 */
function view(store, s, list) {
  const { lines, all, by, up } = list;
  const number = howMany(s.address, all, 'span', lines.length < all ? `; the first ${count(lines.length)} in this order` : '');
  if (lines.length === 0) return [number, empty('No span matches')];
  const heads = COLUMNS.map(([key, title]) => h('th', {
    scope: 'col', class: key === 'name' || key === 'service' ? '' : 'num', 'aria-sort': key === by ? (up ? 'ascending' : 'descending') : 'none',
  }, h('button', { type: 'button', onclick: () => store.sort(SPAN_ORDER.clicked(store.state.address.order, key)) }, title)));
  const texts = new Map((s.spanTexts.value ?? []).map((t) => [t.line, t]));
  return [number, scrolledTable('Spans', 'spans', heads, lines.map((line) => row(s, line, texts.get(line))))];
}

/**
 * @param {Drawn} s
 * @param {number} line
 * @param {LineText | undefined} t
 */
function row({ model: m, address }, line, t) {
  const start = at(m.start, line);
  const link = inside(format({ ...address, view: '', order: '', span: `@${line}` }), {}, bdi(named(nameOf(m, line))));
  return h('tr', {},
    h('td', { class: 'cut t-name' }, hasError(m, line) ? errorSign('This span has an error') : null, link, ' ',
      bdi(saidOf(t, t?.message), { class: t?.message ? 'n-hint said' : 'n-hint' })),
    h('td', { class: 'cut' }, bdi(named(m.head.services[at(m.service, line)] ?? ''))),
    h('td', { class: 'num', title: clock(m.startNs + BigInt(Math.round(start)), address.zone, 9) }, relative(start, m.length / 1000)),
    h('td', { class: 'num' }, duration(at(m.duration, line)), at(m.flags, line) & FLAG.unfinished ? ' so far' : ''),
    h('td', { class: 'num' }, duration(at(m.self, line))));
}
