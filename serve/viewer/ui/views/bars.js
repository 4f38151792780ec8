// Drawing the bars of lines.

import { duration } from '../lib/format.js';
import { at, FLAG, hasError } from '../model/columns.js';
import { ownPieces } from '../model/selftime.js';

/** @typedef {import('../types').Model} Model */
/** @typedef {import('../types').Palette} Palette */
/** @typedef {Pick<CanvasRenderingContext2D, 'fillStyle' | 'strokeStyle' | 'globalAlpha' | 'fillRect' | 'strokeRect' | 'setLineDash' | 'fillText' | 'measureText' | 'createLinearGradient'>} Pen what bars are drawn with */
/** @typedef {(t: number) => number} Scale gives the px of a time */

/**
 * @typedef {object} Bar what to draw of a line
 * @property {number} line
 * @property {number} y of the row
 * @property {number} width
 * @property {import('../types').TimeWindow} view
 * @property {Palette} colours
 * @property {number[] | undefined} critical from and to, by turns
 * @property {number[] | undefined} events
 * @property {number} [taken] px from the left in which something else stands
 */

export const ROW = 24;
const TOP = 6;
const HEIGHT = 12;
const CACHE = 2000; // lines whose pieces are kept

/**
 * Makes a function that draws the bar of a line.
 * @param {Model} m
 */
export function barPainter(m) {
  /** @type {Map<number, Float64Array>} */
  const pieces = new Map();
  const own = (/** @type {number} */ line) => {
    let p = pieces.get(line);
    if (!p) {
      if (pieces.size > CACHE) pieces.clear();
      pieces.set(line, (p = ownPieces(m, line)));
    }
    return p;
  };

  return (/** @type {Pen} */ g, /** @type {Bar} */ bar) => {
    const { line, y, width, view, colours, critical, events, taken = 0 } = bar;
    const scale = width / (view.to - view.from);
    /** @type {Scale} */
    const x = (t) => Math.min(Math.max((t - view.from) * scale, -10), width + 10);
    const end = at(m.start, line) + at(m.duration, line);
    g.globalAlpha = 1;
    if (end < view.from || at(m.start, line) > view.to) {
      g.fillStyle = colours.faint; // an arrow to where it is
      g.fillText(end < view.from ? '‹' : '›', end < view.from ? 3 : width - 9, y + 16);
      return;
    }
    const x0 = x(at(m.start, line));
    const x1 = Math.max(x(end), x0 + 2);
    paintSpan(g, m, bar, x, x0, x1, own);
    if (critical) {
      g.fillStyle = colours.critical;
      paintPieces(g, critical, x, 1, y + TOP + HEIGHT + 1, 2);
    }
    if (events) {
      g.fillStyle = colours.text;
      for (const t of events) g.fillRect(Math.round(x(t)), y + TOP - 2, 1.5, HEIGHT + 4);
    }
    g.fillStyle = colours.dim;
    paintLabel(g, duration(at(m.duration, line)) + (at(m.flags, line) & FLAG.unfinished ? ' so far' : ''), x0, Math.max(x1, taken), width, y + 16);
  };
}

/**
 * @param {Pen} g
 * @param {Model} m
 * @param {Bar} bar
 * @param {Scale} x
 * @param {number} x0 where the bar begins
 * @param {number} x1 where it ends
 * @param {(line: number) => Float64Array} own
 */
function paintSpan(g, m, { line, y, colours }, x, x0, x1, own) {
  const flags = at(m.flags, line);
  const colour = hasError(m, line) ? colours.error : serviceColour(m, line, colours);
  if (flags & FLAG.missing) {
    g.strokeStyle = colours.dim;
    g.setLineDash([4, 3]);
    g.strokeRect(x0 + 0.5, y + TOP + 0.5, x1 - x0 - 1, HEIGHT - 1);
    g.setLineDash([]);
  } else if (flags & FLAG.fold && m.whole) {
    paintMembers(g, m, line, y, x, colours);
  } else if (flags & FLAG.unfinished) {
    const fade = g.createLinearGradient(x0, 0, x1, 0);
    fade.addColorStop(0, colour);
    fade.addColorStop(1, 'transparent');
    g.fillStyle = fade;
    g.fillRect(x0, y + TOP, x1 - x0, HEIGHT);
  } else {
    const pieces = m.whole || at(m.members, line) === 0 ? own(line) : []; // of what ran under it nothing is known yet
    g.fillStyle = colour;
    g.globalAlpha = 0.38;
    g.fillRect(x0, y + TOP, x1 - x0, HEIGHT);
    g.globalAlpha = 1;
    paintPieces(g, pieces, x, pieces.length === 2 ? 2 : 0.5, y + TOP, HEIGHT);
  }
}

/**
 * Draws a bar for each member of a fold.
 * @param {Pen} g
 * @param {Model} m
 * @param {number} fold
 * @param {number} y
 * @param {Scale} x
 * @param {Palette} colours
 */
function paintMembers(g, m, fold, y, x, colours) {
  const colour = serviceColour(m, fold, colours);
  // What lies within half a pixel of what was drawn last need not be drawn:
  // a fold can have a million members.
  let drawn = -Infinity;
  let drawnFailed = -Infinity;
  for (let c = fold + 1; c < at(m.end, fold); c = at(m.end, c)) {
    const failed = hasError(m, c);
    const a = x(at(m.start, c));
    const b = Math.max(x(at(m.start, c) + at(m.duration, c)), a + 1.5);
    if (b < (failed ? drawnFailed : drawn) + 0.5) continue;
    g.fillStyle = failed ? colours.error : colour;
    g.fillRect(a, y + TOP + 1, Math.max(b - a - 0.5, 1), HEIGHT - 2);
    drawn = Math.max(drawn, b);
    if (failed) drawnFailed = b;
  }
}

/**
 * Draws pieces of a bar, in their order. What ends on pixels drawn already is
 * not drawn again: there can be a million.
 * @param {Pen} g
 * @param {ArrayLike<number>} pieces from and to, by turns
 * @param {Scale} x
 * @param {number} least width
 * @param {number} y
 * @param {number} height
 */
function paintPieces(g, pieces, x, least, y, height) {
  let drawn = -Infinity;
  for (let k = 0; k < pieces.length; k += 2) {
    const a = x(at(pieces, k));
    const b = x(at(pieces, k + 1));
    if (b <= drawn) continue;
    drawn = Math.max(b, a + least);
    g.fillRect(a, y, drawn - a, height);
  }
}

/**
 * Writes behind a bar, or before it where there is no room.
 * @param {Pen} g
 * @param {string} label
 * @param {number} x0 where the bar begins
 * @param {number} x1 where it ends
 * @param {number} width of all bars
 * @param {number} y
 */
function paintLabel(g, label, x0, x1, width, y) {
  const w = g.measureText(label).width;
  if (x1 + w + 6 < width) g.fillText(label, x1 + 5, y);
  else if (x0 - w - 6 > 0) g.fillText(label, x0 - w - 5, y);
}

/**
 * @param {Model} m
 * @param {number} line
 * @param {Palette} colours
 */
function serviceColour(m, line, colours) {
  return colours.services[at(m.service, line) % 8] ?? colours.accent;
}
