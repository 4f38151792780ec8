// The lines of a log: elements for those on the screen only, which are used again as
// the visitor scrolls. A line that stays on the screen keeps its element.

import { changes } from '../lib/changes.js';
import { bdi, h } from '../lib/dom.js';
import { bytes, count, dateAndTime, named } from '../lib/format.js';
import { linkHref } from '../lib/place.js';
import { nameOf } from '../model/columns.js';
import { numberedLines } from '../model/judgement.js';
import { atRow, formatLog, hasLine, rowOfFocus } from '../model/loglines.js';
import { format } from '../state/address.js';
import { settled } from '../state/loader.js';
import { PIECE } from '../state/logstore.js';
import { Scroller } from './scroller.js';

/** @typedef {import('../types').LogGap} LogGap */
/** @typedef {import('../types').LogLine} LogLine */
/** @typedef {import('../types').LogState} LogState */
/** @typedef {import('../state/logstore.js').LogStore} LogStore */

const ROW = 18; // px; .log-row
const MOST = 190; // rows in the document
const BESIDE = 420; // px of what stands beside the text of a line

/** What a severity is marked with, besides its colour. */
const SIGNS = /** @type {Record<string, string | undefined>} */ ({ fatal: 'F', error: 'E', warning: 'W' });

/**
 * @typedef {object} Row
 * @property {HTMLElement} el
 * @property {HTMLAnchorElement} number
 * @property {HTMLElement} step its number in the chain of the findings
 * @property {HTMLElement} sign
 * @property {HTMLElement} time
 * @property {HTMLElement} text
 * @property {HTMLElement} span
 * @property {number | string} key the line, or the gap
 * @property {string} shown what it shows, to change it only when that does
 */

export class LogGrid {
  /** @type {Row[]} */
  #pool = [];
  #body = h('div', { class: 'log-rows', role: 'rowgroup' });
  #layer = h('div', { class: 'log-layer', role: 'presentation' }, this.#body);
  #space = h('div', { class: 'log-space', role: 'presentation' }, this.#layer);
  #store;
  #scroller;
  #frame = 0;
  #version = 0;
  #numbers = numberedLines([], '');
  #height = 0; // px that the lines were drawn in
  #toWord = false; // what was found in the active line is to come onto the screen
  #seen = false; // the active line is on the screen
  #widest = 0; // px of the texts that were shown
  #letter = 0; // px
  #changedRows = changes();
  #changedFocus = changes();
  #changedTexts = changes();
  #changedLog = changes();
  #changedNumbers = changes();
  #rows = /** @type {import('../types').LogRows} */ ({ n: 0, pieces: [] });

