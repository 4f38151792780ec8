// All events of a trace by time, whichever span they belong to: what was said,
// in the order it was said.

import { json } from '../lib/api.js';
import { bdi, h, inside } from '../lib/dom.js';
import { clock, count, dateAndTime, named, relative, zoneName } from '../lib/format.js';
import { hasError } from '../model/columns.js';
import { format } from '../state/address.js';
import { findBox, howMany, pager } from './lists.js';
import { empty, loading, message } from './message.js';

/** @typedef {import('../types').Model} Model */
/** @typedef {import('../types').State} State */
/** @typedef {import('../types').LoggedEvent} LoggedEvent */

const PER_PAGE = 500;

/**
 * @param {import('../main.js').App} app
 * @param {Model} m
 * @param {AbortSignal} signal
 */
export function eventsView(app, m, signal) {
  const path = `traces/${m.head.id}/`;
  const find = findBox(app, 'events', path, m.head, signal);
  const box = h('div', { class: 'fill' }, loading('Looking…'));
  let shown = '\n';

  /** @param {State} s */
  async function update(s) {
    find.show(s.q);
    const wanted = format(s); // which the links are made of, too
    if (wanted === shown) return;
    shown = wanted;
    try {
      const q = new URLSearchParams({ q: s.q, offset: String(s.offset), limit: String(PER_PAGE) });
      const r = /** @type {{ events: LoggedEvent[], offset: number, total: number, left: number }} */ (await json(`${path}events?${q}`, signal));
      if (shown !== wanted) return;
      if (r.total === 0) {
        box.replaceChildren(howMany(s, 0, 'event', ''), s.q === '' ? empty('No span of this trace has events') : empty('No event matches', 'An event is found when it and its span together meet all terms.'));
        return;
      }
      box.replaceChildren(howMany(s, r.total, 'event', r.left > 0 ? `; ${count(r.left)} later ones are not listed, but with their spans` : ''), table(m, s, r.events), pager(s, r, r.events.length, PER_PAGE));
    } catch (e) {
      if (!signal.aborted && shown === wanted) box.replaceChildren(message(e));
    }
  }
  return { element: h('div', { class: 'sheet' }, h('div', { class: 'tools' }, find.element), box), update };
}

/**
 * @param {Model} m
 * @param {State} s
 * @param {LoggedEvent[]} events
 */
function table(m, s, events) {
  return h('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Events' }, h('table', { class: 'table events' },
    h('thead', {}, h('tr', {}, ...[['Time', 'num'], ['Offset', 'num'], ['Service', ''], ['Span', ''], ['Event', '']].map(([title, c]) => h('th', { scope: 'col', class: c }, title ?? '')))),
    h('tbody', {}, ...events.map((e) => row(m, s, e)))));
}

/**
 * @param {Model} m
 * @param {State} s
 * @param {LoggedEvent} e
 */
function row(m, s, e) {
  const at = BigInt(e.at);
  const from = Number(at - m.startNs);
  const unknown = at <= 0n;
  return h('tr', {},
    h('td', { class: 'num', title: clock(at, s.zone, 9) }, unknown ? 'unknown' : `${dateAndTime(at, s.zone, 3)[1]} ${zoneName(at, s.zone)}`),
    h('td', { class: 'num' }, unknown ? '' : relative(from, m.length / 1000)),
    h('td', { class: 'cut' }, bdi(named(e.service))),
    h('td', { class: 'cut' }, hasError(m, e.line) ? h('span', { class: 'mark-error', title: 'This span has an error' }, '✕') : null,
      inside(format({ ...s, view: '', offset: 0, span: `@${e.line}` }), {}, bdi(named(e.operation)))),
    h('td', { class: 'cut t-name' }, e.error ? h('span', { class: 'mark-error', title: 'An exception' }, '✕') : null,
      bdi(named(e.name)), ' ', e.message ? bdi(e.message, { class: 'n-hint said' }) : null, ' ', bdi(e.attributes ?? '', { class: 'n-hint' })));
}
