// Which lines are on show, of all that there are. Pure.

import { at } from './columns.js';

/** @typedef {import('../types').Model} Model */

/**
 * The lines to show, in order: those not under a closed one, and, where a
 * filter is given, only those that it keeps.
 * @param {Model} m
 * @param {Uint8Array} closed by line
 * @param {Uint8Array | null} keep by line
 */
export function visibleLines(m, closed, keep) {
  const out = new Int32Array(m.n);
  let k = 0;
  for (let i = 0; i < m.n; ) {
    if (keep && !keep[i]) {
      i = at(m.end, i); // a line that is not kept has none under it that is
      continue;
    }
    out[k++] = i;
    i = closed[i] ? at(m.end, i) : i + 1;
  }
  return out.subarray(0, k);
}

/**
 * What a filter keeps: the matches and what they are under.
 * @param {Model} m
 * @param {ArrayLike<number>} matches lines
 */
export function withAncestors(m, matches) {
  const keep = new Uint8Array(m.n);
  for (let k = 0; k < matches.length; k++) {
    for (let i = at(matches, k); i >= 0 && !keep[i]; i = at(m.parent, i)) keep[i] = 1;
  }
  return keep;
}

/**
 * Closes all lines at a depth, and opens those above it.
 * @param {Model} m
 * @param {number} depth
 */
export function closedBelow(m, depth) {
  const closed = new Uint8Array(m.n);
  for (let i = 0; i < m.n; i++) if (at(m.depth, i) >= depth && at(m.members, i) > 0) closed[i] = 1;
  return closed;
}

/**
 * The deepest depth at which something is open: what one level less closes.
 * @param {Model} m
 * @param {ArrayLike<number>} visible
 */
export function shownDepth(m, visible) {
  let deepest = 0;
  for (let k = 0; k < visible.length; k++) deepest = Math.max(deepest, at(m.depth, at(visible, k)));
  return deepest;
}

/**
 * The place of the first of sorted numbers that is not below v.
 * @param {ArrayLike<number>} sorted
 * @param {number} v
 */
export function lowerBound(sorted, v) {
  let lo = 0;
  let hi = sorted.length;
  while (lo < hi) {
    const mid = (lo + hi) >> 1;
    if (at(sorted, mid) < v) lo = mid + 1;
    else hi = mid;
  }
  return lo;
}

/**
 * The next of sorted lines after (or before) one, going around at the end.
 * @param {ArrayLike<number>} sorted
 * @param {number} line
 * @param {1 | -1} step
 */
export function nextOf(sorted, line, step) {
  if (sorted.length === 0) return -1;
  let k = lowerBound(sorted, line);
  if (step > 0) {
    if (k < sorted.length && at(sorted, k) === line) k++;
    if (k === sorted.length) k = 0;
  } else if (--k < 0) k = sorted.length - 1;
  return at(sorted, k);
}

/**
 * The lines with the most self time, most first.
 * @param {Model} m
 * @param {number} limit
 */
export function slowest(m, limit) {
  /** @type {number[]} */
  const top = [];
  for (let i = 0; i < m.n; i++) {
    const s = at(m.self, i);
    const last = top[limit - 1];
    if (s <= 0 || (last !== undefined && at(m.self, last) >= s)) continue;
    let k = Math.min(top.length, limit - 1);
    while (k > 0 && at(m.self, /** @type {number} */ (top[k - 1])) < s) k--;
    top.splice(k, 0, i);
    if (top.length > limit) top.pop();
  }
  return top;
}
