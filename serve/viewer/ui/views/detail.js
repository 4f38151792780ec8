// The details of a line: all that is known of one span, or of a group of them.

import { changes } from '../lib/changes.js';
import { bdi, h, inside, outside } from '../lib/dom.js';
import { clock, count, counted, duration, named, percent, relative } from '../lib/format.js';
import { live } from '../lib/source.js';
import { at, FLAG, isGroup, nameOf } from '../model/columns.js';
import { format } from '../state/address.js';
import { settled } from '../state/loader.js';
import { wholeSpanJSON } from '../state/spanjson.js';
import { copyButton } from './copy.js';
import { eventList, facts, flagsText, linkList, logLines, section, value } from './fields.js';
import { loading, message } from './message.js';
import { encodedJSON, sources } from './source.js';

/** @typedef {import('../types').Detail} Detail */
/** @typedef {import('../types').Model} Model */
/** @typedef {import('../types').TraceState} TraceState */
/** @typedef {Pick<TraceState, 'run' | 'address' | 'model' | 'detail' | 'span'>} Drawn */
/** @typedef {import('../state/tracestore.js').TraceStore} TraceStore */

/**
 * @param {TraceStore} store
 * @param {HTMLElement} element where the details are shown
 * @param {() => void} toLines moves the focus of the keyboard to the lines
 */
export function detailPane(store, element, toLines) {
  const changed = changes();
  const close = () => {
    store.closeDetail();
    toLines();
  };
  return {
    element,
    /** @param {Drawn} s */
    update(s) {
      if (!changed(s.detail, s.span, s.address.zone)) return;
      element.replaceChildren(...(s.detail ? [panel(store, s, s.detail.line, close)] : []));
    },
  };
}

/**
 * @param {TraceStore} store
 * @param {Drawn} s
 * @param {number} line or -1
 * @param {() => void} close
 */
function panel(store, s, line, close) {
  return h('aside', { class: 'detail', 'aria-label': 'Details of the span' },
    h('button', { type: 'button', class: 'icon d-close', title: 'Close (Esc)', 'aria-label': 'Close the details', onclick: close }, '✕'),
    h('div', { class: 'd-body' }, ...body(store, s, line)));
}

/**
 * @param {TraceStore} store
 * @param {Drawn} s
 * @param {number} line
 */
function body(store, s, line) {
  if (line >= 0 && isGroup(s.model, line)) return group(s.model, line);
  if (s.span.error !== undefined) return [message(s.span.error)];
  if (!settled(s.span) || !s.span.value) return [loading('Loading…')];
  return span(store, s, s.span.value);
}

/**
 * @param {Model} m
 * @param {number} line
 */
function group(m, line) {
  const fold = (at(m.flags, line) & FLAG.fold) !== 0;
  const times = [];
  for (let c = line + 1; c < at(m.end, line); c = at(m.end, c)) times.push(at(m.duration, c));
  times.sort((a, b) => a - b);
  return [
    h('h2', {}, fold ? `${count(times.length)} × ` : 'Missing parent of ', bdi(fold ? named(nameOf(m, line)) : counted(times.length, 'span'))),
    h('p', { class: 'd-note' }, fold
      ? 'Similar calls in a row, with the same name, service and kind. Open the line to see each.'
      : 'The spans under it name it as their parent, but no file holds it. A process that is killed does not write its open spans.'),
    facts([
      ['Together', duration(at(m.duration, line))], ['Errors', count(at(m.below, line))],
      ['Shortest', duration(times[0] ?? 0)], ['Median', duration(times[times.length >> 1] ?? 0)], ['Longest', duration(times[times.length - 1] ?? 0)],
    ]),
  ];
}

/**
 * @param {TraceStore} store
 * @param {Drawn} s
 * @param {Detail} d
 */
