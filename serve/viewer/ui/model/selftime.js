// When a span itself ran. Pure.

import { at, FLAG } from './columns.js';

/** @typedef {import('../types').Model} Model */

/**
 * The pieces of a line in which none of the lines under it ran, as pairs of ns
 * after the start of the trace. Gaps and pieces shorter than a 2000th of the
 * line are not told apart: no screen shows them.
 * @param {Model} m
 * @param {number} line
 * @returns {Float64Array}
 */
export function ownPieces(m, line) {
  const from = at(m.start, line);
  const to = from + at(m.duration, line);
  const grain = (to - from) / 2000;
  /** @type {number[]} */
  const out = [];
  let reached = from;
  const visit = (/** @type {number} */ group) => {
    for (let c = group + 1; c < at(m.end, group); c = at(m.end, c)) {
      if (at(m.flags, c) & FLAG.fold) {
        visit(c); // a fold holds spans only
        continue;
      }
      const a = Math.max(at(m.start, c), from);
      const b = Math.min(at(m.start, c) + at(m.duration, c), to);
      if (b <= reached) continue;
      if (a - reached > grain) out.push(reached, a);
      reached = b;
    }
  };
  visit(line);
  if (to - reached > grain || reached === from) out.push(reached, to);
  return Float64Array.from(out);
}
