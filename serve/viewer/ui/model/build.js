// The trace that the page makes of columns, as they come. Pure.

import { at, blank, hasError } from './columns.js';

/** @typedef {import('../types').Part} Part */

const SENT = /** @type {const} */ (['depth', 'start', 'duration', 'self', 'name', 'service', 'kind', 'flags']);

/**
 * Builds a trace of parts that are added in order. What follows from the depths, as
 * parents, ends and errors below, is computed with each part: linear in its lines.
 * @param {import('../types').TraceHead} head
 */
export function builder(head) {
  const m = blank(head);
  const { depth, parent, end, members, below } = m;
  /** @type {number[]} */
  const above = []; // the lines that the current one is under, by depth

  /**
   * Ends the lines that are as deep or deeper.
   * @param {number} d
   * @param {number} line that is not under them
   */
  function leave(d, line) {
    while (above.length > d) {
      const i = /** @type {number} */ (above.pop());
      const p = at(parent, i);
      end[i] = line;
      if (p >= 0) below[p] = at(below, p) + at(below, i) + (hasError(m, i) ? 1 : 0);
    }
  }

  return {
    /** @param {Part} part */
    add(part) {
      for (const name of SENT) m[name].set(part.columns[name] ?? [], part.from); // a column that is not sent is 0
      addHigh(m.start, part, 'startHigh');
      addHigh(m.duration, part, 'durationHigh');
      for (let i = part.from; i < part.to; i++) {
        const d = at(depth, i);
        leave(d, i);
        const p = above[d - 1] ?? -1;
        parent[i] = p;
        if (p >= 0) members[p] = at(members, p) + 1;
        above.push(i);
      }
    },
    /** The trace, when all its parts are added. */
    model() {
      leave(0, m.n);
      return { ...m, whole: true };
    },
  };
}

/**
 * Adds the upper halves of ns.
 * @param {Float64Array} ns
 * @param {Part} part
 * @param {string} name
 */
function addHigh(ns, part, name) {
  part.columns[name]?.forEach((high, i) => (ns[part.from + i] = at(ns, part.from + i) + high * 4294967296));
}
