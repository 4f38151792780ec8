// Two runs as waterfalls in one another: each row has a bar of the other run above one of this
// run, and each phase begins at the same place for both.

import { bdi, h, inside } from '../lib/dom.js';
import { count, counted, duration, named } from '../lib/format.js';
import { numbersOf, shownRows, tone, treeOfRows } from '../model/phases.js';
import { format, other } from '../state/address.js';
import { bandName, rowWords } from './phasewords.js';

/** @typedef {import('../types').Address} Address */
/** @typedef {import('../types').Phases} Phases */
/** @typedef {import('../types').PairedBar} PairedBar */
/** @typedef {import('../types').Stop} Stop */
/** @typedef {import('../state/tracestore.js').TraceStore} TraceStore */
/** @typedef {{ from: number, width: number }} Scope the part of the axis that is shown */

const LEAST = 1; // % of the width that a phase needs to get its name at the top, for each letter

/**
 * @param {TraceStore} store
 * @param {Phases} d
 */
export function pairedPhases(store, d) {
  const tree = treeOfRows(d.rows);
  const open = new Set(d.rows.flatMap((r, i) => (r.open ? [i] : [])));
  const strip = h('div', { class: 'pw-strip' });
  const head = h('div', { role: 'rowgroup' }, h('div', { class: 'pw-row pw-head', role: 'row', 'aria-rowindex': '1' },
    ...['Phase', 'Other', 'This', 'Difference'].map((t, i) => h('div', { role: 'columnheader', class: CELLS[i] }, t)),
    h('div', { role: 'columnheader', class: 'pw-bars' }, h('span', { class: 'vh' }, 'Time'), strip)));
  const body = h('div', { role: 'rowgroup' });
  const grid = h('div', { class: 'pw', role: 'treegrid', tabindex: '0', 'aria-label': 'Phases of both runs', 'aria-colcount': '5' }, head, body);
  const whole = h('button', { type: 'button', onclick: () => store.widen(null) }, 'Whole time');
  let active = 0;
  let shown = /** @type {number[]} */ ([]);

  function draw() {
    const { address, stops } = store.state;
    const scope = scopeOf(d, address.frame);
    whole.hidden = address.frame === null;
    shown = shownRows(tree, open);
    const numbers = numbersOf(d, shown, stops);
    strip.replaceChildren(...bandNames(store, d, scope));
    body.replaceChildren(...shown.map((i, k) => row(d, i, { level: tree.depth[i] ?? 0, k, scope, address, numbers: numbers.get(i) ?? [], open: tree.below[i]?.length ? open.has(i) : null })));
    grid.setAttribute('aria-rowcount', String(shown.length + 1));
    activate(active, false);
  }

  /**
   * @param {number} i
   * @param {boolean} reveal
   */
  function activate(i, reveal) {
    active = shown.includes(i) ? i : shown.filter((k) => k <= i).pop() ?? 0;
    for (const el of body.children) el.classList.toggle('active', el.id === `pair-${active}`);
    const el = body.querySelector(`#pair-${active}`);
    if (el) grid.setAttribute('aria-activedescendant', el.id);
    if (el && reveal) el.scrollIntoView({ block: 'nearest' });
  }

  const toggle = (/** @type {number} */ i) => {
    if (!tree.below[i]?.length) return;
    if (!open.delete(i)) open.add(i);
    active = i;
    draw();
  };

  grid.addEventListener('click', (e) => {
    const el = e.target instanceof Element ? e.target.closest('.pw-row[data-row]') : null;
    if (!(el instanceof HTMLElement) || (e.target instanceof Element && e.target.closest('a'))) return;
    const i = Number(el.dataset.row);
    if (e.target instanceof Element && e.target.closest('.toggle')) toggle(i);
    activate(i, false);
  });
  grid.addEventListener('dblclick', (e) => {
    const el = e.target instanceof Element ? e.target.closest('.pw-row[data-row]') : null;
    if (el instanceof HTMLElement) store.widen(bandOf(d, Number(el.dataset.row)));
  });
  grid.addEventListener('keydown', (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey || (e.target !== grid && e.key === 'Enter')) return;
    const page = Math.max(Math.floor(grid.clientHeight / 40) - 2, 1);
    const by = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity }[e.key];
    const at = shown.indexOf(active);
    if (by !== undefined) activate(shown[Math.min(Math.max(at + by, 0), shown.length - 1)] ?? 0, true);
    else if (e.key === 'ArrowRight') {
      if (open.has(active) && tree.below[active]?.length) activate(shown[at + 1] ?? active, true);
      else toggle(active);
    } else if (e.key === 'ArrowLeft') {
      if (open.has(active) && tree.below[active]?.length) toggle(active);
      else if ((d.rows[active]?.parent ?? -1) >= 0) activate(d.rows[active]?.parent ?? 0, true);
    } else if (e.key === 'Enter') follow(body.querySelector(`#pair-${active}`), e.shiftKey);
    else if (e.key === 'z') store.widen(bandOf(d, active));
    else if (e.key === '0') store.widen(null);
    else return;
    e.preventDefault();
    e.stopPropagation();
  });
  return {
    element: h('div', { class: 'fill' },
      h('p', { class: 'pw-legend' },
        h('span', {}, h('i', { class: 'pw-bar there' }), ' above, outlined: the other run'), h('span', {}, h('i', { class: 'pw-bar here' }), ' below, filled: this run'),
        h('span', {}, h('i', { class: 'pw-gap' }), ' dashed: the phase is not in that run'), whole),
      grid,
      d.left > 0 ? h('p', { class: 'dim' }, `${counted(d.left, 'line')} left out: the deepest ones, or those after the first thousand below one line.`) : null),
    update: draw,
  };
}

