// All events of a trace by time, whichever span they belong to: what was said,
// in the order it was said.

import { changes } from '../lib/changes.js';
import { bdi, h, inside } from '../lib/dom.js';
import { clock, count, dateAndTime, named, relative, zoneName } from '../lib/format.js';
import { hasError } from '../model/columns.js';
import { format } from '../state/address.js';
import { EVENTS_PER_PAGE } from '../state/tracestore.js';
import { findBox } from './findbox.js';
import { head, howMany, pager, scrolledTable } from './lists.js';
import { errorSign } from './marks.js';
import { drawAnswer, empty } from './message.js';

/** @typedef {import('../types').EventList} EventList */
/** @typedef {import('../types').LoggedEvent} LoggedEvent */
/** @typedef {Pick<import('../types').TraceState, 'address' | 'keys' | 'model' | 'events'>} Drawn */

/** @param {import('../state/tracestore.js').TraceStore} store */
export function eventsPane(store) {
  const find = findBox(store, 'events', store.state.model.head);
  const box = h('div', { class: 'fill' });
  const changed = changes();
  return {
    element: h('div', { class: 'sheet' }, h('div', { class: 'tools' }, find.element), box),
    /** @param {Drawn} s */
    update(s) {
      find.update(s);
      if (changed(s.events, s.address)) drawAnswer(box, s.events, 'Looking…', (list) => view(s, list));
    },
  };
}

/**
 * @param {Drawn} s
 * @param {EventList} list
 */
function view(s, list) {
  const { address } = s;
  if (list.total === 0) {
    return [howMany(address, 0, 'event', ''),
      address.q === '' ? empty('No span of this trace has events') : empty('No event matches', 'An event matches if it and its span together match all terms.')];
  }
  const heads = [head('Time', 'num'), head('Offset', 'num'), head('Service'), head('Span'), head('Event')];
  return [
    howMany(address, list.total, 'event', list.left > 0 ? `; ${count(list.left)} later ones are listed only with their spans` : ''),
    scrolledTable('Events', 'events', heads, list.events.map((e) => row(s, e))),
    pager(address, list, list.events.length, EVENTS_PER_PAGE),
  ];
}

/**
 * @param {Drawn} s
 * @param {LoggedEvent} e
 */
function row({ model: m, address: s }, e) {
  const at = BigInt(e.at);
  const unknown = at <= 0n;
  return h('tr', {},
    h('td', { class: 'num', title: clock(at, s.zone, 9) }, unknown ? 'unknown' : `${dateAndTime(at, s.zone, 3)[1]} ${zoneName(at, s.zone)}`),
    h('td', { class: 'num' }, unknown ? '' : relative(Number(at - m.startNs), m.length / 1000)),
    h('td', { class: 'cut' }, bdi(named(e.service))),
    h('td', { class: 'cut' }, hasError(m, e.line) ? errorSign('This span has an error') : null,
      inside(format({ ...s, view: '', offset: 0, span: `@${e.line}` }), {}, bdi(named(e.operation)))),
    h('td', { class: 'cut t-name' }, e.error ? errorSign('An exception') : null,
      bdi(named(e.name)), ' ', e.message ? bdi(e.message, { class: 'n-hint said' }) : null, ' ', bdi(e.attributes ?? '', { class: 'n-hint' })));
}
