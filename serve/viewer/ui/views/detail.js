// All that is known of one span.

import { json, text } from '../lib/api.js';
import { bdi, h, inside, outside } from '../lib/dom.js';
import { bytes, clock, count, counted, duration, named, percent, relative } from '../lib/format.js';
import { at, FLAG } from '../model/columns.js';
import { searchable, term } from '../model/query.js';
import { format } from '../state/address.js';
import { loading, message } from './message.js';

/** @typedef {import('../types').Detail} Detail */
/** @typedef {import('../types').Field} Field */
/** @typedef {import('../types').Section} Section */
/** @typedef {import('../types').Model} Model */

/**
 * @typedef {object} Around what the panel may ask of the page
 * @property {import('../main.js').App} app
 * @property {Model} model
 * @property {() => void} close
 * @property {(line: number) => void} goTo
 * @property {(d: Detail) => void} known told when the details have come
 * @property {(term: string) => void} filter
 */

const TAIL = 8; // lines of a stack trace that are shown first

/**
 * The panel for a line. It asks the server only for spans: groups are made
 * from what the page has.
 * @param {Around} o
 * @param {number} line
 * @param {string} ref the span's id, or its line
 * @param {AbortSignal} signal
 */
export function detailPanel(o, line, ref, signal) {
  const body = h('div', { class: 'd-body' }, loading('Loading…'));
  const panel = h('aside', { class: 'detail', 'aria-label': 'Details of the span' },
    h('button', { type: 'button', class: 'icon d-close', title: 'Close (Esc)', 'aria-label': 'Close the details', onclick: o.close }, '✕'), body);
  if (at(o.model.flags, line) & (FLAG.fold | FLAG.missing)) {
    body.replaceChildren(...group(o, line));
    return panel;
  }
  const path = `traces/${o.model.head.id}/spans/${ref}`;
  json(path, signal)
    .then((answer) => {
      const d = /** @type {Detail} */ (answer);
      o.known(d);
      body.replaceChildren(...span(o, d, path));
    })
    .catch((e) => {
      if (!signal.aborted) body.replaceChildren(message(e));
    });
  return panel;
}

/**
 * @param {Around} o
 * @param {number} line
 */
function group(o, line) {
  const m = o.model;
  const name = named(m.head.names[at(m.name, line)] ?? '');
  const fold = (at(m.flags, line) & FLAG.fold) !== 0;
  const times = [];
  for (let c = line + 1; c < at(m.end, line); c = at(m.end, c)) times.push(at(m.duration, c));
  times.sort((a, b) => a - b);
  return [
    h('h2', {}, fold ? `${count(times.length)} × ` : 'Missing parent of ', bdi(fold ? name : counted(times.length, 'span'))),
    h('p', { class: 'd-note' }, fold
      ? 'Similar calls one after the other: same name, service and kind. Open the line to see each.'
      : 'The spans under it name it as their parent, but no file holds it. A process that is killed does not write its open spans.'),
    facts([
      ['Together', duration(at(m.duration, line))], ['Errors', count(at(m.below, line))],
      ['Shortest', duration(times[0] ?? 0)], ['Median', duration(times[times.length >> 1] ?? 0)], ['Longest', duration(times[times.length - 1] ?? 0)],
    ]),
  ];
}

/** @param {[string, string | Node | null][]} rows */
function facts(rows) {
  return h('dl', { class: 'd-facts' }, ...rows.filter(([, v]) => v !== null && v !== '').flatMap(([k, v]) => [h('dt', {}, k), h('dd', {}, v)]));
}

/**
 * @param {Around} o
 * @param {Detail} d
 * @param {string} path
 */
