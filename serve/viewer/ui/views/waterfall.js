// The lines of a trace: a tree grid of real elements for what is on the
// screen, whatever the size of the trace, and a canvas with their bars.

import { errorMark, h, sign } from '../lib/dom.js';
import { count, dateAndTime, duration, named, offset, zoneName } from '../lib/format.js';
import { palette } from '../lib/theme.js';
import { at, FLAG, hasError, KINDS } from '../model/columns.js';
import { pathShown } from '../model/criticalpath.js';
import { causeUnder } from '../model/errors.js';
import { lowerBound } from '../model/sorted.js';
import { around, pan, ruler, zoom } from '../model/timewindow.js';
import { barPainter, ROW } from './bars.js';
import { dragging } from './drag.js';

/** @typedef {import('../types').Model} Model */
/** @typedef {import('../types').View} View */
/** @typedef {import('../types').LineText} LineText */

const HEAD = 26;
const LARGEST = 8_000_000; // px; browsers stop at some 16 to 33 million
const INDENT = 12;
const LEVELS = 20;

/**
 * @typedef {object} Row
 * @property {HTMLElement} el
 * @property {HTMLElement} cell
 * @property {HTMLButtonElement} toggle
 * @property {HTMLElement} name
 * @property {HTMLElement} hint
 * @property {HTMLElement} badges
 * @property {HTMLElement} time
 * @property {HTMLElement} when
 * @property {string} shown what it shows, to change it only when that does
 */

/**
 * @param {object} o
 * @param {Model} o.model
 * @param {Uint8Array} o.closed
 * @param {import('../types').Errors} o.errors
 * @param {(line: number) => LineText | undefined} o.text
 * @param {(lines: number[]) => void} o.wanted
 * @param {(line: number, open: boolean) => void} o.select
 * @param {(line: number) => void} o.toggle
 * @param {(v: View) => void} o.moved
 * @param {() => string} o.zone
 * @param {(flags: number) => import('../types').Sign[]} o.marks
 */
