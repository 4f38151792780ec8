// The calls of two traces as one tree. Pure.

/** @typedef {import('../types').ComparedPath} ComparedPath */

/**
 * What is under each path, the largest difference of time first, and what is
 * open at first: the way to the largest differences of self time.
 * @param {ComparedPath[]} paths each after the one it is in
 */
export function treeOf(paths) {
  const far = (/** @type {number} */ i, /** @type {'total' | 'self'} */ key) => {
    const p = /** @type {ComparedPath} */ (paths[i]);
    return Math.abs(p.here[key] - p.there[key]);
  };
  /** @type {Map<number, number[]>} */
  const under = new Map();
  paths.forEach((p, i) => {
    const list = under.get(p.parent);
    if (list) list.push(i);
    else under.set(p.parent, [i]);
  });
  for (const list of under.values()) list.sort((a, b) => far(b, 'total') - far(a, 'total'));
  const most = paths.map((_, i) => i).sort((a, b) => far(b, 'self') - far(a, 'self')).slice(0, 12);
  /** @type {Set<number>} */
  const open = new Set();
  for (const i of most) for (let p = paths[i]?.parent ?? -1; p >= 0; p = paths[p]?.parent ?? -1) open.add(p);
  return { under, open };
}
