// What lists have around their rows: how many there are, pages.

import { bdi, h, inside } from '../lib/dom.js';
import { count, counted } from '../lib/format.js';
import { format } from '../state/address.js';

/** @typedef {import('../types').Address} Address */

/**
 * How many there are, and by what they were found.
 * @param {Address} s
 * @param {number} n
 * @param {string} one
 * @param {string} rest
 */
export function howMany(s, n, one, rest) {
  const all = inside(format({ ...s, q: '', offset: 0 }), {}, 'show all');
  return h('p', { class: 'dim' }, s.q === '' ? counted(n, one) : h('span', {}, `${counted(n, one)} found by `, h('code', {}, bdi(s.q)), ' ', all), rest);
}

/**
 * A table that scrolls by itself.
 * @param {string} label
 * @param {string} cls
 * @param {Node[]} heads
 * @param {Node[]} rows
 */
export function scrolledTable(label, cls, heads, rows) {
  return h('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': label },
    h('table', { class: `table ${cls}` }, h('thead', {}, h('tr', {}, ...heads)), h('tbody', {}, ...rows)));
}

/**
 * @param {string} title
 * @param {string} [cls]
 */
export function head(title, cls = '') {
  return h('th', { scope: 'col', class: cls }, title);
}

/**
 * Draws a table anew; the button of a column that has the focus keeps it.
 * @param {HTMLElement} box
 * @param {() => void} draw
 */
export function keepingFocus(box, draw) {
  const column = box.contains(document.activeElement) ? document.activeElement?.closest('th')?.cellIndex : undefined;
  draw();
  if (column !== undefined) box.querySelectorAll('th')[column]?.querySelector('button')?.focus();
}

/**
 * Ways to the other pages of a list, where not all of it is on this one.
 * @param {Address} s
 * @param {{ offset: number, total: number }} r
 * @param {number} shown
 * @param {number} perPage
 */
export function pager(s, r, shown, perPage) {
  if (r.total <= shown) return h('span', {});
  const page = (/** @type {number} */ at, /** @type {string} */ text) => inside(format({ ...s, offset: at }), { class: 'button' }, text);
  const end = r.offset + shown;
  return h('nav', { class: 'pager', 'aria-label': 'Pages' }, r.offset > 0 ? page(Math.max(r.offset - perPage, 0), '‹ Previous') : null,
    h('span', {}, `${count(Math.min(r.offset + 1, end))}–${count(end)} of ${count(r.total)}`), end < r.total ? page(end, 'Next ›') : null);
}
