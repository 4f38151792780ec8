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
 * Lines as a mark on each.
 * @param {number} n lines that there are
 * @param {ArrayLike<number>} lines
 */
export function marked(n, lines) {
  const marks = new Uint8Array(n);
  for (let k = 0; k < lines.length; k++) marks[at(lines, k)] = 1;
  return marks;
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
