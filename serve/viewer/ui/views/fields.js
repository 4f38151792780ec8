// What a span carries: attributes, events, links.

import { bdi, downloadLink, h, inside, outside } from '../lib/dom.js';
import { bytes, count, counted, dateAndTime, named, relative } from '../lib/format.js';
import { live } from '../lib/source.js';
import { searchable, term } from '../model/query.js';
import { copyButton } from './copy.js';

/** @typedef {import('../types').Detail} Detail */
/** @typedef {import('../types').Field} Field */
/** @typedef {import('../types').Section} Section */
/** @typedef {import('../state/tracestore.js').TraceStore} TraceStore */
/** @typedef {{ store: TraceStore, path: string }} Context path is that of the span */

const TAIL = 8; // lines of a stack trace that are shown first
const FILTERED = 300; // bytes of a value that a query can hold

/**
 * A part of the details that can be closed.
 * @param {string} title
 * @param {string} note
 * @param {boolean} open
 * @param {...(Node | null)} children
 */
export function part(title, note, open, ...children) {
  return h('details', { class: 'd-section', open }, h('summary', {}, h('h3', {}, title), ' ', h('span', { class: 'dim' }, note)), ...children);
}

/**
 * @param {Context} c
 * @param {string} title
 * @param {Section} s
 * @param {boolean} open
 */
export function section(c, title, s, open) {
  if (s.fields.length === 0 && !s.about?.trim() && !s.dropped) return null;
  return part(title, [s.fields.length ? String(s.fields.length) : '', s.about?.trim() ?? '', s.schema ?? ''].filter(Boolean).join(' · '), open,
    fields(c, s), leftOut(s.dropped, 'attribute'));
}

/**
 * What the producer says it did not write.
 * @param {number | undefined} n
 * @param {string} what
 */
function leftOut(n, what) {
  return n ? h('p', { class: 'd-note' }, `The producer left out ${counted(n, what)}.`) : null;
}

/**
 * Names and values, but for values that are empty.
 * @param {[string, string | Node | null][]} rows
 */
export function facts(rows) {
  return h('dl', { class: 'd-facts' }, ...rows.filter(([, v]) => v !== null && v !== '').flatMap(([k, v]) => [h('dt', {}, k), h('dd', {}, v)]));
}

/**
 * The flags field of OTLP: those of W3C, and whether the parent or the linked span is
 * known to be of another process.
 * @param {number | undefined} flags
 */
export function flagsText(flags) {
  if (!flags) return null;
  const words = [];
  if (flags & 1) words.push('sampled');
  if (flags & 2) words.push('random trace id');
  if (flags & 0x100) words.push(flags & 0x200 ? 'remote' : 'not remote');
  return `0x${flags.toString(16)}${words.length ? ` (${words.join(', ')})` : ''}`;
}

/**
 * @param {Context} c
 * @param {Detail} d
 */
export function eventList(c, d) {
  const events = d.events.filter((e) => !logText(e));
  if (events.length === 0 && !d.dropped.events) return null;
  return part('Events', count(events.length), true, ...events.map((e) => {
    const unknown = BigInt(e.at) === 0n;
    const when = unknown ? 'time unknown' : relative(Number(BigInt(e.at) - BigInt(d.start)), Math.max(Number(d.duration) / 1000, 1));
    return h('div', { class: 'd-event' }, h('h4', {}, bdi(named(e.name)), ' ', h('span', { class: 'dim' }, when)), fields(c, e), leftOut(e.dropped, 'attribute'));
  }), leftOut(d.dropped.events, 'event'));
}

/**
 * The text of an event that is a line of a log.
 * @param {Section & { name: string }} e
 */
function logText(e) {
  return e.name === 'log' ? e.fields.find((f) => f.key === 'log.record.original') : undefined;
}

/**
 * The events that are lines of logs: of what the span's program wrote, or of what a test
 * printed. A line has its time of day where it differs from that of the line before.
 * @param {Detail} d
 * @param {string} zone
 */
