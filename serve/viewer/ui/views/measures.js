// What two traces are compared by.

import { h } from '../lib/dom.js';
import { count, duration } from '../lib/format.js';

/** @typedef {import('../types').Sums} Sums */

/** @type {[keyof Sums, string, (n: number) => string][]} key, title, and how a number is worded */
export const MEASURES = [['count', 'Count', count], ['errors', 'Errors', count], ['total', 'Total', duration], ['self', 'Self', duration]];

/**
 * @param {number} by
 * @param {(n: number) => string} words
 */
export function difference(by, words) {
  return h('td', { class: by > 0 ? 'num diff more' : by < 0 ? 'num diff less' : 'num diff zero' }, by === 0 ? '=' : (by > 0 ? '+' : '−') + words(Math.abs(by)));
}
