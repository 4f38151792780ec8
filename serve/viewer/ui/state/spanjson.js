// The encoded span of the details, as JSON.

import { json, text } from '../lib/api.js';

/** @typedef {Pick<import('./tracestore.js').TraceStore, 'path' | 'state' | 'ended'>} Store */

/** @param {Store} store */
function pathOf({ path, state }) {
  return `${path}spans/${state.span.key}/otlp`;
}

/**
 * Of a span with very many parts the first.
 * @param {Store} store
 */
export function spanJSON(store) {
  return text(pathOf(store), store.ended);
}

/**
 * The span with all its parts.
 * @param {Store} store
 */
export async function wholeSpanJSON(store) {
  const path = pathOf(store);
  const first = await text(path, store.ended);
  /** @type {import('../model/otlpparts.js').Page} */
  let page = JSON.parse(first);
  if (page.next === undefined) return first; // as it is: JSON.parse knows no -0
  const { addParts } = await import('../model/otlpparts.js');
  const { next, left, ...all } = page;
  while (page.next !== undefined) {
    page = await json(`${path}?offset=${page.next}`, store.ended);
    addParts(all, page);
  }
  return JSON.stringify(all);
}
