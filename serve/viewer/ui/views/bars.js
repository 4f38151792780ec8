// Drawing the bars of the lines on show.

import { duration } from '../lib/format.js';
import { at, FLAG, hasError } from '../model/columns.js';
import { ownPieces } from '../model/selftime.js';

/** @typedef {import('../types').Model} Model */
/** @typedef {import('../types').View} View */
/** @typedef {Pick<CanvasRenderingContext2D, 'fillStyle' | 'strokeStyle' | 'globalAlpha' | 'fillRect' | 'strokeRect' | 'setLineDash' | 'fillText' | 'measureText' | 'createLinearGradient'>} Pen what bars are drawn with */

export const ROW = 24;
const TOP = 6;
const BAR = 12;
const CACHE = 2000; // lines whose pieces are kept

/**
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

  /**
   * @param {Pen} g
   * @param {object} o
   * @param {number} o.line
   * @param {number} o.y of the row
   * @param {number} o.width
   * @param {View} o.view
   * @param {import('../lib/theme.js').Palette} o.colours
   * @param {number[] | undefined} o.critical from and to, by turns
   * @param {number[] | undefined} o.events
   */
  return function paint(g, { line, y, width, view, colours, critical, events }) {
    const scale = width / (view.to - view.from);
    const x = (/** @type {number} */ t) => Math.min(Math.max((t - view.from) * scale, -10), width + 10);
    const start = at(m.start, line);
    const end = start + at(m.duration, line);
    const flags = at(m.flags, line);
    const colour = hasError(m, line) ? colours.error : (colours.services[at(m.service, line) % 8] ?? colours.accent);
    const x0 = x(start);
    const x1 = Math.max(x(end), x0 + 2);
    const hidden = end < view.from || start > view.to;
    g.globalAlpha = 1;
    if (hidden) {
      g.fillStyle = colours.faint; // an arrow to where it is
      g.fillText(end < view.from ? '‹' : '›', end < view.from ? 3 : width - 9, y + 16);
      return;
    }
    if (flags & FLAG.missing) {
      g.strokeStyle = colours.dim;
      g.setLineDash([4, 3]);
      g.strokeRect(x0 + 0.5, y + TOP + 0.5, x1 - x0 - 1, BAR - 1);
      g.setLineDash([]);
    } else if (flags & FLAG.fold) {
      paintMembers(g, line, y, x, colours);
    } else {
      if (flags & FLAG.unfinished) {
        const fade = g.createLinearGradient(x0, 0, x1, 0);
        fade.addColorStop(0, colour);
        fade.addColorStop(1, 'transparent');
        g.fillStyle = fade;
        g.fillRect(x0, y + TOP, x1 - x0, BAR);
      } else {
        g.fillStyle = colour;
        g.globalAlpha = 0.38;
        g.fillRect(x0, y + TOP, x1 - x0, BAR);
        g.globalAlpha = 1;
        const p = own(line);
        paintPieces(g, p, x, p.length === 2 ? 2 : 0.5, y + TOP, BAR);
      }
    }
    if (critical) {
      g.fillStyle = colours.critical;
      paintPieces(g, critical, x, 1, y + TOP + BAR + 1, 2);
    }
    if (events) {
      g.fillStyle = colours.text;
      for (const t of events) g.fillRect(Math.round(x(t)), y + TOP - 2, 1.5, BAR + 4);
    }
    g.fillStyle = colours.dim;
    const label = duration(at(m.duration, line)) + (flags & FLAG.unfinished ? ' so far' : '');
    const w = g.measureText(label).width;
    if (x1 + w + 6 < width) g.fillText(label, x1 + 5, y + 16);
    else if (x0 - w - 6 > 0) g.fillText(label, x0 - w - 5, y + 16);
  };

  /**
   * @param {Pen} g
   * @param {number} fold
   * @param {number} y
   * @param {(t: number) => number} x
   * @param {import('../lib/theme.js').Palette} colours
   */
  function paintMembers(g, fold, y, x, colours) {
    const colour = colours.services[at(m.service, fold) % 8] ?? colours.accent;
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
      g.fillRect(a, y + TOP + 1, Math.max(b - a - 0.5, 1), BAR - 2);
      drawn = Math.max(drawn, b);
      if (failed) drawnFailed = b;
    }
  }
}

/**
 * Draws pieces of a bar, in their order. What ends on pixels drawn already is
 * not drawn again: there can be a million.
 * @param {Pen} g
 * @param {ArrayLike<number>} pieces from and to, by turns
 * @param {(t: number) => number} x
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
