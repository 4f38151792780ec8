// The window of time that is shown. Pure; all in ns after the start of the
// trace.

/** @typedef {import('../types').TimeWindow} TimeWindow */

const SHORTEST = 10; // ns that a window can be zoomed to

/**
 * The window that an address asks for.
 * @param {{ from: number | null, to: number | null }} address
 * @param {number} length
 * @returns {TimeWindow}
 */
export function windowOf({ from, to }, length) {
  return from === null || to === null ? { from: 0, to: length } : clamp(from, Math.max(to, from), length);
}

/**
 * What an address says of a window.
 * @param {TimeWindow} v
 * @param {number} length
 */
export function addressOf(v, length) {
  return v.from <= 0 && v.to >= length ? { from: null, to: null } : { from: Math.round(v.from), to: Math.round(v.to) };
}

/**
 * A window cut to a trace.
 * @param {number} from
 * @param {number} to
 * @param {number} length
 * @returns {TimeWindow}
 */
export function clamp(from, to, length) {
  const size = Math.min(Math.max(to - from, Math.min(SHORTEST, length)), length);
  if (size > length - 1) return { from: 0, to: length }; // but for rounding it is the whole
  const start = Math.min(Math.max(from, 0), length - size);
  return { from: start, to: start + size };
}

/**
 * Zooms by a factor (below 1: closer), keeping one point in its place.
 * @param {TimeWindow} v
 * @param {number} factor
 * @param {number} at
 * @param {number} length
 */
export function zoom(v, factor, at, length) {
  const size = Math.min(Math.max((v.to - v.from) * factor, SHORTEST), length);
  const share = (at - v.from) / (v.to - v.from);
  return clamp(at - share * size, at + (1 - share) * size, length);
}

/**
 * Moves by a part of the window's width.
 * @param {TimeWindow} v
 * @param {number} part
 * @param {number} length
 */
export function pan(v, part, length) {
  const by = (v.to - v.from) * part;
  return clamp(v.from + by, v.to + by, length);
}

/**
 * Two fingers, at shares `was` of the window before and `now` after: the times
 * under them stay under them.
 * @param {TimeWindow} v
 * @param {[number, number]} was
 * @param {[number, number]} now
 * @param {number} length
 */
export function pinch(v, was, now, length) {
  const one = { was: was[0], now: now[0] };
  const two = { was: was[1], now: now[1] };
  const [left, right] = one.now < two.now ? [one, two] : [two, one];
  const before = v.to - v.from;
  const apart = Math.max(right.was - left.was, 0.02) / Math.max(right.now - left.now, 0.02);
  const size = Math.min(Math.max(before * apart, SHORTEST), length);
  const at = v.from + left.was * before;
  return clamp(at - left.now * size, at + (1 - left.now) * size, length);
}

/**
 * The window around a span, with some air.
 * @param {number} start
 * @param {number} duration
 * @param {number} length
 */
export function around(start, duration, length) {
  const size = Math.max(duration * 1.2, length * 1e-7, 100);
  return clamp(start + duration / 2 - size / 2, start + duration / 2 + size / 2, length);
}

/**
 * A window that shows a span: the same one where it does already.
 * @param {TimeWindow} v
 * @param {number} start
 * @param {number} duration
 * @param {number} length
 */
export function showing(v, start, duration, length) {
  if (start <= v.to && start + duration >= v.from) return v;
  const half = (v.to - v.from) / 2;
  return clamp(start - half, start + half, length);
}

/**
 * Round steps for a ruler: at most `most` of them.
 * @param {TimeWindow} v
 * @param {number} most
 * @returns {{ step: number, ticks: number[] }}
 */
export function ruler(v, most) {
  const size = v.to - v.from;
  const step = niceStep(size / Math.max(most, 1));
  const ticks = [];
  for (let k = Math.ceil(v.from / step - 1e-9); k * step <= v.to && ticks.length < 100; k++) ticks.push(k * step);
  return { step, ticks };
}

const MINUTES = [60e9, 120e9, 300e9, 600e9, 900e9, 1800e9, 3600e9, 7200e9, 6 * 3600e9, 12 * 3600e9, 86400e9];

/** @param {number} least */
function niceStep(least) {
  if (least > 30e9) {
    for (const s of MINUTES) if (s >= least) return s;
    return Math.ceil(least / 86400e9) * 86400e9;
  }
  if (least > 20e9) return 30e9;
  if (least > 10e9) return 20e9;
  const power = 10 ** Math.floor(Math.log10(Math.max(least, 1)));
  for (const k of [1, 2, 5, 10]) if (k * power >= least * (1 - 1e-9)) return Math.max(k * power, 1);
  return 10 * power;
}
