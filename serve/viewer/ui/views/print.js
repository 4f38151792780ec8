// A trace on paper: the lines that are not closed away, with their bars, as
// elements that a printer can break into pages.

import { bdi, h, svg } from '../lib/dom.js';
import { count, counted, duration, offset } from '../lib/format.js';
import { at, FLAG, hasError } from '../model/columns.js';
import { shownPath } from '../model/criticalpath.js';
import { causeUnder } from '../model/errors.js';
import { ruler } from '../model/timewindow.js';
import { barPainter, ROW } from './bars.js';
import { errorMark, saidOf, signMark, signsOf } from './marks.js';
import { titleOf } from './rows.js';

/** @typedef {import('../types').Model} Model */
/** @typedef {Pick<import('../types').TraceState, 'run' | 'address' | 'model' | 'errors' | 'window' | 'closed' | 'lines' | 'critical' | 'texts'>} Drawn */
/** @typedef {import('../types').LineText} LineText */
/** @typedef {import('./bars.js').Pen} Pen */
/** @typedef {{ id: string }} Fade */

export const PRINTED = 1000; // lines; some 30 pages
const WIDTH = 480; // of the bars, in units that the page scales to its paper

/**
 * Shows something else while the page is printed.
 * @param {() => void} before
 * @param {() => void} after
 * @param {AbortSignal} signal
 */
export function whenPrinted(before, after, signal) {
  addEventListener('beforeprint', before, { signal });
  addEventListener('afterprint', after, { signal });
  matchMedia('print').addEventListener('change', (e) => (e.matches ? before() : after()), { signal });
}

/** The colours of the style sheet, which are those of paper while it prints. */
const COLOURS = {
  services: Array.from({ length: 8 }, (_, i) => `var(--s${i})`),
  error: 'var(--error-bar)', text: 'var(--text)', dim: 'var(--dim)', faint: 'var(--faint)', grid: 'var(--grid)', line: 'var(--line)',
  accent: 'var(--accent)', paper: 'var(--paper)', critical: 'var(--critical)',
};

/**
 * The lines on show, as a table.
 * @param {Drawn} s
 */
export function printedLines(s) {
  const m = s.model;
  const view = s.window;
  const paint = barPainter(m);
  const path = shownPath(m, s.address.critical === 'off' ? new Map() : s.critical);
  const { step, ticks } = ruler(view, 5);
  const x = (/** @type {number} */ t) => ((t - view.from) / (view.to - view.from)) * WIDTH;
  const n = Math.min(s.lines.length, PRINTED);
  const rows = Array.from({ length: n }, (_, k) => {
    const line = at(s.lines, k);
    const t = s.texts.get(line);
    const bars = drawing();
    bars.g.fillStyle = COLOURS.grid;
    for (const tick of ticks) bars.g.fillRect(x(tick), 0, 1, ROW);
    paint(bars.g, { line, y: 0, width: WIDTH, view, colours: COLOURS, critical: path(line, s.lines[k + 1] ?? m.n), events: t?.events });
    const cell = h('td', { class: 'p-name', 'data-service': at(m.service, line) % 8 }, ...words(s, line, t));
    cell.style.paddingLeft = `${4 + Math.min(at(m.depth, line), 24) * 8}px`;
    return h('tr', { class: hasError(m, line) ? 'bad' : '' }, cell, h('td', { class: 'num' }, duration(at(m.duration, line))), h('td', { class: 'p-bars' }, bars.element));
  });
  const heads = [h('th', { scope: 'col' }, 'Name'), h('th', { scope: 'col', class: 'num' }, 'Duration'), h('th', { scope: 'col', class: 'p-bars' }, scale(step, ticks, x))];
  return h('div', { class: 'printed' },
    h('table', {}, h('thead', {}, h('tr', {}, ...heads)), h('tbody', {}, ...rows)),
    n < s.lines.length ? h('p', {}, `The first ${count(n)} of ${counted(s.lines.length, 'line')}: close some, or filter, to print others.`) : null);
}

