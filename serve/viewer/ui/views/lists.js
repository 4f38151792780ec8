// What lists have around their rows: a find box, how many there are, pages.

import { bdi, h, inside } from '../lib/dom.js';
import { count, counted } from '../lib/format.js';
import { format } from '../state/address.js';
import { complete } from './complete.js';

/** @typedef {import('../types').State} State */

/**
 * A find box whose text is the query of the address.
 * @param {import('../main.js').App} app
 * @param {string} what is found
 * @param {string} path "" for the whole run, else that of a trace
 * @param {{ names: string[], services: string[] }} known
 * @param {AbortSignal} signal
 * @param {...Node} rest stands behind the box
 */
export function findBox(app, what, path, known, signal, ...rest) {
  const input = h('input', { type: 'search', class: 'find', placeholder: `Find ${what}: words, key=value, key~regex, dur>5s, error, kind:client`, 'aria-label': `Find ${what}`, spellcheck: 'false', autocomplete: 'off' });
  let typing = 0;
  const go = (/** @type {'push' | 'replace'} */ how) => {
    clearTimeout(typing);
    app.go({ ...app.state(), q: input.value.trim(), offset: 0 }, how);
  };
  input.addEventListener('input', () => {
    clearTimeout(typing);
    typing = setTimeout(go, 250, 'replace');
  });
  input.addEventListener('keydown', (e) => {
    if (e.key === 'Enter') go('push');
    else if (e.key === 'Escape' && input.value) {
      input.value = '';
      go('replace');
    } else return;
    e.preventDefault();
  });
  signal.addEventListener('abort', () => clearTimeout(typing));
  return {
    element: h('div', { class: 'group find-group', role: 'search' }, input, complete(input, path, known, signal), ...rest),
    /** @param {string} q */
    show(q) {
      if (document.activeElement !== input) input.value = q;
    },
  };
}

/**
 * How many there are, and by what they were found.
 * @param {State} s
 * @param {number} n
 * @param {string} one
 * @param {string} rest
 */
export function howMany(s, n, one, rest) {
  return h('p', { class: 'dim' }, s.q === '' ? counted(n, one) : h('span', {}, `${counted(n, one)} found by `, h('code', {}, bdi(s.q)), ' ', inside(format({ ...s, q: '', offset: 0 }), {}, 'show all')), rest);
}

/**
 * Ways to the other pages of a list, where not all of it is on this one.
 * @param {State} s
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
