// The lines of a trace: a tree grid of real elements for what is on the screen,
// whatever the size of the trace, and a canvas with their bars.

import { changes } from '../lib/changes.js';
import { h } from '../lib/dom.js';
import { dateAndTime, offset, zoneName } from '../lib/format.js';
import { at } from '../model/columns.js';
import { shownPath } from '../model/criticalpath.js';
import { lowerBound } from '../model/sorted.js';
import { around, pan, ruler, zoom } from '../model/timewindow.js';
import { showStop } from '../state/findings.js';
import { barPainter, ROW } from './bars.js';
import { Dragging } from './drag.js';
import { Rows } from './rows.js';
import { Scroller } from './scroller.js';
import { splitter } from './splitter.js';
import { StepMarks } from './stepmarks.js';

/** @typedef {import('../types').TimeWindow} TimeWindow */
/** @typedef {import('../types').TraceState} TraceState */
/** @typedef {Pick<TraceState, 'run' | 'address' | 'model' | 'errors' | 'window' | 'closed' | 'lines' | 'rows' | 'focus' | 'marked' | 'critical' | 'texts' | 'detail' | 'colours' | 'mark' | 'stops' | 'step'>} Drawn */

const HEAD = 26; // px of the ruler
const TICK = 90; // px between marks of the ruler, at least

/** The elements of the grid. */
function skeleton() {
  const ticks = h('div', { class: 'ticks', 'aria-hidden': 'true' });
  const cursor = h('div', { class: 'cursor', 'aria-hidden': 'true', hidden: true });
  const head = h('div', { class: 'wf-head', role: 'rowgroup' }, h('div', { class: 'wf-headrow', role: 'row', 'aria-rowindex': '1' },
    h('div', { class: 'wf-h name', role: 'columnheader' }, 'Name'), h('div', { class: 'wf-h time', role: 'columnheader' }, 'Duration'),
    h('div', { class: 'wf-h bars', role: 'columnheader' }, h('span', { class: 'vh' }, 'Time'), ticks)));
  const canvas = h('canvas', { class: 'wf-canvas', 'aria-hidden': 'true' });
  const body = h('div', { class: 'wf-rows', role: 'rowgroup' });
  const mark = h('div', { class: 'wf-mark', 'aria-hidden': 'true', hidden: true });
  const layer = h('div', { class: 'wf-layer', role: 'presentation' }, head, canvas, body, mark, cursor);
  const space = h('div', { class: 'wf-space', role: 'presentation' }, layer);
  const grid = h('div', { class: 'wf', role: 'treegrid', tabindex: '0', 'aria-label': 'Spans of the trace', 'aria-colcount': '3' }, space);
  return { ticks, cursor, mark, canvas, body, layer, space, grid };
}

export class Waterfall {
  #parts = skeleton();
  #scroller = new Scroller(this.#parts.grid, this.#parts.space, ROW, HEAD);
  #rows = new Rows(this.#parts.body);
  #marks = new StepMarks((k) => showStop(this.#store, k));
  #splitter = splitter(this.#parts.grid, () => this.#schedule());
  #changedModel = changes();
  #changedLines = changes();
  #changedFocus = changes();
  #changedPath = changes();
  #frame = 0;
  #height = 0; // px that the lines were drawn in
  #seen = false; // the active line is on the screen
  #store;
  /** @type {Drawn} */
  #state;
  #paint;
  #path;

  /** The time under the mouse, or -1. */
  pointer = -1;

  /** Told of scrolling by hand: px that are scrolled away, and that can be. @type {(top: number, most: number) => void} */
  scrolled = () => {};

