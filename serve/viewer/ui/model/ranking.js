// The first spans in an order. Pure.

import { ordering } from './columnorder.js';
import { at, FLAG } from './columns.js';

/** @typedef {import('../types').Model} Model */

/** The orders of a list of spans, as an address has them. */
export const SPAN_ORDER = ordering(['name', 'service', 'start', 'duration', 'self'], 'duration', ['name', 'service', 'start']);

/**
 * The first spans in an order, and how many there are. Linear in the lines, but
 * for sorting their numbers.
 * @param {Model} m
 * @param {ArrayLike<number> | null} among lines; null is all
 * @param {string} key
 * @param {boolean} up
 * @param {number} limit
 */
export function firstOf(m, among, key, up, limit) {
  const n = among ? among.length : m.n;
  const lines = new Int32Array(n);
  let all = 0;
  for (let k = 0; k < n; k++) {
    const line = among ? at(among, k) : k;
    if ((at(m.flags, line) & (FLAG.fold | FLAG.missing)) === 0) lines[all++] = line;
  }
  const rank = (/** @type {string[]} */ texts) => {
    const order = texts.map((_, i) => i).sort((a, b) => (texts[a] ?? '').localeCompare(texts[b] ?? ''));
    const out = new Float64Array(texts.length);
    order.forEach((i, r) => (out[i] = r));
    return out;
  };
  const names = key === 'name' ? rank(m.head.names) : key === 'service' ? rank(m.head.services) : null;
  const column = key === 'name' ? m.name : key === 'service' ? m.service : key === 'start' ? m.start : key === 'self' ? m.self : m.duration;
  const sign = up ? 1 : -1;
  const value = (/** @type {number} */ line) => sign * (names ? at(names, at(column, line)) : at(column, line));
  const values = Float64Array.from({ length: all }, (_, k) => value(at(lines, k))).sort();
  const last = all > limit ? at(values, limit - 1) : Infinity;
  // Those before the last of the first are few; of those equal to it the first lines are taken.
  /** @type {number[]} */
  const first = [];
  const equal = [];
  for (let k = 0; k < all; k++) {
    const line = at(lines, k);
    const v = value(line);
    if (v < last) first.push(line);
    else if (v === last && equal.length < limit) equal.push(line);
  }
  const out = [...first, ...equal].slice(0, limit);
  return { lines: out.sort((a, b) => value(a) - value(b) || a - b), all };
}
