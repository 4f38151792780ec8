// Where the nodes of the map of services lie, and the calls between them. Pure;
// all in px.

/** @typedef {{ x: number, y: number }} Point */

export const WIDTH = 230;
export const HEIGHT = 40;
export const GAP_X = 110;
export const GAP_Y = 16;

/**
 * Where a call goes through the columns between its ends: the gaps between
 * nodes that are nearest to the straight way.
 * @param {{ x: number, ys: number[] }[]} columns the left of each, and the tops of its nodes
 * @param {Point} from
 * @param {Point} to
 * @returns {Point[]}
 */
export function waypoints(columns, from, to) {
  return columns.filter((c) => c.x > from.x && c.x + WIDTH < to.x).flatMap((c) => {
    const wanted = from.y + ((to.y - from.y) * (c.x + WIDTH / 2 - from.x)) / (to.x - from.x);
    const gaps = [(c.ys[0] ?? 0) - GAP_Y / 2, ...c.ys.map((y, i) => (y + HEIGHT + (c.ys[i + 1] ?? y + HEIGHT + GAP_Y)) / 2)];
    const y = gaps.reduce((best, gap) => (Math.abs(gap - wanted) < Math.abs(best - wanted) ? gap : best));
    return [{ x: c.x, y }, { x: c.x + WIDTH, y }];
  });
}

/**
 * The nodes that are drawn, by the columns that the server gave them.
 * @param {import('../types').ServiceNode[]} nodes
 * @returns {number[][]}
 */
export function nodeColumns(nodes) {
  /** @type {number[][]} */
  const columns = [];
  nodes.forEach((n, i) => {
    if (n.column >= 0) (columns[n.column] ??= []).push(i);
  });
  return columns;
}