/**
 * @param {number} step
 * @param {number[]} ticks
 * @param {(t: number) => number} x
 */
function scale(step, ticks, x) {
  const { g, element } = drawing();
  for (const t of ticks) {
    g.fillStyle = COLOURS.line;
    g.fillRect(x(t), 0, 1, ROW);
    g.fillStyle = COLOURS.dim;
    if (x(t) < WIDTH - 40) g.fillText(offset(t, step), x(t) + 4, 16);
  }
  return element;
}

/**
 * @param {Drawn} s
 * @param {number} line
 * @param {LineText | undefined} t
 */
function words(s, line, t) {
  const m = s.model;
  const below = at(m.below, line);
  const said = saidOf(t, t?.message || s.texts.get(causeUnder(s, line))?.message);
  return [
    hasError(m, line) ? errorMark(Boolean(s.errors.good[line])) : '', below > 0 ? h('span', { class: 'mark-below' }, `${count(below)} below`) : '',
    ...signsOf(s.run, at(m.flags, line) & ~(FLAG.missing | FLAG.fold)).map(signMark), ' ',
    h('b', {}, bdi(titleOf(m, line, t))), ' ', said ? bdi(said, { class: 'n-hint' }) : '',
  ];
}

let gradients = 0;
const measuring = document.createElement('canvas').getContext('2d');

/**
 * A picture to draw bars in with the few commands that they need, made of
 * elements: sharp on any paper, and a few bytes a bar.
 * @returns {{ element: SVGSVGElement, g: Pen }}
 */
function drawing() {
  const element = svg('svg', { viewBox: `0 0 ${WIDTH} ${ROW}`, 'aria-hidden': 'true' });
  const rect = (/** @type {number} */ x, /** @type {number} */ y, /** @type {number} */ width, /** @type {number} */ height) => {
    const el = svg('rect', { x: round(x), y: round(y), width: Math.max(round(width), 0), height: round(height) });
    element.append(el);
    return el;
  };
  /** @type {Pen} */
  const g = {
    fillStyle: '', strokeStyle: '', globalAlpha: 1,
    fillRect(x, y, width, height) {
      const el = rect(x, y, width, height);
      el.style.fill = typeof this.fillStyle === 'string' ? this.fillStyle : `url(#${/** @type {Fade} */ (/** @type {unknown} */ (this.fillStyle)).id})`;
      if (this.globalAlpha < 1) el.style.fillOpacity = String(this.globalAlpha);
    },
    strokeRect(x, y, width, height) {
      const el = rect(x, y, width, height);
      el.style.fill = 'none';
      el.style.stroke = String(this.strokeStyle);
      el.style.strokeDasharray = '4 3';
    },
    setLineDash() {}, // only missing parents are outlined, and they are dashed
    fillText(text, x, y) {
      const el = svg('text', { x: round(x), y: round(y) }, text);
      el.style.fill = String(this.fillStyle);
      element.append(el);
    },
    measureText: (text) => (measuring ? measuring.measureText(text) : /** @type {TextMetrics} */ ({ width: text.length * 6 })),
    createLinearGradient: (...ends) => gradient(element, ends),
  };
  return { element, g };
}

/**
 * @param {SVGElement} element
 * @param {[number, number, number, number]} ends
 */
function gradient(element, [x1, y1, x2, y2]) {
  const id = `fade-${gradients++}`;
  const fade = svg('linearGradient', { id, gradientUnits: 'userSpaceOnUse', x1, y1, x2, y2 });
  element.append(fade);
  let last = '';
  const made = {
    id,
    addColorStop(/** @type {number} */ at, /** @type {string} */ colour) {
      const stop = svg('stop', { offset: at });
      stop.style.stopColor = colour === 'transparent' ? last : (last = colour);
      if (colour === 'transparent') stop.style.stopOpacity = '0';
      fade.append(stop);
    },
  };
  return /** @type {CanvasGradient} */ (/** @type {unknown} */ (made));
}

/** @param {number} v */
function round(v) {
  return Math.round(v * 10) / 10;
}
