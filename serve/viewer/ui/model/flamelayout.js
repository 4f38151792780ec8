// Where the frames of a flame graph lie. Pure.

/** @typedef {import('../types').Frame} Frame */

const NARROWEST = 0.0008; // of the width: what is narrower is not drawn

/**
 * Where each frame is drawn, as shares of the width. The focused frame takes
 * all of it, with what it is in above it.
 * @param {Frame[]} frames each after the one it is in
 * @param {number} focus or -1
 */
export function frameLayout(frames, focus) {
  /** @type {Map<number, { from: number, width: number, depth: number, next: number }>} */
  const placed = new Map();
  const root = { from: 0, width: 1, depth: -1, next: 0 };
  const total = frames.reduce((sum, f) => sum + (f.parent < 0 ? f.width : 0), 0);
  const above = new Set();
  for (let i = focus; i >= 0; i = frames[i]?.parent ?? -1) above.add(i);
  const out = [];
  for (let i = 0; i < frames.length; i++) {
    const f = /** @type {Frame} */ (frames[i]);
    const p = f.parent < 0 ? root : placed.get(f.parent);
    if (!p) continue;
    const whole = f.parent < 0 ? total : (frames[f.parent]?.width ?? 0);
    // Beside the path to the focused frame nothing is drawn.
    const onPath = above.has(i);
    if (focus >= 0 && !onPath && (f.parent < 0 || (above.has(f.parent) && f.parent !== focus))) continue;
    const width = onPath ? 1 : whole > 0 ? (f.width / whole) * p.width : 0;
    const from = onPath ? 0 : p.next;
    p.next = from + width;
    if (width < NARROWEST) continue;
    placed.set(i, { from, width, depth: p.depth + 1, next: from });
    out.push({ i, depth: p.depth + 1, from, width });
  }
  return out;
}