export function waterfall(o) {
  const m = o.model;
  const paint = barPainter(m);
  let colours = palette();
  /** @type {View} */
  let view = { from: 0, to: m.length };
  /** @type {Int32Array} */
  let lines = new Int32Array(0);
  let active = 0;
  let opened = -1;
  /** @type {Uint8Array | null} */
  let hits = null;
  let path = pathShown(m, new Map());
  let nameWidth = Math.min(440, Math.max(140, innerWidth * 0.36));
  let frame = 0;
  let hover = -1;
  let version = 0;

  const ticks = h('div', { class: 'ticks', 'aria-hidden': 'true' });
  const cursor = h('div', { class: 'cursor', 'aria-hidden': 'true' });
  const splitter = h('div', { class: 'splitter', role: 'separator', tabindex: '0', 'aria-orientation': 'vertical', 'aria-label': 'Width of the names', 'aria-valuemin': '100', 'aria-valuemax': '1000' });
  const head = h('div', { class: 'wf-head', role: 'rowgroup' }, h('div', { class: 'wf-headrow', role: 'row', 'aria-rowindex': '1' },
    h('div', { class: 'wf-h name', role: 'columnheader' }, 'Name'), h('div', { class: 'wf-h time', role: 'columnheader' }, 'Duration'),
    h('div', { class: 'wf-h bars', role: 'columnheader' }, h('span', { class: 'vh' }, 'Time'), ticks)));
  const canvas = h('canvas', { class: 'wf-canvas', 'aria-hidden': 'true' });
  const body = h('div', { class: 'wf-rows', role: 'rowgroup' });
  const layer = h('div', { class: 'wf-layer', role: 'presentation' }, head, canvas, body, cursor);
  const space = h('div', { class: 'wf-space', role: 'presentation' }, layer);
  const grid = h('div', { class: 'wf', role: 'treegrid', tabindex: '0', 'aria-label': 'Spans of the trace', 'aria-colcount': '3' }, space);
  const element = h('div', { class: 'wf-box' }, grid, splitter);
  /** @type {Row[]} */
  const pool = [];

  /** How many rows fit, and which is on top. */
  const fits = () => Math.max(1, Math.ceil((grid.clientHeight - HEAD) / ROW));
  const full = () => lines.length * ROW + HEAD;
  const top = () => {
    const range = space.offsetHeight - grid.clientHeight;
    return full() <= LARGEST || range <= 0 ? grid.scrollTop : (grid.scrollTop / range) * (full() - grid.clientHeight);
  };
  /** @param {number} y */
  function scrollTo(y) {
    const range = space.offsetHeight - grid.clientHeight;
    grid.scrollTop = full() <= LARGEST ? y : (y / Math.max(full() - grid.clientHeight, 1)) * range;
  }

  function schedule() {
    if (frame === 0) frame = requestAnimationFrame(draw);
  }

  function draw() {
    frame = 0;
    const width = grid.clientWidth;
    const barsWidth = Math.max(width - nameWidth - timeWidth(), 20);
    layer.style.height = `${grid.clientHeight}px`;
    grid.style.setProperty('--name-width', `${nameWidth}px`);
    splitter.style.left = `${nameWidth - 3}px`;
    splitter.setAttribute('aria-valuenow', String(Math.round(nameWidth)));
    const y0 = top();
    const first = Math.floor(y0 / ROW);
    const last = Math.min(lines.length, first + fits() + 1);
    drawRows(first, last, y0);
    drawRuler(barsWidth);
    drawBars(first, last, y0, barsWidth);
  }

  function timeWidth() {
    return innerWidth < 700 ? 0 : 84;
  }

  /**
   * @param {number} first
   * @param {number} last
   * @param {number} y0
   */
  function drawRows(first, last, y0) {
    const size = fits() + 2;
    while (pool.length < size) {
      const row = newRow();
      pool.push(row);
      body.append(row.el);
    }
    while (pool.length > size) pool.pop()?.el.remove();
    const used = new Set();
    /** @type {number[]} */
    const missing = [];
    for (let k = first; k < last; k++) {
      const line = at(lines, k);
      const row = /** @type {Row} */ (pool[k % size]);
      used.add(row);
      row.el.hidden = false;
      row.el.style.transform = `translateY(${k * ROW - y0}px)`;
      const t = o.text(line);
      if (!t) missing.push(line);
      const cause = causeUnder(o, line);
      const said = cause < 0 ? undefined : o.text(cause);
      if (cause >= 0 && !said) missing.push(cause);
      const shown = `${version} ${k} ${line} ${t ? 1 : 0} ${said ? 1 : 0} ${at(o.closed, line)} ${line === active} ${line === opened} ${hits?.[line] ?? ''}`;
      if (row.shown !== shown) {
        row.shown = shown;
        fill(row, line, k, t, said);
      }
    }
    for (const row of pool) if (!used.has(row)) row.el.hidden = true;
    grid.setAttribute('aria-rowcount', String(lines.length + 1));
    const k = lowerBound(lines, active);
    if (k >= first && k < last && lines[k] === active) grid.setAttribute('aria-activedescendant', `line-${active}`);
    else grid.removeAttribute('aria-activedescendant');
    if (missing.length > 0) o.wanted(missing);
  }

  /** @returns {Row} */
  function newRow() {
    const toggle = h('button', { class: 'toggle', type: 'button', tabindex: '-1' });
    const name = h('bdi', { class: 'n-name' });
    const hint = h('bdi', { class: 'n-hint' });
    const badges = h('span', { class: 'n-badges' });
    const time = h('div', { class: 'wf-c time', role: 'gridcell' });
    const when = h('span', { class: 'vh' });
    const cell = h('div', { class: 'wf-c name', role: 'gridcell' }, toggle, badges, name, hint);
    const el = h('div', { class: 'wf-row', role: 'row' }, cell, time, h('div', { class: 'wf-c bars', role: 'gridcell' }, when));
    return { el, cell, toggle, name, hint, badges, time, when, shown: '' };
  }

  /**
   * @param {Row} row
   * @param {number} line
   * @param {number} k
   * @param {LineText | undefined} t
   * @param {LineText | undefined} cause
   */
  function fill(row, line, k, t, cause) {
    const flags = at(m.flags, line);
    const members = at(m.members, line);
    const depth = at(m.depth, line);
    const open = members > 0 && !o.closed[line];
    const el = row.el;
    el.id = `line-${line}`;
    el.dataset.line = String(line);
    el.setAttribute('aria-level', String(depth + 1));
    el.setAttribute('aria-rowindex', String(k + 2));
    el.setAttribute('aria-selected', String(line === opened));
    if (members > 0) el.setAttribute('aria-expanded', String(open));
    else el.removeAttribute('aria-expanded');
    el.className = `wf-row${line === active ? ' active' : ''}${line === opened ? ' opened' : ''}${hits?.[line] ? ' hit' : hits ? ' miss' : ''}${hasError(m, line) ? ' bad' : ''}${flags & (FLAG.missing | FLAG.fold) ? ' group' : ''}`;
    row.cell.style.paddingLeft = `${Math.min(depth, LEVELS) * INDENT + 4}px`;
    row.cell.style.setProperty('--guides', `${Math.min(depth, LEVELS) * INDENT}px`);
    row.toggle.textContent = members === 0 ? '' : open ? '▾' : '▸';
    row.toggle.disabled = members === 0;
    row.toggle.setAttribute('aria-label', members === 0 ? 'Nothing under it' : open ? 'Close' : `Open: ${count(at(m.end, line) - line - 1)} under it`);
    const name = named(m.head.names[at(m.name, line)] ?? '');
    row.name.textContent = flags & FLAG.missing ? `missing parent ${t?.id ?? ''}` : flags & FLAG.fold ? `${count(members)} × ${name}` : name;
    const message = t?.message || cause?.message;
    row.hint.textContent = [message, t?.hint].filter(Boolean).join(' · ');
    row.hint.classList.toggle('said', Boolean(message));
    row.el.title = '';
    const badges = [];
    if (depth > LEVELS) badges.push(h('span', { class: 'mark-depth', title: `Level ${depth + 1}` }, String(depth + 1)));
    if (hasError(m, line)) badges.push(errorMark(Boolean(o.errors.good[line])));
    const below = at(m.below, line);
    if (below > 0) badges.push(h('span', { class: 'mark-below', title: `${count(below)} with an error below` }, count(below), h('span', {}, ' below')));
    for (const k of o.marks(flags & ~(FLAG.missing | FLAG.fold))) badges.push(sign(k));
    row.badges.replaceChildren(...badges);
    row.cell.dataset.service = String(at(m.service, line) % 8);
    row.time.textContent = duration(at(m.duration, line));
    row.when.textContent = `starts ${offset(at(m.start, line), m.length / 1000)} after the start${at(m.kind, line) & 15 ? ', ' + KINDS[at(m.kind, line) & 15] : ''}`;
  }

  /** @param {number} width */
  function drawRuler(width) {
    const { step, ticks: at_ } = ruler(view, Math.floor(width / 90));
    ticks.replaceChildren(...at_.map((t) => {
      const x = ((t - view.from) / (view.to - view.from)) * width;
      const el = h('span', {}, offset(t, step));
      el.style.left = `${Math.min(x, width - 50)}px`;
      return el;
    }));
  }

  /**
   * @param {number} first
   * @param {number} last
   * @param {number} y0
   * @param {number} width
   */
  function drawBars(first, last, y0, width) {
    const ratio = devicePixelRatio || 1;
    const height = Math.max(grid.clientHeight - HEAD, 1);
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
      canvas.style.width = `${width}px`;
      canvas.style.height = `${height}px`;
    }
    canvas.style.left = `${nameWidth + timeWidth()}px`;
    const g = canvas.getContext('2d');
    if (!g) return;
    g.setTransform(ratio, 0, 0, ratio, 0, 0);
    g.clearRect(0, 0, width, height);
    g.font = '11px system-ui, sans-serif';
    g.fillStyle = colours.grid;
    for (const t of ruler(view, Math.floor(width / 90)).ticks) g.fillRect(Math.round(((t - view.from) / (view.to - view.from)) * width), 0, 1, height);
    for (let k = first; k < last; k++) {
      const line = at(lines, k);
      paint(g, { line, y: k * ROW - y0, width, view, colours, critical: path(line, at(lines, k + 1) || m.n), events: o.text(line)?.events });
    }
  }

  /** @param {View} v */
  function setView(v) {
    view = v;
    schedule();
  }

  /** @param {View} v */
  function move(v) {
    setView(v);
    o.moved(v);
  }

  const barsLeft = () => grid.getBoundingClientRect().left + nameWidth + timeWidth();
  const barsWidth = () => Math.max(grid.clientWidth - nameWidth - timeWidth(), 20);
  /** @param {number} clientX */
  const timeAt = (clientX) => view.from + ((clientX - barsLeft()) / barsWidth()) * (view.to - view.from);

  grid.addEventListener('scroll', schedule, { passive: true });
  grid.addEventListener('wheel', (e) => {
    if (e.ctrlKey || e.metaKey) {
      e.preventDefault();
      move(zoom(view, Math.exp(Math.max(-100, Math.min(100, e.deltaY)) * 0.008), timeAt(e.clientX), m.length));
    } else if (e.shiftKey || Math.abs(e.deltaX) > Math.abs(e.deltaY)) {
      e.preventDefault();
      move(pan(view, (e.deltaX || e.deltaY) / barsWidth(), m.length));
    }
  }, { passive: false });

  const drag = dragging({ area: grid, layer, length: m.length, view: () => view, bars: () => ({ left: barsLeft(), width: barsWidth() }), move });

  grid.addEventListener('click', (e) => {
    const target = e.target instanceof Element ? e.target : null;
    const line = lineOf(target);
    if (line < 0 || drag.dragged()) return;
    active = line;
    if (target?.closest('.toggle')) o.toggle(line);
    else o.select(line, true);
    schedule();
  });
  grid.addEventListener('dblclick', (e) => {
    const line = lineOf(e.target instanceof Element ? e.target : null);
    if (line >= 0 && e.clientX > barsLeft()) move(around(at(m.start, line), at(m.duration, line), m.length));
  });

  /** @param {Element | null} el */
  function lineOf(el) {
    const row = el?.closest('.wf-row');
    return row instanceof HTMLElement ? Number(row.dataset.line) : -1;
  }

  grid.addEventListener('pointermove', (e) => {
    hover = e.clientX > barsLeft() && e.pointerType === 'mouse' ? timeAt(e.clientX) : -1;
    cursor.hidden = hover < 0 || hover > m.length;
    if (cursor.hidden) return;
    cursor.style.left = `${e.clientX - grid.getBoundingClientRect().left}px`;
    const ns = m.startNs + BigInt(Math.round(hover));
    cursor.dataset.time = `${offset(hover, (view.to - view.from) / 1000)} · ${dateAndTime(ns, o.zone(), 3)[1]} ${zoneName(ns, o.zone())}`;
    cursor.classList.toggle('right', e.clientX > barsLeft() + barsWidth() / 2);
  });
  grid.addEventListener('pointerleave', () => (cursor.hidden = true));
  cursor.hidden = true;

  splitter.addEventListener('pointerdown', (e) => {
    splitter.setPointerCapture(e.pointerId);
    const follow = (/** @type {PointerEvent} */ now) => widen(now.clientX - grid.getBoundingClientRect().left);
    splitter.addEventListener('pointermove', follow);
    splitter.addEventListener('pointerup', () => splitter.removeEventListener('pointermove', follow), { once: true });
  });
  splitter.addEventListener('keydown', (e) => {
    if (e.key !== 'ArrowLeft' && e.key !== 'ArrowRight') return;
    e.preventDefault();
    e.stopPropagation();
    widen(nameWidth + (e.key === 'ArrowLeft' ? -20 : 20));
  });
  /** @param {number} width */
  function widen(width) {
    nameWidth = Math.min(Math.max(width, 100), Math.max(grid.clientWidth - 160, 100));
    schedule();
  }

  const observer = new ResizeObserver(() => {
    nameWidth = Math.min(nameWidth, Math.max(grid.clientWidth * 0.6, 100));
    schedule();
  });
  observer.observe(grid);

  return {
    element,
    grid,
    setView,
    view: () => view,
    active: () => active,
    lines: () => lines,
    pageSize: () => Math.max(fits() - 2, 1),
    schedule,
    timeUnderPointer: () => hover,
    /** @param {Int32Array} shown */
    setLines(shown) {
      lines = shown;
      space.style.height = `${Math.min(full(), LARGEST)}px`;
      version++;
      schedule();
    },
    /** @param {Uint8Array | null} marked */
    setHits(marked) {
      hits = marked;
      version++;
      schedule();
    },
    /** @param {Map<number, number[]>} segments */
    setCritical(segments) {
      path = pathShown(m, segments);
      schedule();
    },
    /** @param {number} line */
    setOpened(line) {
      opened = line;
      schedule();
    },
    /**
     * Makes a line the active one, and brings it on the screen.
     * @param {number} line
     */
    focus(line) {
      active = line;
      const k = lowerBound(lines, line);
      const y = k * ROW;
      const height = grid.clientHeight - HEAD;
      const t = top();
      if (y < t) scrollTo(Math.max(y - ROW * 2, 0));
      else if (y + ROW > t + height) scrollTo(y - height + ROW * 3);
      schedule();
    },
    /** Shows texts that have come. */
    refresh() {
      version++;
      schedule();
    },
    recolour() {
      colours = palette();
      schedule();
    },
    leave() {
      observer.disconnect();
      cancelAnimationFrame(frame);
    },
  };
}
