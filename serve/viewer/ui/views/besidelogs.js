// Two logs side by side: lines that are the same stand in one row, and what is new in this
// run's log is marked.

import { changes } from '../lib/changes.js';
import { bdi, h, inside } from '../lib/dom.js';
import { bytes, count, counted } from '../lib/format.js';
import { besideAt } from '../model/beside.js';
import { hasLine } from '../model/loglines.js';
import { BesideStore } from '../state/besidestore.js';
import { format, other } from '../state/address.js';
import { pieces, timeOf } from './loggrid.js';
import { Scroller } from './scroller.js';

/** @typedef {import('../types').BesideLog} BesideLog */
/** @typedef {import('../types').LogDifference} LogDifference */
/** @typedef {import('../state/tracestore.js').TraceStore} TraceStore */
/** @typedef {'here' | 'there'} Side */

const NARROW = 700; // px; lines of the two logs stand one above the other
const ROW = 18; // px of a line
const SIDES = /** @type {Side[]} */ (['there', 'here']);

/** What lines of a log that are not the same in both are marked with, and the words for it. */
const SIGNS = { here: ['+', 'new: the other log has it nowhere'], there: ['−', 'only in the other run'], elsewhere: ['↕', 'in the other log at another place'] };

/**
 * @param {TraceStore} trace
 * @param {LogDifference} d
 */
export function besideLogs(trace, d) {
  const store = new BesideStore(trace, d);
  const grid = new BesideGrid(store);
  const chosen = chosenRow(store);
  const fold = h('button', { type: 'button', onclick: () => store.showAll() });
  const button = (/** @type {string} */ label, /** @type {string} */ title, /** @type {() => void} */ act) => h('button', { type: 'button', class: 'small', title, 'aria-label': title, onclick: act }, label);
  const head = h('div', { class: 'beside-head' },
    h('b', {}, counted(d.here.count, 'new line')), button('↑', 'Previous new lines (N)', () => store.step(-1, 'here')), button('↓', 'Next new lines (n)', () => store.step(1, 'here')),
    h('span', {}, `${count(d.there.count)} only in the other`), button('↑', 'Previous lines that are only in the other (X)', () => store.step(-1, 'there')), button('↓', 'Next lines that are only in the other (x)', () => store.step(1, 'there')),
    fold, h('span', { class: 'dim' }, h('b', {}, '+'), ' new  ', h('b', {}, '−'), ' only in the other  ', h('b', {}, '↕'), ' in both, at another place'));
  const notes = [d.cut && 'These logs are longer, or differ more often, than is compared: their ends stand beside each other as they come.',
    ...SIDES.map((side) => d[side].missing && `${bytes(d[side].missing ?? 0)} of ${side === 'here' ? 'this' : 'the other'} log are missing, and not compared.`)].filter((n) => typeof n === 'string');
  const names = h('div', { class: 'beside-names' }, ...SIDES.map((side) => logChoice(trace, d, side)));
  grid.element.addEventListener('keydown', (e) => key(e, store, grid));
  const update = () => {
    fold.textContent = store.state.all ? 'Fold what is the same' : 'Show all lines';
    grid.update();
    chosen.update();
  };
  store.subscribe(update);
  update();
  return {
    element: h('section', { class: 'fill beside-logs', 'aria-label': 'Both logs' }, head, ...notes.map((n) => h('p', { class: 'dim' }, n)), names, grid.element, chosen.element),
    /** @param {import('../types').Address} address */
    update(address) {
      store.follow(address);
    },
  };
}

/**
 * The name of a log, or the choice among those of its run.
 * @param {TraceStore} trace
 * @param {LogDifference} d
 * @param {Side} side
 */
function logChoice(trace, d, side) {
  const l = d[side];
  const label = side === 'here' ? 'This run’s log' : 'The other run’s log';
  const choice = h('select', { 'aria-label': label }, ...l.names.map((n) => h('option', { value: n }, n)));
  choice.value = l.name;
  choice.addEventListener('change', () => trace.change(side === 'here' ? { log: choice.value, olog: '' } : { log: d.here.name, olog: choice.value }, 'push'));
  return h('div', {}, h('span', { class: 'dim' }, side === 'here' ? 'this ' : 'other '), l.names.length > 1 ? choice : h('b', {}, bdi(l.name)), h('span', { class: 'dim' }, ` ${counted(l.lines, 'line')}`));
}

