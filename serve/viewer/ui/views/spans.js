// All spans of a trace as a flat list, in any order: what the tree has apart
// stands together.

import { json } from '../lib/api.js';
import { bdi, h, inside } from '../lib/dom.js';
import { clock, count, duration, named, relative } from '../lib/format.js';
import { ordering } from '../model/columnorder.js';
import { at, FLAG, hasError } from '../model/columns.js';
import { firstOf } from '../model/ranking.js';
import { format } from '../state/address.js';
import { find } from '../state/load.js';
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
      h('td', { class: 'num', title: clock(m.startNs + BigInt(Math.round(at(m.start, line))), s.zone, 9) }, relative(at(m.start, line), m.length / 1000)),
      h('td', { class: 'num' }, duration(at(m.duration, line)), at(m.flags, line) & FLAG.unfinished ? ' so far' : ''), h('td', { class: 'num' }, duration(at(m.self, line))))))));
}
