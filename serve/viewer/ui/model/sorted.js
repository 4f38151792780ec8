// Searching in sorted numbers of lines. Pure.

import { at } from './columns.js';

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