const CELLS = ['pw-name', 'pw-num opt', 'pw-num opt', 'pw-diff'];

/**
 * @param {Phases} d
 * @param {number | null} band that takes the whole width
 * @returns {Scope}
 */
function scopeOf(d, band) {
  const b = band === null ? undefined : d.bands[band];
  return b ? { from: b.at, width: Math.max(b.width, 1) } : { from: 0, width: Math.max(d.length, 1) };
}

/**
 * The band that a row is in.
 * @param {Phases} d
 * @param {number} i
 */
function bandOf(d, i) {
  let at = i;
  for (let up = d.rows[at]?.parent ?? -1; up >= 0; up = d.rows[at]?.parent ?? -1) at = up;
  return at;
}

/**
 * Opens the span of a row in its own run.
 * @param {Element | null} el
 * @param {boolean} there in the other one
 */
function follow(el, there) {
  const links = [el?.querySelector('a.to-here'), el?.querySelector('a.to-there')];
  const link = there ? links[1] ?? links[0] : links[0] ?? links[1];
  if (link instanceof HTMLElement) link.click();
}

/**
 * The names of the phases where they begin, as far as they have room.
 * @param {TraceStore} store
 * @param {Phases} d
 * @param {Scope} scope
 */
function bandNames(store, d, scope) {
  return d.bands.flatMap((b, i) => {
    const [left, right] = [x(b.at, scope), x(b.at + b.width, scope)];
    if (right <= 0 || left >= 100) return [];
    const name = bandName(d, i);
    const room = right - left >= LEAST * Math.min(name.length, 4);
    const widen = () => store.widen(store.state.address.frame === i ? null : i);
    return [placed(h('button', { type: 'button', class: 'pw-band', tabindex: '-1', title: `${name}: show only this phase (z)`, onclick: widen }, room ? bdi(name) : h('span', { class: 'vh' }, bdi(name))), left, right)];
  });
}

/**
 * Where a place of the axis lies, in % of the width.
 * @param {number} at
 * @param {Scope} scope
 */
function x(at, { from, width }) {
  return ((at - from) / width) * 100;
}

/**
 * @template {HTMLElement} E
 * @param {E} el
 * @param {number} left %
 * @param {number} right %
 */
function placed(el, left, right) {
  el.style.left = `${Math.max(left, 0)}%`;
  el.style.width = `${Math.max(Math.min(right, 100) - Math.max(left, 0), 0)}%`;
  return el;
}

/**
 * @param {Phases} d
 * @param {number} i
 * @param {{ level: number, k: number, scope: Scope, address: Address, numbers: number[], open: boolean | null }} how
 */
