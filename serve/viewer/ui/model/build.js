// The trace that the page makes of columns, as they come. Pure.

import { at, isError } from './columns.js';

/** @typedef {import('../types').Numbers} Numbers */
/** @typedef {import('../types').Part} Part */

/**
 * Builds a trace of parts that are added in order. What follows from the depths, as
 * parents, ends and errors below, is computed with each part: linear in its lines.
 * @param {import('../types').TraceHead} head
 * @param {number} n lines that there are
 */
export function builder(head, n) {
  const column = () => /** @type {Numbers} */ (new Uint8Array(n));
  const narrow = { depth: column(), kind: column(), flags: column(), self: column(), name: column(), service: column() };
  const names = /** @type {(keyof typeof narrow)[]} */ (Object.keys(narrow));
  const start = new Float64Array(n);
  const duration = new Float64Array(n);
  const parent = new Int32Array(n);
  const end = new Int32Array(n);
  const members = new Int32Array(n);
  const below = new Int32Array(n);
  /** @type {number[]} */
  const above = []; // the lines that the current one is under, by depth

  /**
   * Ends the lines that are as deep or deeper.
   * @param {number} depth
   * @param {number} line that is not under them
   */
  function leave(depth, line) {
    while (above.length > depth) {
      const i = /** @type {number} */ (above.pop());
      const p = at(parent, i);
      end[i] = line;
      if (p >= 0) below[p] = at(below, p) + at(below, i) + (isError(at(narrow.kind, i), at(narrow.flags, i)) ? 1 : 0);
    }
  }

  return {
    /** @param {Part} part */
    add(part) {
      for (const name of names) narrow[name] = put(narrow[name], part, name);
      putWide(start, part, 'start');
      putWide(duration, part, 'duration');
      for (let i = part.from; i < part.to; i++) {
        const depth = at(narrow.depth, i);
        leave(depth, i);
        const p = above[depth - 1] ?? -1;
        parent[i] = p;
        if (p >= 0) members[p] = at(members, p) + 1;
        above.push(i);
      }
    },
    /**
     * The trace, when all its parts are added.
     * @returns {import('../types').Model}
     */
    model() {
      leave(0, n);
      return { head, whole: true, n, length: Math.max(head.duration, 1), startNs: BigInt(head.start), ...narrow, start, duration, parent, end, members, below };
    },
  };
}

/**
 * Puts the lines of a part into a column, in a wider one where they need it. A column
 * that a part does not have is zero there.
 * @param {Numbers} all
 * @param {Part} part
 * @param {string} name
 */
function put(all, part, name) {
  const some = part.columns[name];
  if (!some) return all;
  let out = all;
  if (some.BYTES_PER_ELEMENT > all.BYTES_PER_ELEMENT) {
    out = new (/** @type {new (n: number) => Numbers} */ (some.constructor))(all.length);
    if (part.from > 0) out.set(all);
  }
  out.set(some, part.from);
  return out;
}

/**
 * Puts ns, which come in two halves.
 * @param {Float64Array} all
 * @param {Part} part
 * @param {string} name
 */
function putWide(all, part, name) {
  const low = part.columns[name];
  const high = part.columns[name + 'High'];
  if (low) all.set(low, part.from);
  if (high) for (let i = 0; i < high.length; i++) all[part.from + i] = at(all, part.from + i) + at(high, i) * 4294967296;
}