export function logLines(d, zone) {
  const lines = d.events.filter(logText);
  if (lines.length === 0) return null;
  let before = '';
  return part('Log', counted(lines.length, 'line'), true, h('ol', { class: 'd-log', tabindex: '0' }, ...lines.map((e) => {
    const at = BigInt(e.at) === 0n ? '' : dateAndTime(BigInt(e.at), zone, 3)[1];
    const time = at === before ? '' : at;
    before = at;
    const severity = e.fields.find((f) => f.key === 'log.severity')?.text ?? '';
    const where = ['log.file.path', 'log.file.line', 'log.iostream'].map((k) => e.fields.find((f) => f.key === k)?.text).filter(Boolean).join(':');
    return h('li', { class: /ERROR|FATAL/.test(severity) ? 'err' : severity ? 'warn' : '', title: [severity, where].filter(Boolean).join(' · ') },
      h('time', {}, time), ' ', h('code', { dir: 'auto' }, logText(e)?.text ?? ''));
  })));
}

/**
 * @param {Context} c
 * @param {Detail} d
 */
export function linkList(c, d) {
  if (d.links.length === 0 && !d.dropped.links) return null;
  return part('Links', count(d.links.length), true, ...d.links.map((l) => h('div', { class: 'd-event' },
    h('h4', {}, l.here ? inside(`/trace/${l.trace}?span=${l.span}`, {}, `${l.trace} ${l.span}`) : h('code', {}, `${l.trace} ${l.span} (not in this run)`)),
    facts([['Trace state', l.traceState ?? null], ['Trace flags', flagsText(l.traceFlags)]]), fields(c, l), leftOut(l.dropped, 'attribute'))),
  leftOut(d.dropped.links, 'link'));
}

/**
 * @param {Context} c
 * @param {Section} s
 */
function fields(c, s) {
  return h('table', { class: 'd-fields' }, h('tbody', {}, ...s.fields.map((f) => h('tr', {},
    h('th', { scope: 'row' }, bdi(f.key), f.type === 'string' ? null : h('small', {}, ' ' + f.type)),
    h('td', {}, value(f, c.path), actions(c.store, f))))));
}

/**
 * @param {Field} f
 * @param {string} path of the span
 */
export function value(f, path) {
  const rows = f.text.split('\n');
  const stack = f.key.endsWith('stacktrace') && rows.length > TAIL + 2;
  const address = !f.cut && /^https?:\/\/[^\s\\]+$/.test(f.text);
  const pre = h('pre', { class: 'value', dir: 'auto', tabindex: f.text.length > 500 ? '0' : undefined },
    address ? outside(f.text, f.text) : stack ? rows.slice(-TAIL).join('\n') : f.text);
  const whole = f.cut ? h('p', { class: 'd-cut' }, `The first 4 kB of ${bytes(f.size)}. `, downloadLink(`${path}/values/${f.n}`, 'Download all')) : null;
  if (!stack) return h('div', {}, pre, whole);
  const more = h('button', { type: 'button', class: 'link' }, `${counted(rows.length - TAIL, 'line')} above: show all`);
  more.addEventListener('click', () => {
    pre.textContent = f.text;
    more.remove();
  });
  return h('div', {}, more, pre, whole);
}

/**
 * @param {TraceStore} store
 * @param {Field} f
 */
function actions(store, f) {
  const whole = asReported(f);
  const buttons = [copyButton(store, 'Copy', () => Promise.resolve(whole))];
  if (live && searchable(f.key) && !f.cut && f.size <= FILTERED) {
    buttons.push(h('button', { type: 'button', class: 'small', title: 'Find spans with this value', onclick: () => store.addTerm(term(f.key, '=', whole)) }, 'Filter'));
  }
  return h('span', { class: 'd-actions' }, ...buttons);
}

/**
 * A value as it was reported, where it is text; the text for reading else.
 * @param {Field} f
 */
function asReported(f) {
  const v = /** @type {{ stringValue?: string } | undefined} */ (f.value);
  return v?.stringValue ?? f.text;
}
