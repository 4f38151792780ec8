// What changed between two runs: inputs, errors, phases, cases, calls, lines, each with where it is
// shown in this run and in the other.

import { bdi, h, inside, outside } from '../lib/dom.js';
import { counted } from '../lib/format.js';
import { format, other } from '../state/address.js';
import { empty } from './message.js';

/** @typedef {import('../types').Address} Address */
/** @typedef {import('../types').Change} Change */
/** @typedef {import('../types').ChangedPlace} ChangedPlace */
/** @typedef {import('../types').Differing} Differing */

/**
 * @param {Address} s
 * @param {Differing} d
 */
export function changesOf(s, d) {
  const lists = d.lists.filter((l) => l.rows.length > 0);
  const parts = [
    d.inputs.length > 0 ? part('Inputs', ['Input', 'Other → this'], d.inputs.map(input), d.left.inputs) : null,
    ...lists.map((l) => part(l.title, ['Change', 'What', 'How much', 'Where', 'In the other'], l.rows.map((c) => row(s, d, c)), l.left)),
    d.attributes.length > 0 ? part('Attributes of spans', ['Change', 'What', 'How much', 'Where', 'In the other'], d.attributes.map((a) => attribute(s, d, a)), d.left.attributes) : null,
  ].filter((p) => p !== null);
  if (parts.length === 0) parts.push(empty('No difference was found'));
  return h('div', { class: 'scroll changes', tabindex: '0', role: 'region', 'aria-label': 'What changed' }, ...parts, ...d.gaps.map((g) => h('p', { class: 'dim' }, bdi(g))));
}

/**
 * @param {string} title
 * @param {string[]} heads
 * @param {HTMLElement[]} rows
 * @param {number} [left]
 */
function part(title, heads, rows, left) {
  return h('section', {}, h('h2', {}, title),
    h('table', { class: 'table', 'aria-label': title }, h('thead', {}, h('tr', {}, ...heads.map((t, i) => h('th', { scope: 'col', class: i > 3 ? 'opt' : '' }, t)))), h('tbody', {}, ...rows)),
    left ? h('p', { class: 'dim' }, `${counted(left, 'row')} that matter less left out.`) : null);
}

/** @param {Differing['inputs'][number]} i */
function input(i) {
  return h('tr', {}, h('th', { scope: 'row' }, bdi(i.name)), h('td', { class: 'wrap' }, i.url ? outside(i.url, i.said) : bdi(i.said)));
}

/**
 * @param {Address} s
 * @param {Differing} d
 * @param {Change} c
 */
function row(s, d, c) {
  return h('tr', { class: CLASSES[c.kind] ?? '' }, h('td', {}, c.kind), h('td', { class: 'wrap' }, bdi(c.said)), h('td', {}, c.howMuch ?? ''),
    h('td', { class: 'ways' }, ...ways(s, d, 'here', c.here, c.query)), h('td', { class: 'opt ways' }, ...ways(s, d, 'there', c.there, c.query)));
}

/** @type {Record<string, string>} colours of the comparison, besides the words */
const CLASSES = { new: 'only-here', fails: 'only-here', gone: 'only-there', passes: 'only-there', slower: 'more', more: 'more', stopped: 'more', faster: 'less', fewer: 'less', lasted: 'less' };

/**
 * @param {Address} s
 * @param {Differing} d
 * @param {import('../types').ChangedAttribute} a
 */
function attribute(s, d, a) {
  const [here, there] = a.more ? [a.place, undefined] : [undefined, a.place];
  return h('tr', {}, h('td', {}, a.more ? 'more' : 'fewer'), h('td', { class: 'wrap' }, bdi(`${a.key}=${a.value}`)), h('td', {}, a.said),
    h('td', { class: 'ways' }, ...ways(s, d, 'here', here, a.query)), h('td', { class: 'opt ways' }, ...ways(s, d, 'there', there, a.query)));
}

/**
 * The ways from a change: to its span, its line or its file in its own run, to its phase and
 * its line in both runs, and to the spans that a search finds.
 * @param {Address} s
 * @param {Differing} d
 * @param {'here' | 'there'} side
 * @param {ChangedPlace | undefined} p
 * @param {string} [q]
 */
function ways(s, d, side, p, q) {
  const trace = d[side].id;
  const beside = (/** @type {Partial<Address>} */ to) => format(other(s, { trace: d.here.id, view: 'compare', compare: d.there.id, ...to }));
  const line = p?.file && p.line ? `${p.file}:${p.line}` : '';
  return [
    p?.span ? inside(format(other(s, { trace, span: p.span })), {}, 'span') : null,
    line ? inside(format(other(s, { trace, log: line })), {}, bdi(short(line))) : null,
    line ? inside(beside({ order: 'logs', ...(side === 'here' ? { log: line } : { olog: line }) }), { 'aria-label': `${short(line)} in both logs` }, 'both logs') : null,
    p?.file && !line ? p.url ? outside(p.url, short(p.file)) : bdi(short(p.file)) : null,
    p?.phase ? inside(beside({ order: 'phases', frame: p.phase.band }), { title: 'The phase in both timelines' }, 'in ', bdi(p.phase.name)) : null,
    q ? inside(format(other(s, { trace, q, mode: 'filter' })), { title: side === 'here' ? 'What finds such spans in this run' : 'What finds such spans in the other run' }, 'search') : null,
  ];
}

/** @param {string} file */
function short(file) {
  return file.slice(file.lastIndexOf('/') + 1);
}
