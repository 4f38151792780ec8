// Where the nodes of the map of services lie, and the calls between them. Pure;
// all in px.

/** @typedef {import('../types').ServiceMap} ServiceMap */
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
 * Columns of nodes: what calls stands before what it calls. Circles end where
 * they begin.
 * @param {ServiceMap} map
 * @param {number} most nodes
 * @returns {number[][]}
 */
export function nodeColumns(map, most) {
  const n = Math.min(map.nodes.length, most);
  const level = new Array(n).fill(0);
  const calls = map.calls.filter((c) => c.from !== c.to && c.from < n && c.to < n);
  for (let round = 0; round < Math.min(n, 6); round++) {
    let changed = false;
    for (const c of calls) {
      if (level[c.to] < level[c.from] + 1 && level[c.from] < 5) {
        level[c.to] = level[c.from] + 1;
        changed = true;
      }
    }
    if (!changed) break;
  }
  /** @type {number[][]} */
  const layers = [];
  level.forEach((l, i) => (layers[l] ??= []).push(i));
  return Array.from(layers, (l) => l ?? []).filter((l) => l.length > 0);
}