/**
 * @param {KeyboardEvent} e
 * @param {BesideStore} store
 * @param {BesideGrid} grid
 */
function key(e, store, grid) {
  if (e.ctrlKey || e.metaKey || e.altKey) return;
  const page = grid.pageSize();
  const by = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity }[e.key];
  const step = /** @type {Record<string, [1 | -1, Side] | undefined>} */ ({ n: [1, 'here'], N: [-1, 'here'], x: [1, 'there'], X: [-1, 'there'] })[e.key];
  if (by !== undefined) store.select(store.state.row + by);
  else if (step) store.step(...step);
  else if (e.key === 'Enter' && store.active.folded > 0) store.open(store.active.block);
  else if (e.key === 'ArrowLeft' || e.key === 'ArrowRight') grid.shift(e.key === 'ArrowLeft' ? -80 : 80);
  else return;
  e.preventDefault();
  e.stopPropagation();
}

/**
 * What a line that is not the same in both is marked with.
 * @param {BesideStore} store
 * @param {Side} side
 * @param {number} line
 */
function signOf(store, side, line) {
  return SIGNS[hasLine(store.state.only[side], line) ? side : 'elsewhere'];
}

/** The rows on the screen, which are drawn anew as it is scrolled. */
class BesideGrid {
  #rows = h('div', { class: 'log-rows', role: 'rowgroup' });
  #layer = h('div', { class: 'log-layer', role: 'presentation' }, this.#rows);
  #space = h('div', { class: 'log-space', role: 'presentation' }, this.#layer);
  #store;
  #scroller;
  #frame = 0;
  #shift = 0;
  #changedRow = changes();

