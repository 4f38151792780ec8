// The calls of two traces as one tree. Pure.

/** @typedef {import('../types').ComparedPath} ComparedPath */

/**
 * What is under each path, in the server's order, and what is open at first.
 * @param {ComparedPath[]} paths each after the one it is in
 */
export function treeOf(paths) {
  /** @type {Map<number, number[]>} */
  const under = new Map();
  /** @type {Set<number>} */
  const open = new Set();
  paths.forEach((p, i) => {
    const list = under.get(p.parent);
    if (list) list.push(i);
    else under.set(p.parent, [i]);
    if (p.open) open.add(i);
  });
  return { under, open };
}
