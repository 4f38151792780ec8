// The critical path, and what of it a row shows. Pure.

import { at } from './columns.js';
import { lowerBound } from './sorted.js';

/** @typedef {import('../types').Model} Model */

/**
 * The segments of the path by their lines, each list from the first on.
 * @param {number[]} segments line, from and to by turns, the latest first
 */
export function segmentsByLine(segments) {
  /** @type {Map<number, number[]>} */
  const byLine = new Map();
  for (let k = segments.length - 3; k >= 0; k -= 3) {
    const line = at(segments, k);
    const list = byLine.get(line) ?? [];
    list.push(at(segments, k + 1), at(segments, k + 2));
    byLine.set(line, list);
  }
  return byLine;
}

/**
 * Puts segments before those of a path that are later.
 * @param {Map<number, number[]>} path by line
 * @param {import('../types').Segments} earlier by line
 */
export function putBefore(path, earlier) {
  for (const [line, list] of earlier) path.set(line, [...list, ...path.get(line) ?? []]);
}

/**
 * A closed row stands for the lines under it, so it shows the path through them
 * too: else the path would seem to end where the tree is closed.
 * @param {Model} m
 * @param {import('../types').Segments} segments by line: from and to by turns, in order
 */
export function shownPath(m, segments) {
  const lines = Int32Array.from(segments.keys()).sort();
  /** @type {Map<string, number[]>} */
  const known = new Map();
  /**
   * @param {number} line
   * @param {number} next the line of the next row
   * @returns {number[] | undefined} from and to, by turns
   */
  return (line, next) => {
    const end = Math.min(next, at(m.end, line));
    const first = lowerBound(lines, line);
    const last = lowerBound(lines, end);
    if (last - first < 2) return first < last ? segments.get(at(lines, first)) : undefined;
    const key = `${line} ${end}`;
    let path = known.get(key);
    if (!path) known.set(key, path = united([...lines.subarray(first, last)].map((l) => segments.get(l) ?? [])));
    return path;
  };
}

/**
 * Pieces of a path, those that meet as one.
 * @param {number[][]} lists
 */
function united(lists) {
  /** @type {[number, number][]} */
  const pieces = [];
  for (const list of lists) for (let k = 0; k < list.length; k += 2) pieces.push([at(list, k), at(list, k + 1)]);
  pieces.sort((a, b) => a[0] - b[0]);
  /** @type {number[]} */
  const out = [];
  for (const [from, to] of pieces) {
    if (out.length > 0 && from <= at(out, out.length - 1)) out[out.length - 1] = Math.max(to, at(out, out.length - 1));
    else out.push(from, to);
  }
  return out;
}