function span(o, d, path) {
  const m = o.model;
  const state = o.app.state();
  const ns = Number(d.duration);
  const marks = o.app.run.marks.filter((k) => d.flags.includes(k.flag) || (k.flag === 'inferred' && d.inferred));
  const parent = d.parentLine >= 0
    ? h('button', { type: 'button', class: 'link', onclick: () => o.goTo(d.parentLine) }, bdi(named(d.parentName ?? '')))
    : d.parentId ? h('code', {}, `${d.parentId} (in no file)`) : null;
  return [
    h('h2', {}, bdi(named(d.name))),
    h('p', { class: 'd-sub' }, bdi(named(d.service)), d.kind ? ` · ${d.kind}` : '', d.status === 'UNSET' ? '' : ` · ${d.status}`),
    d.message ? h('div', { class: d.status === 'ERROR' ? 'd-message bad' : 'd-message' }, value(d.message, path)) : null,
    ...marks.map((k) => h('p', { class: 'd-mark' }, h('b', {}, k.text), ' ', k.means)),
    facts([
      ['Duration', h('span', {}, duration(ns), d.flags.includes('unfinished') ? ' so far' : '', ` (${percent(ns, m.length)} of the trace)`)],
      ['Self time', `${duration(Number(d.self))} ${ns > 0 ? `(${percent(Number(d.self), ns)})` : ''}`],
      ['Start', `${clock(BigInt(d.start), state.zone, 9)}, ${relative(Number(BigInt(d.start) - m.startNs), m.length / 10000)}`],
      ['End', clock(BigInt(d.end), state.zone, 9)],
      ['Reported', d.reported ? `start ${d.reported.start}, end ${d.reported.end} (Unix ns)` : null],
      ['Parent', parent], ['Span', h('code', {}, d.id)], ['Trace state', d.traceState ?? null], ['Trace flags', flagsText(d.traceFlags)],
    ]),
    h('div', { class: 'd-tools' },
      copyButton(o, 'Copy as text', () => Promise.resolve(asText(d))), copyButton(o, 'Copy as JSON', () => text(path + '/otlp')),
      inside(format({ ...state, span: d.id }), { class: 'button small' }, 'Link'), d.jaeger ? outside(d.jaeger, 'In Jaeger') : null),
    section(o, 'Attributes', d.attributes, path, true),
    events(o, d, path),
    links(d, path, o),
    section(o, 'Resource', d.resource, path, false),
    section(o, 'Scope', d.scope, path, false),
    sources(d, path),
    raw(path),
    d.left ? h('p', { class: 'd-note' }, `${counted(d.left, 'more value')} not shown: the OTLP JSON has all.`) : null,
    d.leftParts ? h('p', { class: 'd-note' }, `${count(d.leftParts)} more events and links are not shown: the OTLP JSON has all.`) : null,
  ].filter((e) => e !== null);
}

/**
 * @param {string} title
 * @param {string} note
 * @param {boolean} open
 * @param {...(Node | null)} children
 */
function fold(title, note, open, ...children) {
  return h('details', { class: 'd-section', open }, h('summary', {}, h('h3', {}, title), ' ', h('span', { class: 'dim' }, note)), ...children);
}

/**
 * @param {Around} o
 * @param {string} title
 * @param {Section} s
 * @param {string} path
 * @param {boolean} open
 */
