// What the find box offers while one types: words of the grammar, and the
// names, services, attributes and values that there are.

import { json } from '../lib/api.js';
import { h } from '../lib/dom.js';
import { completions } from '../model/completions.js';

/** @typedef {import('../types').AttributeKey} AttributeKey */
/** @typedef {{ names: string[], services: string[], keys: AttributeKey[] }} Vocabulary */


let lists = 0;

/**
 * Offers completions below an input. What there is is asked for once, when the
 * box is first used.
 * @param {HTMLInputElement} input
 * @param {string} path "" for the whole run, else that of a trace
 * @param {{ names: string[], services: string[] }} known
 * @param {AbortSignal} signal
 */
export function complete(input, path, known, signal) {
  const list = h('datalist', { id: `offers-${lists++}` });
  /** @type {Vocabulary | null} */
  let v = null;
  const show = () => list.replaceChildren(...(v ? completions(input.value, v) : []).map((value) => h('option', { value })));
  input.addEventListener('focus', () => {
    if (v) return;
    v = { ...known, keys: [] };
    json(path + 'keys', signal).then((keys) => {
      v = { ...known, keys: /** @type {AttributeKey[]} */ (keys) };
      show();
    }).catch(() => {}); // names and services are offered all the same
  });
  input.addEventListener('input', show);
  input.setAttribute('list', list.id);
  return list;
}