  /** @param {BesideStore} store */
  constructor(store) {
    this.#store = store;
    this.element = h('div', { class: 'log beside-log', role: 'grid', tabindex: '0', 'aria-colcount': '2', 'aria-label': 'Lines of both logs' }, this.#space);
    this.#scroller = new Scroller(this.element, this.#space, ROW, 0);
    this.element.addEventListener('scroll', () => this.#schedule(), { passive: true });
    this.element.addEventListener('click', (e) => {
      const row = e.target instanceof Element && !e.target.closest('a') ? e.target.closest('.beside-row') : null;
      if (!(row instanceof HTMLElement) || !(getSelection()?.isCollapsed ?? true)) return;
      store.select(Number(row.dataset.row));
      if (store.active.folded > 0) store.open(store.active.block);
    });
    const observer = new ResizeObserver(() => this.update(true));
    observer.observe(this.element);
    store.trace.ended.addEventListener('abort', () => {
      observer.disconnect();
      cancelAnimationFrame(this.#frame);
    });
  }

  /** @param {boolean} [resized] */
  update(resized = false) {
    const { rows, row } = this.#store.state;
    this.#scroller.row = innerWidth < NARROW ? 2 * ROW : ROW;
    this.#scroller.setRows(rows.n);
    if (this.#changedRow(row, rows) || resized) this.#scroller.reveal(row);
    this.#schedule();
  }

  /** Rows to go on by when a page is turned. */
  pageSize() {
    return Math.max(this.#scroller.fits - 2, 1);
  }

  /** @param {number} by px that the texts are moved to the left */
  shift(by) {
    this.#shift = Math.max(this.#shift + by, 0);
    this.element.style.setProperty('--shift', `${-this.#shift}px`);
  }

  #schedule() {
    if (this.#frame === 0) this.#frame = requestAnimationFrame(() => this.#draw());
  }

  #draw() {
    this.#frame = 0;
    const { rows, row } = this.#store.state;
    const { top, fits, row: height } = this.#scroller;
    this.#layer.style.height = `${this.element.clientHeight}px`;
    const first = Math.floor(top / height);
    const shown = Array.from({ length: Math.max(Math.min(fits + 2, rows.n - first), 0) }, (_, i) => ({ k: first + i, at: besideAt(rows, first + i) }));
    for (const side of SIDES) this.#store.want(side, shown.map(({ at }) => at[side]));
    this.#rows.replaceChildren(...shown.map(({ k, at }) => {
      const el = this.#row(k, at, k === row);
      el.style.transform = `translateY(${k * height - top}px)`;
      return el;
    }));
    this.element.setAttribute('aria-rowcount', String(rows.n));
    if (row >= first && row < first + shown.length) this.element.setAttribute('aria-activedescendant', `beside-${row}`);
    else this.element.removeAttribute('aria-activedescendant');
  }

  /**
   * @param {number} k
   * @param {import('../types').BesideRow} at
   * @param {boolean} active
   */
  #row(k, at, active) {
    const props = { role: 'row', id: `beside-${k}`, 'data-row': k, 'aria-rowindex': k + 1 };
    if (at.folded > 0) {
      return h('div', { ...props, class: active ? 'beside-row fold active' : 'beside-row fold' },
        h('span', { class: 'beside-fold', role: 'gridcell', 'aria-colspan': '2' }, `⋯ ${counted(at.folded, 'line')} the same in both: Enter or a click shows them`));
    }
    return h('div', { ...props, class: ['beside-row', active && 'active', !at.same && 'differs'].filter(Boolean).join(' ') }, ...SIDES.map((side) => this.#cell(side, at[side], at.same)));
  }

  /**
   * @param {Side} side
   * @param {number} n
   * @param {boolean} same
   */
  #cell(side, n, same) {
    if (n === 0) return h('span', { class: `beside-cell ${side} none`, role: 'gridcell' });
    const l = this.#store.line(side, n);
    const [sign, words] = same ? ['', ''] : /** @type {[string, string]} */ (signOf(this.#store, side, n));
    const kind = { '+': 'new', '−': 'gone', '↕': 'elsewhere' }[sign] ?? '';
    const { address } = this.#store.trace.state;
    const log = this.#store.state.difference[side];
    return h('span', { class: `beside-cell ${side} ${kind}`, role: 'gridcell' },
      inside(format(other(address, { trace: log.trace, log: `${log.name}:${n}` })), { class: 'beside-no', tabindex: '-1', title: side === 'here' ? 'The line in this run' : 'The line in the other run' }, (l?.inexact ? '≥ ' : '') + n),
      h('span', { class: 'beside-sign', title: words || undefined }, h('span', { 'aria-hidden': 'true' }, sign), words ? h('span', { class: 'vh' }, `${words}: `) : null),
      h('span', { class: 'beside-text' }, h('span', {}, ...(l ? pieces(l) : []))));
  }
}

/**
 * Both lines of the active row, whole, and ways to their runs.
 * @param {BesideStore} store
 */
function chosenRow(store) {
  const element = h('div', { class: 'log-line beside-chosen' });
  return {
    element,
    update() {
      const { difference: d, zone } = store.state;
      const at = store.active;
      element.hidden = at.folded > 0 || (at.here === 0 && at.there === 0);
      element.replaceChildren(...SIDES.map((side) => {
        const n = at[side];
        if (n === 0) return h('div', { class: 'dim' }, side === 'here' ? 'nothing in this run' : 'nothing in the other run');
        const l = store.line(side, n);
        const words = at.same ? '' : signOf(store, side, n)[1];
        return h('div', {}, h('p', { class: 'log-line-facts' }, h('b', {}, `${side === 'here' ? 'This' : 'Other'}, line ${count(n)}`), l ? h('span', { class: 'dim' }, timeOf(l, zone)) : null, words ? h('span', {}, words) : null,
          inside(format(other(store.trace.state.address, { trace: d[side].trace, log: `${d[side].name}:${n}` })), {}, side === 'here' ? 'In this run' : 'In the other run')),
        h('pre', { class: 'value', tabindex: '0', 'aria-label': side === 'here' ? 'The line of this run' : 'The line of the other run' }, ...(l ? pieces(l) : [])));
      }));
    },
  };
}
