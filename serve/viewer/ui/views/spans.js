// All spans of a trace as a flat list, in any order: what the tree has apart
// stands together.

import { find, json } from '../lib/api.js';
import { bdi, h, inside } from '../lib/dom.js';
import { clock, count, duration, named, offset } from '../lib/format.js';
import { at, FLAG, hasError } from '../model/columns.js';
import { ordering } from '../model/sorting.js';
import { format } from '../state/address.js';
import { findBox, howMany } from './lists.js';
import { empty, loading, message } from './message.js';

/** @typedef {import('../types').Model} Model */
/** @typedef {import('../types').State} State */
/** @typedef {import('../types').LineText} LineText */

const LISTED = 500;

/** @type {[string, string][]} */
const COLUMNS = [['name', 'Name'], ['service', 'Service'], ['start', 'Start'], ['duration', 'Duration'], ['self', 'Self time']];

const sorting = ordering(COLUMNS.map(([key]) => key), 'duration', ['name', 'service', 'start']);

/**
 * @param {import('../main.js').App} app
 * @param {Model} m
 * @param {AbortSignal} signal
 */
export function spansView(app, m, signal) {
  const search = findBox(app, 'spans', `traces/${m.head.id}/`, m.head, signal);
  const box = h('div', { class: 'fill' }, loading('Looking…'));
  let shown = '\n';

  /** @param {State} s */
  async function update(s) {
    search.show(s.q);
    const wanted = format(s); // which the links are made of, too
    if (wanted === shown) return;
    shown = wanted;
    try {
      const among = s.q === '' ? null : await find(m.head.id, s.q, signal);
      if (shown !== wanted) return;
      const { by, up } = sorting.parse(s.order);
      const { lines, all } = firstOf(m, among, by, up, LISTED);
      const hints = new Map(lines.map((line) => [line, h('bdi', { class: 'n-hint' })]));
      box.replaceChildren(
        howMany(s, all, 'span', lines.length < all ? `; the first ${count(lines.length)} in this order` : ''),
        lines.length === 0 ? empty('No span matches') : table(app, m, s, lines, hints, by, up));
      if (lines.length === 0) return;
      const r = /** @type {{ lines: LineText[] }} */ (await json(`traces/${m.head.id}/lines?at=${lines.join(',')}`, signal));
      for (const t of r.lines) {
        const hint = hints.get(t.line);
        if (!hint) continue;
        hint.textContent = [t.message, t.hint].filter(Boolean).join(' · ');
        hint.classList.toggle('said', Boolean(t.message));
      }
    } catch (e) {
      if (!signal.aborted && shown === wanted) box.replaceChildren(message(e));
    }
  }
  return { element: h('div', { class: 'sheet' }, h('div', { class: 'tools' }, search.element), box), update };
}

/**
 * @param {import('../main.js').App} app
 * @param {Model} m
 * @param {State} s
 * @param {number[]} lines
 * @param {Map<number, Node>} hints
 * @param {string} by
 * @param {boolean} up
 */
function table(app, m, s, lines, hints, by, up) {
  const heads = COLUMNS.map(([key, title]) => h('th', { scope: 'col', class: key === 'name' || key === 'service' ? '' : 'num', 'aria-sort': key === by ? (up ? 'ascending' : 'descending') : 'none' },
    h('button', { type: 'button', onclick: () => {
      app.go({ ...app.state(), order: sorting.clicked(app.state().order, key) }, 'replace');
    } }, title)));
  return h('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Spans' }, h('table', { class: 'table spans' },
    h('thead', {}, h('tr', {}, ...heads)),
    h('tbody', {}, ...lines.map((line) => h('tr', {},
      h('td', { class: 'cut t-name' }, hasError(m, line) ? h('span', { class: 'mark-error', title: 'This span has an error' }, '✕') : null,
        inside(format({ ...s, view: '', order: '', span: `@${line}` }), {}, bdi(named(m.head.names[at(m.name, line)] ?? ''))), ' ', hints.get(line)),
      h('td', { class: 'cut' }, bdi(named(m.head.services[at(m.service, line)] ?? ''))),
      h('td', { class: 'num', title: clock(m.startNs + BigInt(Math.round(at(m.start, line))), s.zone, 9) }, `+${offset(at(m.start, line), m.length / 1000)}`),
      h('td', { class: 'num' }, duration(at(m.duration, line)), at(m.flags, line) & FLAG.unfinished ? ' so far' : ''), h('td', { class: 'num' }, duration(at(m.self, line))))))));
}

/**
 * The first spans in an order, and how many there are. Linear in the lines, but
 * for sorting their numbers. Pure.
 * @param {Model} m
 * @param {ArrayLike<number> | null} among lines; null is all
 * @param {string} key
 * @param {boolean} up
 * @param {number} limit
 */
export function firstOf(m, among, key, up, limit) {
  const n = among ? among.length : m.n;
  const lines = new Int32Array(n);
  let all = 0;
  for (let k = 0; k < n; k++) {
    const line = among ? at(among, k) : k;
    if ((at(m.flags, line) & (FLAG.fold | FLAG.missing)) === 0) lines[all++] = line;
  }
  const rank = (/** @type {string[]} */ texts) => {
    const order = texts.map((_, i) => i).sort((a, b) => (texts[a] ?? '').localeCompare(texts[b] ?? ''));
    const out = new Float64Array(texts.length);
    order.forEach((i, r) => (out[i] = r));
    return out;
  };
  const names = key === 'name' ? rank(m.head.names) : key === 'service' ? rank(m.head.services) : null;
  const column = key === 'name' ? m.name : key === 'service' ? m.service : key === 'start' ? m.start : key === 'self' ? m.self : m.duration;
  const sign = up ? 1 : -1;
  const value = (/** @type {number} */ line) => sign * (names ? at(names, at(column, line)) : at(column, line));
  const values = Float64Array.from({ length: all }, (_, k) => value(at(lines, k))).sort();
  const last = all > limit ? at(values, limit - 1) : Infinity;
  // Those before the last of the first are few; of those equal to it the first lines are taken.
  /** @type {number[]} */
  const first = [];
  const equal = [];
  for (let k = 0; k < all; k++) {
    const line = at(lines, k);
    const v = value(line);
    if (v < last) first.push(line);
    else if (v === last && equal.length < limit) equal.push(line);
  }
  const out = [...first, ...equal].slice(0, limit);
  return { lines: out.sort((a, b) => value(a) - value(b) || a - b), all };
}