function row(d, i, { level, k, scope, address, numbers, open }) {
  const r = /** @type {import('../types').PairedRow} */ (d.rows[i]);
  const band = d.bands[i];
  const name = band ? bandName(d, i) : named(r.name);
  const words = rowWords(d, i);
  const folded = r.here?.folded ?? r.there?.folded;
  const label = h('div', { class: 'pw-name', role: 'gridcell' },
    h('span', { class: 'toggle', 'aria-hidden': 'true' }, open === null ? '' : open ? '▾' : '▸'),
    h('span', { class: band ? 'pw-phase' : '' }, folded ? `${count(folded)} × ` : '', bdi(name)), r.service ? bdi(r.service, { class: 'n-hint' }) : null);
  label.style.paddingLeft = `${6 + Math.min(level, 20) * 14}px`;
  return h('div', {
    class: band ? 'pw-row phase' : 'pw-row', role: 'row', id: `pair-${i}`, 'data-row': i, 'aria-level': level + 1, 'aria-rowindex': k + 2, 'aria-expanded': open === null ? undefined : String(open),
  }, label,
  h('div', { class: 'pw-num opt', role: 'gridcell' }, took(address, d.there.id, r.there, band?.there?.took, 'there'), ...marks(r.there, [])),
  h('div', { class: 'pw-num opt', role: 'gridcell' }, took(address, d.here.id, r.here, band?.here?.took, 'here'), ...marks(r.here, numbers)),
  h('div', { class: `pw-diff ${tone((band?.here ?? r.here)?.took, (band?.there ?? r.there)?.took)}`, role: 'gridcell' }, words),
  h('div', { class: 'pw-bars', role: 'gridcell' }, h('span', { class: 'vh' }, `${name}: ${words}`), ...lines(d, scope), ...lane(d, i, 'there', scope), ...lane(d, i, 'here', scope)));
}

/**
 * How long something took, as a way to its span in its own run.
 * @param {Address} s
 * @param {string} trace
 * @param {PairedBar | undefined} b
 * @param {number | undefined} ofBand
 * @param {'here' | 'there'} side
 */
function took(s, trace, b, ofBand, side) {
  if (!b) return ofBand === undefined ? h('span', { class: 'zero' }, '–') : duration(ofBand);
  return inside(format(other(s, { trace, span: `@${b.line}` })), { class: `to-${side}`, tabindex: '-1', title: (side === 'here' ? 'The span in this run' : 'The span in the other run') + (b.said ? `: ${b.said}` : '') }, duration(b.took));
}

/**
 * @param {PairedBar | undefined} b
 * @param {number[]} numbers steps of the findings
 */
function marks(b, numbers) {
  if (!b) return [];
  return [
    ...numbers.map((n) => h('span', { class: n === 1 ? 'step-no first' : 'step-no', title: 'A step of the findings' }, String(n))),
    b.error ? h('span', { class: 'mark-error', title: 'The span itself has an error' }, '✕', h('span', { class: 'vh' }, ' error')) : null,
    b.below ? h('span', { class: 'mark-below', title: 'Errors under it that were not recovered' }, `${count(b.below)} below`) : null,
    b.noEnd ? h('span', { class: 'mark-odd', title: 'The span has no end: its process was killed' }, 'no end') : null,
  ];
}

/**
 * Where each phase begins.
 * @param {Phases} d
 * @param {Scope} scope
 */
function lines(d, scope) {
  return d.bands.slice(1).map((b) => x(b.at, scope)).filter((left) => left > 0 && left < 100).map((left) => {
    const el = h('i', { class: 'pw-line', 'aria-hidden': 'true' });
    el.style.left = `${left}%`;
    return el;
  });
}

/**
 * The bar of a run in a row; of a phase that it has not, the gap.
 * @param {Phases} d
 * @param {number} i
 * @param {'here' | 'there'} side
 * @param {Scope} scope
 */
function lane(d, i, side, scope) {
  const b = d.rows[i]?.[side];
  const band = d.bands[i];
  if (b || band?.[side]) {
    const [at, to] = b ? [b.at, b.to] : [band?.at ?? 0, band?.[side]?.until ?? 0];
    const [left, right] = [x(at, scope), x(to, scope)];
    if (right < 0 || left > 100) return [];
    return [placed(h('i', { class: ['pw-bar', side, b?.error && 'bad', !b && 'outside', b?.noEnd && 'unfinished'].filter(Boolean).join(' ') }), left, right)];
  }
  if (!band) return [];
  const [left, right] = [x(band.at, scope), x(band.at + band.width, scope)];
  if (right < 0 || left > 100) return [];
  return [placed(h('span', { class: `pw-gap ${side}`, 'aria-hidden': 'true' }, side === 'here' ? 'not in this run' : 'not in the other'), left, right)];
}
