// What is shown of an answer of the server, and where there is none.

import { Failure } from '../lib/api.js';
import { h, inside } from '../lib/dom.js';
import { settled } from '../state/loader.js';

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

/**
 * Draws an answer, that it is awaited, or why there is none. What was drawn
 * before stays until another answer is there, or late.
 * @template T
 * @param {HTMLElement} box
 * @param {import('../types').Answer<T>} answer
 * @param {string} waiting
 * @param {(value: T) => (Node | string)[]} draw
 */
export function drawAnswer(box, answer, waiting, draw) {
  if (answer.error !== undefined) box.replaceChildren(message(answer.error));
  else if (settled(answer) && answer.value !== undefined) box.replaceChildren(...draw(answer.value));
  else if (answer.late || box.childNodes.length === 0) box.replaceChildren(loading(waiting));
}
