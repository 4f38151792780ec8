// The rows of a tree grid: elements for those on the screen only, which are used
// again as the visitor scrolls.

import { changes } from '../lib/changes.js';
import { h } from '../lib/dom.js';
import { count, duration, named, offset } from '../lib/format.js';
import { at, FLAG, hasError, isGroup, KINDS, nameOf } from '../model/columns.js';
import { causeUnder } from '../model/errors.js';
import { ROW } from './bars.js';
import { errorMark, flakyMark, saidOf, signMark, signsOf } from './marks.js';

/** @typedef {import('../types').TraceState} TraceState */
/** @typedef {import('../types').LineText} LineText */
/** @typedef {Pick<TraceState, 'run' | 'model' | 'errors' | 'closed' | 'lines' | 'focus' | 'marked' | 'texts' | 'detail'>} Drawn */

const INDENT = 12; // px a level
const LEVELS = 20; // that are indented

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

export class Rows {
  /** @type {Row[]} */
  #pool = [];
  #changed = changes();
  #version = 0;

  /** @param {HTMLElement} body */
  constructor(body) {
    this.body = body;
  }

  /**
   * Draws the rows from first up to last.
   * @param {Drawn} s
   * @param {number} first
   * @param {number} last
   * @param {number} top px that are scrolled away
   * @param {number} size rows that are kept
   * @returns {number[]} lines whose texts are missing
   */
  draw(s, first, last, top, size) {
    this.#resize(size);
    if (this.#changed(s.lines, s.marked, s.texts)) this.#version++;
    const missing = [];
    const used = new Set();
    for (let k = first; k < last; k++) {
      const line = at(s.lines, k);
      const row = /** @type {Row} */ (this.#pool[k % size]);
      used.add(row);
      row.el.hidden = false;
      row.el.style.transform = `translateY(${k * ROW - top}px)`;
      const cause = causeUnder(s, line);
      if (!s.texts.get(line)) missing.push(line);
      if (cause >= 0 && !s.texts.get(cause)) missing.push(cause);
      const shown = `${this.#version} ${k} ${line} ${line === s.focus.line} ${line === s.detail?.line}`;
      if (row.shown === shown) continue;
      row.shown = shown;
      fill(row, s, line, k);
    }
    for (const row of this.#pool) if (!used.has(row)) row.el.hidden = true;
    return missing;
  }

  /** @param {number} size */
  #resize(size) {
    while (this.#pool.length < size) {
      const row = newRow();
      this.#pool.push(row);
      this.body.append(row.el);
    }
    while (this.#pool.length > size) this.#pool.pop()?.el.remove();
  }
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
 * @param {Drawn} s
 * @param {number} line
 * @param {number} k the row's number
 */
function fill(row, s, line, k) {
  const m = s.model;
  const t = s.texts.get(line);
  const indent = Math.min(at(m.depth, line), LEVELS) * INDENT;
  fillFrame(row, s, line, k);
  fillToggle(row, s, line);
  row.cell.style.paddingLeft = `${indent + 4}px`;
  row.cell.style.setProperty('--guides', `${indent}px`);
  row.cell.dataset.service = String(at(m.service, line) % 8);
  row.name.textContent = titleOf(m, line, t);
  const message = t?.message || s.texts.get(causeUnder(s, line))?.message;
  row.hint.textContent = saidOf(t, message);
  row.hint.classList.toggle('said', Boolean(message));
  row.badges.replaceChildren(...badgesOf(s, line));
  row.time.textContent = duration(at(m.duration, line));
  const kind = at(m.kind, line) & 15;
  row.when.textContent = `starts ${offset(at(m.start, line), m.length / 1000)} after the start${kind ? ', ' + KINDS[kind] : ''}`;
}

/**
 * @param {Row} row
 * @param {Drawn} s
 * @param {number} line
 * @param {number} k
 */
function fillFrame({ el }, s, line, k) {
  const opened = line === s.detail?.line;
  el.id = `line-${line}`;
  el.dataset.line = String(line);
  el.setAttribute('aria-level', String(at(s.model.depth, line) + 1));
  el.setAttribute('aria-rowindex', String(k + 2));
  el.setAttribute('aria-selected', String(opened));
  const classes = {
    active: line === s.focus.line, opened, hit: s.marked?.[line], miss: s.marked && !s.marked[line], bad: hasError(s.model, line), group: isGroup(s.model, line),
  };
  el.className = ['wf-row', ...Object.entries(classes).filter(([, on]) => on).map(([name]) => name)].join(' ');
}

/**
 * @param {Row} row
 * @param {Drawn} s
 * @param {number} line
 */
function fillToggle({ el, toggle }, s, line) {
  const m = s.model;
  const members = at(m.members, line);
  const open = !s.closed[line];
  if (members > 0) el.setAttribute('aria-expanded', String(open));
  else el.removeAttribute('aria-expanded');
  toggle.textContent = members === 0 ? '' : open ? '▾' : '▸';
  toggle.disabled = members === 0;
  toggle.setAttribute('aria-label', members === 0 ? 'Nothing under it' : open ? 'Close' : `Open: ${count(at(m.end, line) - line - 1)} under it`);
}

/**
 * What a line is called.
 * @param {import('../types').Model} m
 * @param {number} line
 * @param {LineText | undefined} t
 */
export function titleOf(m, line, t) {
  const flags = at(m.flags, line);
  const name = named(nameOf(m, line));
  return flags & FLAG.missing ? `missing parent ${t?.id ?? ''}` : flags & FLAG.fold ? `${count(at(m.members, line) + (t?.left ?? 0))} × ${name}` : name;
}

/**
 * @param {Drawn} s
 * @param {number} line
 */
function badgesOf({ run, model: m, errors, texts }, line) {
  const badges = [];
  const depth = at(m.depth, line);
  const below = at(m.below, line);
  if (depth > LEVELS) badges.push(h('span', { class: 'mark-depth', title: `Level ${depth + 1}` }, String(depth + 1)));
  if (hasError(m, line)) badges.push(errorMark(Boolean(errors.good[line])));
  if (texts.get(line)?.flaky) badges.push(flakyMark());
  if (below > 0) badges.push(h('span', { class: 'mark-below', title: `${count(below)} with an error below` }, count(below), h('span', {}, ' below')));
  const left = texts.get(line)?.left;
  if (left) badges.push(h('span', { class: 'mark-left', title: `${count(left)} lines under it are not in this file` }, `+${count(left)}`));
  return [...badges, ...signsOf(run, at(m.flags, line) & ~(FLAG.missing | FLAG.fold)).map(signMark)];
}