  /** @param {LogStore} store */
  constructor(store) {
    this.#store = store;
    this.element = h('div', { class: 'log', role: 'grid', tabindex: '0', 'aria-colcount': '5', 'aria-label': 'Lines of the log' }, this.#space);
    this.#scroller = new Scroller(this.element, this.#space, ROW, 0);
    this.element.addEventListener('scroll', () => this.#schedule(), { passive: true });
    this.element.addEventListener('click', (e) => this.#click(e));
    const observer = new ResizeObserver(() => this.#schedule());
    observer.observe(this.element);
    store.trace.ended.addEventListener('abort', () => {
      observer.disconnect();
      cancelAnimationFrame(this.#frame);
    });
  }

  /** @param {LogState} s */
  update(s) {
    if (this.#changedLog(s.name)) {
      this.#widest = 0;
      this.element.scrollTo(0, 0);
    }
    if (this.#changedNumbers(s.moved) && s.moved) this.#move(s.rows, s.moved);
    if (this.#changedRows(s.rows)) this.#scroller.setRows(s.rows.n);
    this.#rows = s.rows;
    if (this.#changedFocus(s.focus) && s.focus.line > 0 && s.rows.n > 0) {
      const k = rowOfFocus(s.rows, s.focus);
      if (s.focus.how === 'top') this.#scroller.bring(k);
      else this.#scroller.reveal(k);
      this.#seen = true;
      this.#toWord = s.focus.word === true;
    }
    this.#schedule();
  }

  /**
   * Keeps the lines on the screen where they are when others were put in.
   * @param {import('../types').LogRows} rows
   * @param {{ before: number, by: number }} moved
   */
  #move(rows, { before, by }) {
    const { top } = this.#scroller;
    const first = atRow(this.#rows, Math.floor(top / ROW)).line;
    for (const row of this.#pool) if (typeof row.key === 'number' && row.key >= before) row.key += by;
    this.#scroller.setRows(rows.n);
    this.#scroller.scrollTo(top + (first >= before ? rows.n - this.#rows.n : 0) * ROW);
  }

  /** Rows to go on by when a page is turned. */
  pageSize() {
    return Math.max(this.#scroller.fits - 2, 1);
  }

  /** The lines on the screen. */
  onScreen() {
    const { rows } = this.#store.state;
    const first = Math.floor(this.#scroller.top / ROW);
    return Array.from({ length: Math.min(this.#scroller.fits + 1, rows.n - first) }, (_, i) => atRow(rows, first + i).line).filter((line) => line > 0);
  }

  #schedule() {
    if (this.#frame === 0) this.#frame = requestAnimationFrame(() => this.#draw());
  }

  #draw() {
    this.#frame = 0;
    const s = this.#store.state;
    const height = this.element.clientHeight;
    if (height !== this.#height && this.#seen && s.rows.n > 0) this.#scroller.reveal(rowOfFocus(s.rows, s.focus)); // it was on the screen, and stays there
    this.#height = height;
    this.#layer.style.height = `${height}px`;
    const { top } = this.#scroller;
    const size = Math.min(this.#scroller.fits + 2, MOST);
    const first = Math.floor(top / ROW);
    const last = Math.min(s.rows.n, first + size - 1);
    this.#resize(size);
    const { zone } = s.address;
    const { stops } = this.#store.trace.state;
    if (this.#changedTexts(s.lines, s.matches, s.chosen, s.rows, s.reading, stops, s.name, zone)) {
      this.#version++;
      this.#numbers = numberedLines(stops, s.name);
    }
    const shown = Array.from({ length: Math.max(last - first, 0) }, (_, i) => atRow(s.rows, first + i));
    const rows = this.#rowsOf(shown.map(({ line, gap }) => (gap ? `gap ${gap.place}` : line)));
    shown.forEach(({ line, gap }, i) => {
      const row = /** @type {Row} */ (rows[i]);
      const k = first + i;
      row.el.hidden = false;
      row.el.style.transform = `translateY(${k * ROW - top}px)`;
      const active = gap ? isActive(s, gap) : line === s.focus.line && !s.focus.gap;
      const now = `${this.#version} ${k} ${active}`;
      if (row.shown === now) return;
      row.shown = now;
      row.el.setAttribute('aria-rowindex', String(k + 1));
      if (gap) fillGap(row, gap, s, active);
      else this.#fill(row, s, line, active);
    });
    this.#store.want(shown.map(({ line }) => line).filter((line) => line > 0));
    this.element.setAttribute('aria-rowcount', String(s.rows.n));
    const seen = this.#body.querySelector('.active:not([hidden])');
    this.#seen = seen !== null;
    if (seen) this.element.setAttribute('aria-activedescendant', seen.id);
    else this.element.removeAttribute('aria-activedescendant');
    this.#space.style.width = `max(100%, ${this.#widest + BESIDE}px)`;
    if (this.#toWord && seen) this.#bringWord(seen);
  }

  /**
   * Scrolls a long line to what was found in it.
   * @param {Element} row
   */
  #bringWord(row) {
    const word = row.querySelector('.a-found')?.getBoundingClientRect();
    if (!word) return; // it is not there yet
    this.#toWord = false;
    const left = row.querySelector('.log-no')?.getBoundingClientRect().right ?? 0;
    const right = row.querySelector('.log-span')?.getBoundingClientRect().left || this.element.getBoundingClientRect().right;
    if (word.left >= left && word.right <= right) return;
    const at = word.left - left + this.element.scrollLeft;
    this.element.scrollLeft = at + word.width <= right - left ? 0 : at - 60;
  }

  /**
   * The elements for what is to be shown, and none for others: what has one keeps it.
   * @param {(number | string)[]} keys
   */
  #rowsOf(keys) {
    const by = new Map(this.#pool.map((row) => [row.key, row]));
    const kept = keys.map((key) => by.get(key));
    const free = new Set(this.#pool);
    for (const row of kept) if (row) free.delete(row);
    const rest = free.values();
    const rows = kept.map((row, i) => {
      const taken = row ?? /** @type {Row} */ (rest.next().value);
      taken.key = /** @type {number | string} */ (keys[i]);
      return taken;
    });
    for (const row of rest) {
      row.el.hidden = true;
      row.key = '';
    }
    return rows;
  }

  /** @param {number} size */
  #resize(size) {
    while (this.#pool.length < size) {
      const row = newRow();
      this.#pool.push(row);
      this.#body.append(row.el);
    }
    while (this.#pool.length > size) this.#pool.pop()?.el.remove();
  }

  /**
   * @param {Row} row
   * @param {LogState} s
   * @param {number} line
   * @param {boolean} active
   */
  #fill(row, s, line, active) {
    const { address, matches, chosen, name } = s;
    const l = s.lines.get(line);
    const { model } = this.#store.trace.state;
    const isChosen = chosen !== null && line >= chosen.from && line <= chosen.to;
    const hit = address.lq !== '' && settled(matches) && matches.value !== undefined && hasLine(matches.value, line);
    row.el.id = `log-${line}`;
    row.el.dataset.line = String(line);
    row.el.setAttribute('aria-selected', String(isChosen));
    row.el.className = ['log-row', active && 'active', isChosen && 'chosen', hit && 'hit', l?.severity].filter(Boolean).join(' ');
    const n = this.#numbers.get(line);
    row.step.hidden = n === undefined;
    row.step.classList.toggle('first', n === 1);
    row.step.textContent = n === undefined ? '' : String(n);
    row.number.textContent = (l?.inexact ? '≥ ' : '') + line;
    row.number.title = l?.inexact ? 'Lines before it are missing: its number is at least this' : 'Link to this line; with Shift, to all from the chosen one on';
    row.number.href = linkHref(format({ ...address, log: formatLog(name, { from: line, to: line }) }));
    row.sign.replaceChildren(...(l?.severity && SIGNS[l.severity] ? [h('span', { 'aria-hidden': 'true', title: l.severity }, SIGNS[l.severity]), h('span', { class: 'vh' }, l.severity)] : []));
    row.time.textContent = l ? timeOf(l, address.zone) : '';
    row.text.replaceChildren(...(l?.known ? [knownMark(l.known)] : []), ...(l ? pieces(l) : []));
    row.span.textContent = l && l.span >= 0 ? named(nameOf(model, l.span)) : '';
    if (l) this.#measure(row, l);
  }

  /**
   * Leaves room for the longest text: one that was cut is a thousand letters.
   * @param {Row} row
   * @param {LogLine} l
   */
  #measure(row, l) {
    let letters = 0;
    for (const [text] of l.text) letters += text.length + 7 * (text.split('\t').length - 1);
    if (this.#letter === 0 && letters > 20) {
      const range = document.createRange();
      range.selectNodeContents(row.text);
      this.#letter = range.getBoundingClientRect().width / letters;
    }
    this.#widest = Math.max(this.#widest, letters * (this.#letter || 8));
  }

  /** @param {MouseEvent} e */
  #click(e) {
    const row = e.target instanceof Element ? e.target.closest('.log-row') : null;
    const line = row instanceof HTMLElement ? Number(row.dataset.line) : 0;
    if (!row || e.ctrlKey || e.metaKey || !(getSelection()?.isCollapsed ?? true)) return;
    e.preventDefault();
    if (line > 0) this.#store.choose(line, e.shiftKey, 'push');
    else this.#more(row, e.target instanceof HTMLElement && Boolean(e.target.dataset.end));
  }

  /**
   * Brings what is missing at a gap.
   * @param {Element} element of its row
   * @param {boolean} end
   */
  #more(element, end) {
    const { rows } = this.#store.state;
    const { gap } = atRow(rows, Number(element.getAttribute('aria-rowindex')) - 1);
    if (gap) void this.#store.more(gap, end);
  }
}

/** @returns {Row} */
function newRow() {
  const number = h('a', { tabindex: '-1' });
  const step = h('span', { class: 'step-no', title: 'A step of the findings', hidden: true });
  const sign = h('span', { class: 'log-sign', role: 'gridcell' });
  const time = h('span', { class: 'log-time', role: 'gridcell' });
  const text = h('span', { class: 'log-text', role: 'gridcell' });
  const span = h('bdi', { class: 'log-span', role: 'gridcell' });
  const el = h('div', { class: 'log-row', role: 'row' }, h('span', { class: 'log-no', role: 'gridcell' }, step, number), sign, time, text, span);
  return { el, number, step, sign, time, text, span, key: '', shown: '' };
}

/**
 * @param {LogState} s
 * @param {LogGap} gap
 */
function isActive({ focus }, gap) {
  return focus.gap === true && focus.line === gap.before;
}

/**
 * @param {Row} row
 * @param {LogGap} gap
 * @param {LogState} s
 * @param {boolean} active
 */
function fillGap({ el, number, step, sign, time, text, span }, gap, s, active) {
  el.id = `log-gap-${gap.place}`;
  el.dataset.line = '0';
  step.hidden = true;
  el.className = active ? 'log-row gap active' : 'log-row gap';
  el.removeAttribute('aria-selected');
  number.removeAttribute('href');
  number.title = '';
  for (const cell of [number, sign, time, span]) cell.textContent = '';
  const part = (/** @type {string} */ label, /** @type {string} */ end) => h('button', { type: 'button', class: 'link', tabindex: '-1', 'data-end': end }, label);
  const parts = gap.bytes > PIECE ? [part(`Read the first ${bytes(PIECE)}`, ''), ' ', part(`Read the last ${bytes(PIECE)}`, 'end')] : [part('Read them', '')];
  text.replaceChildren(`${bytes(gap.bytes)} missing  `, ...(s.reading === gap ? ['reading…'] : settled(s.head) && s.head.value?.more ? parts : []));
}

/**
 * The time of a line, where the line has one of its own.
 * @param {LogLine} l
 * @param {string} zone
 */
export function timeOf(l, zone) {
  if (l.time === undefined || l.origin === 'inherited') return '';
  return (l.origin === 'estimated' ? '~' : '') + dateAndTime(BigInt(l.time), zone, 3)[1];
}

/**
 * The mark of an error that is known by its text.
 * @param {NonNullable<LogLine['known']>} known
 */
function knownMark({ title, category, next }) {
  return h('span', { class: 'mark-odd log-known', title: `${title}. ${next}` }, category, h('span', { class: 'vh' }, `, known: ${title}`));
}

/**
 * The text of a line in its colours.
 * @param {LogLine} l
 */
export function pieces(l) {
  const all = l.text.map(([text, style]) => bdi(text, style ? { class: style.replace(/\S+/g, 'a-$&') } : {}));
  return l.cut ? [...all, h('span', { class: 'dim' }, ' …')] : all;
}

/**
 * What is said of the log as a whole.
 * @param {import('../types').LogHead} head
 */
export function factsOf(head) {
  return [
    `${count(head.lines)} ${head.lines === 1 ? 'line' : 'lines'}`,
    head.errors > 0 && `${count(head.errors)} ${head.errors === 1 ? 'error' : 'errors'}`,
    head.missing && `${bytes(head.missing)} missing`,
    head.growing && 'still written',
  ].filter(Boolean).join(' · ');
}