  /** @param {import('../state/tracestore.js').TraceStore} store */
  constructor(store) {
    const { model } = (this.#state = store.state);
    const { grid, layer, cursor } = this.#parts;
    layer.insertBefore(this.#marks.element, cursor);
    this.#store = store;
    this.#paint = barPainter(model);
    this.#path = shownPath(model, new Map());
    this.element = h('div', { class: 'wf-box' }, grid, this.#splitter.element);
    this.#listen(new Dragging({
      area: grid, layer, length: model.length, window: () => this.#state.window, bars: () => ({ left: this.#barsLeft(), width: this.#barsWidth() }),
      move: (window) => this.#move(window),
    }));
    const observer = new ResizeObserver(() => {
      this.#splitter.fit();
      this.#schedule();
    });
    observer.observe(grid);
    store.ended.addEventListener('abort', () => {
      observer.disconnect();
      cancelAnimationFrame(this.#frame);
    });
  }

  /** @param {Drawn} s */
  update(s) {
    this.#state = s;
    if (this.#changedModel(s.model)) this.#paint = barPainter(s.model);
    if (this.#changedLines(s.lines)) this.#scroller.setRows(s.rows);
    if (this.#changedFocus(s.focus)) this.#scroller.reveal(lowerBound(s.lines, s.focus.line));
    if (this.#changedPath(s.model, s.critical, s.address.critical)) this.#path = shownPath(s.model, s.address.critical === 'off' ? new Map() : s.critical);
    this.#schedule();
  }

  /** Takes the focus of the keyboard. */
  focus() {
    this.#parts.grid.focus();
  }

  /** Rows to go on by when a page is turned. */
  pageSize() {
    return Math.max(this.#scroller.fits - 2, 1);
  }

  #schedule() {
    if (this.#frame === 0) this.#frame = requestAnimationFrame(() => this.#draw());
  }

  #draw() {
    this.#frame = 0;
    const { grid, layer } = this.#parts;
    const s = this.#state;
    const active = lowerBound(s.lines, s.focus.line);
    if (grid.clientHeight !== this.#height && this.#seen) this.#scroller.reveal(active); // it stays on the screen
    this.#height = grid.clientHeight;
    layer.style.height = `${grid.clientHeight}px`;
    this.#splitter.apply();
    const { top, fits } = this.#scroller;
    const first = Math.floor(top / ROW);
    const last = Math.min(s.lines.length, first + fits + 1);
    const missing = this.#rows.draw(s, first, last, top, fits + 2);
    if (missing.length > 0) this.#store.texts.want(missing);
    grid.setAttribute('aria-rowcount', String(s.rows + 1));
    this.#seen = active >= first && active < last && s.lines[active] === s.focus.line;
    if (this.#seen) grid.setAttribute('aria-activedescendant', `line-${s.focus.line}`);
    else grid.removeAttribute('aria-activedescendant');
    const width = this.#barsWidth();
    const { step, ticks } = ruler(s.window, Math.floor(width / TICK));
    this.#drawTicks(step, ticks, width);
    this.#drawMark(width);
    this.#marks.element.style.left = `${this.#namesWidth()}px`;
    const taken = this.#marks.draw(s, first, last, top, width, (t) => this.#x(t, width));
    this.#drawBars(first, last, top, ticks, width, taken);
  }

  /**
   * @param {number} step
   * @param {number[]} times
   * @param {number} width
   */
  #drawTicks(step, times, width) {
    this.#parts.ticks.replaceChildren(...times.map((t) => {
      const el = h('span', {}, offset(t, step));
      el.style.left = `${Math.min(this.#x(t, width), width - 50)}px`;
      return el;
    }));
  }

  /**
   * Marks the time of a line of a log.
   * @param {number} width
   */
  #drawMark(width) {
    const { mark } = this.#parts;
    const x = this.#x(this.#state.mark, width);
    mark.hidden = this.#state.mark < 0 || x < 0 || x > width;
    mark.style.left = `${this.#namesWidth() + x}px`;
  }

  /**
   * @param {number} first
   * @param {number} last
   * @param {number} top
   * @param {number[]} ticks
   * @param {number} width
   * @param {Map<number, number>} taken px that numbers take, by row
   */
  #drawBars(first, last, top, ticks, width, taken) {
    const s = this.#state;
    const height = Math.max(this.#parts.grid.clientHeight - HEAD, 1);
    const g = this.#pen(width, height);
    if (!g) return;
    g.clearRect(0, 0, width, height);
    g.font = '11px system-ui, sans-serif';
    g.fillStyle = s.colours.grid;
    for (const t of ticks) g.fillRect(Math.round(this.#x(t, width)), 0, 1, height);
    for (let k = first; k < last; k++) {
      const line = at(s.lines, k);
      const critical = this.#path(line, s.lines[k + 1] ?? s.model.n);
      this.#paint(g, { line, y: k * ROW - top, width, view: s.window, colours: s.colours, critical, events: s.texts.get(line)?.events, taken: taken.get(k) });
    }
  }

  /**
   * What draws on the canvas, after it has got its size.
   * @param {number} width
   * @param {number} height
   */
  #pen(width, height) {
    const { canvas } = this.#parts;
    const ratio = devicePixelRatio || 1;
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
      canvas.style.width = `${width}px`;
      canvas.style.height = `${height}px`;
    }
    canvas.style.left = `${this.#namesWidth()}px`;
    const g = canvas.getContext('2d');
    g?.setTransform(ratio, 0, 0, ratio, 0, 0);
    return g;
  }

  /** The width of all that stands before the bars. */
  #namesWidth() {
    return this.#splitter.width() + (innerWidth < 700 ? 0 : 84);
  }

  #barsLeft() {
    return this.#parts.grid.getBoundingClientRect().left + this.#namesWidth();
  }

