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
    d.attributes.length > 0 ? part('Attributes of spans', ['Change', 'What', 'How much', 'Where'], d.attributes.map((a) => attribute(s, d, a)), d.left.attributes) : null,
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
    h('td', {}, place(s, d.here.id, c.here)), h('td', { class: 'opt' }, place(s, d.there.id, c.there)));
}

/** @type {Record<string, string>} colours of the comparison, besides the words */
const CLASSES = { new: 'only-here', fails: 'only-here', gone: 'only-there', passes: 'only-there', slower: 'more', more: 'more', stopped: 'more', faster: 'less', fewer: 'less', lasted: 'less' };

/**
 * @param {Address} s
 * @param {Differing} d
 * @param {import('../types').ChangedAttribute} a
 */
function attribute(s, d, a) {
  return h('tr', {}, h('td', {}, a.more ? 'more' : 'fewer'), h('td', { class: 'wrap' }, bdi(`${a.key}=${a.value}`)), h('td', {}, a.said), h('td', {}, place(s, a.more ? d.here.id : d.there.id, a.place)));
}

/**
 * A way to a span, to a line of a log, or to a file.
 * @param {Address} s
 * @param {string} trace
 * @param {ChangedPlace | undefined} p
 */
function place(s, trace, p) {
  if (p?.span) return inside(format(other(s, { trace, span: p.span })), {}, 'span');
  if (p?.file && p.line) return inside(format(other(s, { trace, log: `${p.file}:${p.line}` })), {}, bdi(`${short(p.file)}:${p.line}`));
  if (p?.file && p.url) return outside(p.url, short(p.file));
  return p?.file ? bdi(short(p.file)) : '';
}

/** @param {string} file */
function short(file) {
  return file.slice(file.lastIndexOf('/') + 1);
}