function section(o, title, s, path, open) {
  if (s.fields.length === 0 && !s.about?.trim() && !s.dropped) return null;
  return fold(title, [s.fields.length ? String(s.fields.length) : '', s.about?.trim() ?? '', s.schema ?? ''].filter(Boolean).join(' · '), open,
    fields(o, s, path), leftOut(s.dropped, 'attribute'));
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
 * The flags field of OTLP: those of W3C, and whether the parent or the linked span is
 * known to be of another process.
 * @param {number | undefined} flags
 */
function flagsText(flags) {
  if (!flags) return null;
  const words = [];
  if (flags & 1) words.push('sampled');
  if (flags & 2) words.push('random trace id');
  if (flags & 0x100) words.push(flags & 0x200 ? 'remote' : 'not remote');
  return `0x${flags.toString(16)}${words.length ? ` (${words.join(', ')})` : ''}`;
}

/**
 * @param {Around} o
 * @param {Section} s
 * @param {string} path
 */
function fields(o, s, path) {
  return h('table', { class: 'd-fields' }, h('tbody', {}, ...s.fields.map((f) => h('tr', {},
    h('th', { scope: 'row' }, bdi(f.key), f.type === 'string' ? null : h('small', {}, ' ' + f.type)),
    h('td', {}, value(f, path), actions(o, f))))));
}

/**
 * @param {Field} f
 * @param {string} path
 */
function value(f, path) {
  const rows = f.text.split('\n');
  const stack = f.key.endsWith('stacktrace') && rows.length > TAIL + 2;
  const address = !f.cut && /^https?:\/\/[^\s\\]+$/.test(f.text);
  const pre = h('pre', { class: 'value', dir: 'auto', tabindex: f.text.length > 500 ? '0' : undefined }, address ? outside(f.text, f.text) : stack ? rows.slice(-TAIL).join('\n') : f.text);
  const whole = f.cut ? h('p', { class: 'd-cut' }, `The first 4 kB of ${bytes(f.size)}. `, h('a', { href: `/api/v1/${path}/values/${f.n}`, download: true }, 'Download all')) : null;
  if (!stack) return h('div', {}, pre, whole);
  const more = h('button', { type: 'button', class: 'link' }, `${counted(rows.length - TAIL, 'line')} above: show all`);
  more.addEventListener('click', () => {
    pre.textContent = f.text;
    more.remove();
  });
  return h('div', {}, more, pre, whole);
}

/**
 * @param {Around} o
 * @param {Field} f
 */
function actions(o, f) {
  const whole = exact(f);
  const buttons = [copyButton(o, 'Copy', () => Promise.resolve(whole))];
  if (searchable(f.key) && !f.cut && f.size <= 300) {
    buttons.push(h('button', { type: 'button', class: 'small', title: 'Find spans with this value', onclick: () => o.filter(term(f.key, '=', whole)) }, 'Filter'));
  }
  return h('span', { class: 'd-actions' }, ...buttons);
}

/**
 * A value as it was reported, where it is text; the text for reading else.
 * @param {Field} f
 */
function exact(f) {
  const v = /** @type {{ stringValue?: string } | undefined} */ (f.value);
  return v?.stringValue ?? f.text;
}

/**
 * @param {Around} o
 * @param {string} label
 * @param {() => Promise<string>} get
 */
function copyButton(o, label, get) {
  return h('button', { type: 'button', class: 'small', onclick: async () => {
    try {
      await navigator.clipboard.writeText(await get());
      o.app.say('Copied');
    } catch {
      o.app.say('The browser did not let the page copy');
    }
  } }, label);
}

/**
 * @param {Around} o
 * @param {Detail} d
 * @param {string} path
 */
function events(o, d, path) {
  if (d.events.length === 0 && !d.dropped.events) return null;
  return fold('Events', count(d.events.length), true, ...d.events.map((e) => {
    const from = BigInt(e.at) === 0n ? 'time unknown' : relative(Number(BigInt(e.at) - BigInt(d.start)), Math.max(Number(d.duration) / 1000, 1));
    return h('div', { class: 'd-event' }, h('h4', {}, bdi(named(e.name)), ' ', h('span', { class: 'dim' }, from)), fields(o, e, path), leftOut(e.dropped, 'attribute'));
  }), leftOut(d.dropped.events, 'event'));
}

/**
 * @param {Detail} d
 * @param {string} path
 * @param {Around} o
 */
function links(d, path, o) {
  if (d.links.length === 0 && !d.dropped.links) return null;
  return fold('Links', count(d.links.length), true, ...d.links.map((l) => h('div', { class: 'd-event' },
    h('h4', {}, l.here ? inside(`/trace/${l.trace}?span=${l.span}`, {}, `${l.trace} ${l.span}`) : h('code', {}, `${l.trace} ${l.span} (not in this run)`)),
    facts([['Trace state', l.traceState ?? null], ['Trace flags', flagsText(l.traceFlags)]]), fields(o, l, path), leftOut(l.dropped, 'attribute'))),
    leftOut(d.dropped.links, 'link'));
}

/**
 * @param {Detail} d
 * @param {string} path
 */
function sources(d, path) {
  return fold('Source', bytes(d.bytes), false, h('ul', { class: 'd-sources' }, ...d.sources.map((s) =>
    h('li', {}, s.url ? outside(s.url, s.file) : bdi(s.file), h('span', { class: 'dim' }, ` at byte ${count(s.offset)}`)))),
    h('p', {}, h('a', { href: `/api/v1/${path}/raw`, download: true }, 'Download the encoded span')));
}

/** @param {string} path */
function raw(path) {
  const pre = h('pre', { class: 'value' }, 'Loading…');
  const d = fold('OTLP JSON', '', false, pre);
  d.addEventListener('toggle', async () => {
    if (!d.open || pre.dataset.done) return;
    pre.dataset.done = '1';
    try {
      const all = await text(path + '/otlp');
      pre.textContent = all.length > 200_000 ? all.slice(0, 200_000) + '…' : JSON.stringify(JSON.parse(all), null, 2);
    } catch (e) {
      pre.textContent = e instanceof Error ? e.message : String(e);
    }
  });
  return d;
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
