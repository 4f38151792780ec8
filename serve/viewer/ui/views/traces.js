// The list of the run's traces.

import { changes } from '../lib/changes.js';
import { bdi, h, inside } from '../lib/dom.js';
import { clock, count, counted, duration, named, relative } from '../lib/format.js';
import { format, other } from '../state/address.js';
import { settled } from '../state/loader.js';
import { TRACES_PER_PAGE } from '../state/runstore.js';
import { findBox } from './findbox.js';
import { head, pager, scrolledTable } from './lists.js';
import { errorSign } from './marks.js';
import { drawAnswer, empty } from './message.js';

/** @typedef {import('../types').Summary} Summary */
/** @typedef {import('../types').TraceList} TraceList */
/** @typedef {Pick<import('../types').RunState, 'run' | 'address' | 'keys' | 'traces'>} Drawn */
/** @typedef {import('../state/runstore.js').RunStore} RunStore */

/** What the orders of the API are called. */
const ORDERS = [['', 'newest first'], ['oldest', 'oldest first'], ['longest', 'longest first'], ['shortest', 'shortest first'], ['spans', 'most spans'], ['errors', 'most errors']];

/** @param {RunStore} store */
export function tracesPane(store) {
  const { run } = store.state;
  const found = h('output', { class: 'found' });
  const order = h('select', { 'aria-label': 'Order of the traces' }, ...ORDERS.map(([value, text]) => h('option', { value }, text)));
  order.addEventListener('change', () => store.orderTraces(order.value));
  const find = findBox(store, 'traces', { names: [], services: run.services.map((s) => s.name) }, found, order);
  const tools = h('div', { class: 'tools' }, find.element, h('div', { class: 'group' },
    h('button', { type: 'button', class: 'err', disabled: run.errors === 0, onclick: () => store.search('error', 'push') }, counted(run.errors, 'error')),
    h('button', { type: 'button', onclick: () => store.search('', 'push') }, 'All')));
  const list = h('div', { class: 'sheet' });
  const changed = changes();
  return {
    element: h('div', { class: 'fill' }, tools, list),
    /** @param {Drawn} s */
    update(s) {
      find.update(s);
      order.value = s.address.order;
      if (!changed(s.traces, s.address)) return;
      if (settled(s.traces) && s.traces.value) found.textContent = s.address.q ? `${count(s.traces.value.total)} found` : '';
      drawAnswer(list, s.traces, 'Looking…', (traces) => view(s, traces));
    },
  };
}

/**
 * @param {Drawn} s
 * @param {TraceList} list
 */
function view(s, list) {
  const { run } = s;
  if (run.traces === 0) {
    return [empty('No spans in these files', run.files === 0 ? 'No file was given.' : inside('/?view=problems', {}, 'The problems say why.'))];
  }
  if (list.total === 0) return [empty('No trace matches', 'A trace matches if one of its spans matches all terms.')];
  const several = run.services.length > 1;
  const heads = [head('Trace'), ...(several ? [head('Service', 'opt')] : []), head('Spans', 'num'), head('Errors', 'num'), head('Start', 'num opt'), head('Duration', 'num'),
    head(`When, in ${duration(run.duration)}`, 'opt')];
  return [scrolledTable('Traces', 'traces', heads, list.traces.map((t) => row(s, t, several))), pager(s.address, list, list.traces.length, TRACES_PER_PAGE)];
}

/**
 * @param {Drawn} s
 * @param {Summary} t
 * @param {boolean} several services are shown
 */
function row({ run, address }, t, several) {
  const from = Number(BigInt(t.start) - BigInt(run.start));
  const share = (/** @type {number} */ ns) => (ns / Math.max(run.duration, 1)) * 100;
  const bar = h('i', { class: t.errors ? 'bad' : '' });
  bar.style.left = `${Math.min(Math.max(share(from), 0), 99.6)}%`;
  bar.style.width = `${Math.max(share(t.duration), 0.4)}%`;
  return h('tr', {},
    h('td', { class: 'cut t-name' }, t.errors ? errorSign(counted(t.errors, 'error')) : null,
      inside(format(other(address, { trace: t.id })), {}, bdi(named(t.name))), ' ', bdi([t.message, t.hint].filter(Boolean).join(' · '), { class: t.message ? 'n-hint said' : 'n-hint' })),
    several ? h('td', { class: 'cut opt' }, bdi(named(t.service))) : null,
    h('td', { class: 'num' }, count(t.spans)), h('td', { class: t.errors ? 'num err' : 'num zero' }, count(t.errors)),
    h('td', { class: 'num opt', title: clock(BigInt(t.start), address.zone, 9) }, relative(from, 1e8)), h('td', { class: 'num' }, duration(t.duration)),
    h('td', { class: 'where opt' }, h('span', { class: 'lane' }, bar)));
}