  #barsWidth() {
    return Math.max(this.#parts.grid.clientWidth - this.#namesWidth(), 20);
  }

  /**
   * Where a time is, in px of the bars.
   * @param {number} t
   * @param {number} width of the bars
   */
  #x(t, width) {
    const { from, to } = this.#state.window;
    return ((t - from) / (to - from)) * width;
  }

  /** @param {number} clientX */
  #timeAt(clientX) {
    const { from, to } = this.#state.window;
    return from + ((clientX - this.#barsLeft()) / this.#barsWidth()) * (to - from);
  }

  /** @param {TimeWindow} window */
  #move(window) {
    this.#store.setWindow(window, 'soon');
  }

  /** @param {Dragging} drag */
  #listen(drag) {
    const { grid, cursor } = this.#parts;
    grid.addEventListener('scroll', () => {
      this.#schedule();
      if (this.#scroller.byHand) this.scrolled(grid.scrollTop, grid.scrollHeight - grid.clientHeight);
    }, { passive: true });
    grid.addEventListener('wheel', (e) => this.#wheel(e), { passive: false });
    grid.addEventListener('click', (e) => {
      const line = lineAt(e);
      if (line < 0 || drag.dragged) return;
      if (e.target instanceof Element && e.target.closest('.toggle')) this.#store.toggle(line, 'push');
      else this.#store.select(line, true, 'push');
    });
    grid.addEventListener('dblclick', (e) => {
      const line = lineAt(e);
      const { model: m } = this.#state;
      if (line >= 0 && e.clientX > this.#barsLeft()) this.#move(around(at(m.start, line), at(m.duration, line), m.length));
    });
    grid.addEventListener('pointermove', (e) => this.#point(e));
    grid.addEventListener('pointerleave', () => (cursor.hidden = true));
  }

  /** @param {WheelEvent} e */
  #wheel(e) {
    const { window, model } = this.#state;
    if (e.ctrlKey || e.metaKey) {
      const factor = Math.exp(Math.max(-100, Math.min(100, e.deltaY)) * 0.008);
      this.#move(zoom(window, factor, this.#timeAt(e.clientX), model.length));
    } else if (e.shiftKey || Math.abs(e.deltaX) > Math.abs(e.deltaY)) {
      this.#move(pan(window, (e.deltaX || e.deltaY) / this.#barsWidth(), model.length));
    } else return;
    e.preventDefault();
  }

  /**
   * Shows the time under the mouse.
   * @param {PointerEvent} e
   */
  #point(e) {
    const { grid, cursor } = this.#parts;
    const { model, window, address } = this.#state;
    const left = this.#barsLeft();
    this.pointer = e.clientX > left && e.pointerType === 'mouse' ? this.#timeAt(e.clientX) : -1;
    cursor.hidden = this.pointer < 0 || this.pointer > model.length;
    if (cursor.hidden) return;
    const ns = model.startNs + BigInt(Math.round(this.pointer));
    cursor.style.left = `${e.clientX - grid.getBoundingClientRect().left}px`;
    cursor.dataset.time = `${offset(this.pointer, (window.to - window.from) / 1000)} · ${dateAndTime(ns, address.zone, 3)[1]} ${zoneName(ns, address.zone)}`;
    cursor.classList.toggle('right', e.clientX > left + this.#barsWidth() / 2);
  }
}

/**
 * The line of the row that an event is in, or -1.
 * @param {Event} e
 */
function lineAt(e) {
  const row = e.target instanceof Element ? e.target.closest('.wf-row') : null;
  return row instanceof HTMLElement ? Number(row.dataset.line) : -1;
}
