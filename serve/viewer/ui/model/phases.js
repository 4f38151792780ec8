// Two waterfalls in one another: which rows are on show, and what stands in them. Pure.

/** @typedef {import('../types').Phases} Phases */
/** @typedef {import('../types').PairedRow} PairedRow */

/**
 * What is below each row, and how deep each is.
 * @param {PairedRow[]} rows each after the one it is in
 */
export function treeOfRows(rows) {
  /** @type {number[][]} */
  const below = rows.map(() => []);
  const depth = new Int32Array(rows.length);
  const top = /** @type {number[]} */ ([]);
  rows.forEach((r, i) => {
    (r.parent < 0 ? top : below[r.parent] ?? top).push(i);
    depth[i] = r.parent < 0 ? 0 : (depth[r.parent] ?? 0) + 1;
  });
  return { below, depth, top };
}

/**
 * The rows on show, in order.
 * @param {ReturnType<typeof treeOfRows>} tree
 * @param {ReadonlySet<number>} open
 */
export function shownRows({ below, top }, open) {
  /** @type {number[]} */
  const out = [];
  const waiting = [...top].reverse();
  while (waiting.length > 0) {
    const i = /** @type {number} */ (waiting.pop());
    out.push(i);
    if (open.has(i)) waiting.push(.../** @type {number[]} */ (below[i]).slice().reverse());
  }
  return out;
}

const FAR = 2e9; // ns; less, or less than a fifth of the shorter one, is mostly noise

/**
 * Whether this run has more of something, by as much as prowtrace diff tells, or less.
 * @param {number | undefined} here ns
 * @param {number | undefined} there
 * @returns {'more' | 'less' | 'zero'}
 */
export function tone(here, there) {
  if (here === undefined || there === undefined) return here === undefined ? 'less' : 'more';
  const by = here - there;
  if (Math.abs(by) < FAR || Math.abs(by) * 5 <= Math.min(here, there)) return 'zero';
  return by > 0 ? 'more' : 'less';
}

/**
 * The numbers of the findings by the rows on show that have them.
 * @param {Phases} d
 * @param {number[]} shown
 * @param {import('../types').Stop[]} stops
 * @returns {Map<number, number[]>}
 */
export function numbersOf(d, shown, stops) {
  /** @type {Map<number, number[]>} */
  const out = new Map();
  for (const { n, place } of stops) {
    if (n <= 0 || place.line < 0) continue;
    const [i] = shown.filter((k) => {
      const here = d.rows[k]?.here;
      return here !== undefined && here.line <= place.line && place.line < here.end;
    }).slice(-1); // the deepest
    if (i !== undefined) out.set(i, [...(out.get(i) ?? []), n]);
  }
  return out;
}
