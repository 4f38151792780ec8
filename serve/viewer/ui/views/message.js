// What is shown where there is nothing else to show.

import { Failure } from '../lib/api.js';
import { h, inside } from '../lib/dom.js';

/**
 * An error, with what to do next.
 * @param {unknown} e
 */
export function message(e) {
  const what = e instanceof Error ? e.message : String(e);
  const next = e instanceof Failure ? e.next : 'Reload the page. If that does not help, the browser’s console has more.';
  return h('section', { class: 'message', role: 'alert' }, h('h1', {}, what), h('p', {}, next), h('p', {}, inside('/', {}, 'All traces')));
}

/**
 * @param {string} title
 * @param {...(string | Node)} rest
 */
export function empty(title, ...rest) {
  return h('div', { class: 'empty' }, h('p', { class: 'empty-title' }, title), ...rest.map((r) => h('p', {}, r)));
}

/** @param {string} what */
export function loading(what) {
  return h('p', { class: 'loading', role: 'status' }, what);
}
