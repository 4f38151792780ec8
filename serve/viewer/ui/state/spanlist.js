// The spans of a trace as a list.

import { firstOf, SPAN_ORDER } from '../model/ranking.js';
import { find } from './load.js';

const LISTED = 500; // spans

/**
 * The first spans in an order, of those that a query finds.
 * @param {string} path of the trace
 * @param {import('../types').Model} model
 * @param {string} key the order and the query
 * @param {AbortSignal} signal
 */
export async function listSpans(path, model, key, signal) {
  const [order = '', q = ''] = key.split('\n');
  const { by, up } = SPAN_ORDER.parse(order);
  const among = q === '' ? null : await find(path, q, signal);
  return { ...firstOf(model, among, by, up, LISTED), by, up };
}
