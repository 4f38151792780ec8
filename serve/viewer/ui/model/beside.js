// Two logs in rows: lines that are the same stand in one row, the others across from each
// other, and long stretches of the same ones are folded away. Pure.

/** @typedef {import('../types').LogDifference} LogDifference */
/** @typedef {import('../types').BesideBlock} BesideBlock */
/** @typedef {import('../types').BesideRow} BesideRow */
/** @typedef {import('../types').BesideRows} BesideRows */

export const AROUND = 3; // lines that stay beside a difference
const FOLDED = 4; // lines that are worth a fold, at least

/**
 * The stretches that are the same, and those between them.
 * @param {LogDifference} d
 * @returns {BesideBlock[]}
 */
export function blocksOf({ here, there, same }) {
  /** @type {BesideBlock[]} */
  const blocks = [];
  let h = 1;
  let t = 1;
  const between = (/** @type {number} */ toHere, /** @type {number} */ toThere) => {
    if (toHere > h || toThere > t) blocks.push({ same: false, here: h, there: t, hereN: toHere - h, thereN: toThere - t });
  };
  for (let i = 0; i + 2 < same.length; i += 3) {
    const [atHere, atThere, n] = /** @type {[number, number, number]} */ (same.slice(i, i + 3));
    between(atHere, atThere);
    blocks.push({ same: true, here: atHere, there: atThere, hereN: n, thereN: n });
    h = atHere + n;
    t = atThere + n;
  }
  between(here.lines + 1, there.lines + 1);
  return blocks;
}

/**
 * @param {BesideBlock[]} blocks
 * @param {(block: number) => boolean} opened whether a stretch is shown whole
 * @returns {BesideRows}
 */
export function rowsOf(blocks, opened) {
  /** @type {import('../types').BesidePiece[]} */
  const pieces = [];
  let row = 0;
  const put = (/** @type {number} */ block, /** @type {number} */ skip, /** @type {number} */ n, fold = false) => {
    if (n <= 0) return;
    pieces.push({ row, block, skip, n, fold });
    row += fold ? 1 : n;
  };
  blocks.forEach((b, i) => {
    const n = Math.max(b.hereN, b.thereN);
    const head = i === 0 ? 0 : AROUND;
    const tail = i === blocks.length - 1 ? 0 : AROUND;
    const middle = n - head - tail;
    if (!b.same || middle < FOLDED || opened(i)) put(i, 0, n);
    else {
      put(i, 0, head);
      put(i, head, middle, true);
      put(i, n - tail, tail);
    }
  });
  return { n: row, pieces, blocks };
}

/**
 * The last of some things in order for which a condition holds that holds of none behind one
 * of which it does not.
 * @template T
 * @param {T[]} all
 * @param {(t: T) => boolean} holds
 */
function lastOf(all, holds) {
  let lo = 0;
  let hi = all.length;
  while (lo < hi) {
    const mid = (lo + hi) >> 1;
    if (holds(/** @type {T} */ (all[mid]))) lo = mid + 1;
    else hi = mid;
  }
  return lo - 1;
}

/**
 * What stands in a row: a line of each log or 0, or how many lines are folded.
 * @param {BesideRows} rows
 * @param {number} k
 * @returns {BesideRow}
 */
export function besideAt({ pieces, blocks }, k) {
  const p = pieces[lastOf(pieces, (q) => q.row <= k)];
  const b = p && blocks[p.block];
  if (!p || !b) return { here: 0, there: 0, same: false, folded: 0, block: -1 };
  if (p.fold) return { here: 0, there: 0, same: true, folded: p.n, block: p.block };
  const i = p.skip + k - p.row;
  return { here: i < b.hereN ? b.here + i : 0, there: i < b.thereN ? b.there + i : 0, same: b.same, folded: 0, block: p.block };
}

/**
 * The row of a line, or of the fold that it is in.
 * @param {BesideRows} rows
 * @param {'here' | 'there'} side
 * @param {number} line
 */
export function besideRow({ pieces, blocks }, side, line) {
  const block = Math.max(lastOf(blocks, (b) => b[side] <= line), 0);
  const b = blocks[block];
  if (!b) return 0;
  const i = Math.min(Math.max(line - b[side], 0), Math.max(b.hereN, b.thereN) - 1);
  const p = pieces[lastOf(pieces, (q) => q.block < block || (q.block === block && q.skip <= i))];
  return p ? p.row + (p.fold ? 0 : i - p.skip) : 0;
}