function span(store, s, d) {
  const path = `${store.path}spans/${s.span.key}`;
  const c = { store, path };
  const marks = s.run.marks.filter((k) => d.flags.includes(k.flag) || (k.flag === 'inferred' && d.inferred));
  return [
    h('h2', {}, bdi(named(d.name))),
    h('p', { class: 'd-sub' }, bdi(named(d.service)), d.kind ? ` · ${d.kind}` : '', d.status === 'UNSET' ? '' : ` · ${d.status}`),
    d.message ? h('div', { class: d.status === 'ERROR' ? 'd-message bad' : 'd-message' }, value(d.message, path)) : null,
    ...marks.map((k) => h('p', { class: 'd-mark' }, h('b', {}, k.text), ' ', k.means)),
    spanFacts(store, s, d),
    h('div', { class: 'd-tools' },
      copyButton(store, 'Copy as text', () => Promise.resolve(asText(d))), live ? copyButton(store, 'Copy as JSON', () => wholeSpanJSON(store)) : null,
      inside(format({ ...s.address, span: d.id }), { class: 'button small' }, 'Link'), d.jaeger ? outside(d.jaeger, 'In Jaeger') : null),
    section(c, 'Attributes', d.attributes, true),
    logLines(d, s.address.zone),
    eventList(c, d),
    linkList(c, d),
    section(c, 'Resource', d.resource, false),
    section(c, 'Scope', d.scope, false),
    sources(d, path),
    live ? encodedJSON(store) : null,
    d.left ? h('p', { class: 'd-note' }, `${counted(d.left, 'more value')} not shown${live ? ': “Copy as JSON” has all' : ''}.`) : null,
    d.leftParts ? h('p', { class: 'd-note' }, `${count(d.leftParts)} more events and links not shown${live ? ': “Copy as JSON” has all' : ''}.`) : null,
  ].filter((e) => e !== null);
}

/**
 * @param {TraceStore} store
 * @param {Drawn} s
 * @param {Detail} d
 */
function spanFacts(store, { model, address }, d) {
  const ns = Number(d.duration);
  const start = BigInt(d.start);
  const parent = d.parentLine >= 0
    ? h('button', { type: 'button', class: 'link', onclick: () => store.goTo(d.parentLine) }, bdi(named(d.parentName ?? '')))
    : d.parentId ? h('code', {}, `${d.parentId} (in no file)`) : null;
  return facts([
    ['Duration', h('span', {}, duration(ns), d.flags.includes('unfinished') ? ' so far' : '', ` (${percent(ns, model.length)} of the trace)`)],
    ['Self time', `${duration(Number(d.self))} ${ns > 0 ? `(${percent(Number(d.self), ns)})` : ''}`],
    ['Start', `${clock(start, address.zone, 9)}, ${relative(Number(start - model.startNs), model.length / 10000)}`],
    ['End', clock(BigInt(d.end), address.zone, 9)],
    ['Reported', d.reported ? `start ${d.reported.start}, end ${d.reported.end} (Unix ns)` : null],
    ['Parent', parent], ['Span', h('code', {}, d.id)], ['Trace state', d.traceState ?? null], ['Trace flags', flagsText(d.traceFlags)],
  ]);
}

/** @param {Detail} d */
function asText(d) {
  const lines = [`${d.name} (${d.service}${d.kind ? ', ' + d.kind : ''})`, `trace ${d.trace} span ${d.id}`,
    `start ${clock(BigInt(d.start), 'UTC', 9)}, duration ${duration(Number(d.duration))}, status ${d.status}${d.message ? ': ' + d.message.text : ''}`];
  for (const [title, s] of /** @type {const} */ ([['attributes', d.attributes], ['resource', d.resource]])) {
    lines.push(`${title}:`, ...s.fields.map((f) => `  ${f.key}: ${f.text}${f.cut ? '…' : ''}`));
  }
  for (const e of d.events) lines.push(`event ${e.name}:`, ...e.fields.map((f) => `  ${f.key}: ${f.text}`));
  return lines.join('\n');
}
