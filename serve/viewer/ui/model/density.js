// How dense the spans of a trace lie, for the minimap. Pure.

import { at, FLAG, hasError } from './columns.js';

/** @typedef {import('../types').Model} Model */

/**
 * How many spans lie on each pixel, and where errors are. A span costs two
 * additions, however long it is.
 * @param {Model} m
 * @param {number} width
 * @param {number} height
 */
export function density(m, width, height) {
  const steps = new Int32Array((width + 1) * height);
  const errors = new Uint8Array(width);
  for (let i = 0; i < m.n; i++) {
    if (at(m.flags, i) & (FLAG.fold | FLAG.missing)) continue;
    const y = Math.min(Math.floor((i / m.n) * height), height - 1);
    const a = Math.min(Math.floor((at(m.start, i) / m.length) * width), width - 1);
    const b = Math.min(Math.floor(((at(m.start, i) + at(m.duration, i)) / m.length) * width), width - 1);
    const row = y * (width + 1);
    steps[row + a] = at(steps, row + a) + 1;
    steps[row + b + 1] = at(steps, row + b + 1) - 1;
    if (hasError(m, i)) errors[a] = 1;
  }
  const spans = new Int32Array(width * height);
  for (let y = 0; y < height; y++) {
    let sum = 0;
    for (let x = 0; x < width; x++) {
      sum += at(steps, y * (width + 1) + x);
      spans[y * width + x] = sum;
    }
  }
  return { spans, errors };
}
