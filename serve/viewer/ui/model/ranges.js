// Numbers as text. Pure.

import { at } from './columns.js';

/**
 * Numbers and ranges of them in order, such as 5.17.40-45.
 * @param {number[]} numbers
 * @param {string} separator
 * @param {number} [most] how many numbers and ranges
 */
export function formatRanges(numbers, separator, most = Infinity) {
  const sorted = [...numbers].sort((a, b) => a - b);
  /** @type {string[]} */
  const pieces = [];
  for (let k = 0; k < sorted.length && pieces.length < most; ) {
    const first = at(sorted, k);
    let last = first;
    for (k++; k < sorted.length && at(sorted, k) <= last + 1; k++) last = at(sorted, k);
    pieces.push(last > first ? `${first}-${last}` : String(first));
  }
  return pieces.join(separator);
}
