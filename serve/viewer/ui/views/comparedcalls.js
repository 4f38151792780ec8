// The calls of two traces in one tree: what only one has, what takes longer.

import { bdi, h } from '../lib/dom.js';
import { counted, named } from '../lib/format.js';
import { treeOf } from '../model/comparetree.js';
import { difference, MEASURES } from './measures.js';

/** @typedef {import('../types').ComparedPath} ComparedPath */
/** @typedef {import('../types').Comparison} Comparison */

const CALL_MEASURES = MEASURES.slice(0, 3);
const DEEPEST = 30; // level that is indented

/** @param {Comparison} c */
export function callTree(c) {
  const { under, open } = treeOf(c.paths);
  const body = h('tbody', {});
  const toggle = (/** @type {number} */ i) => {
    if (!open.delete(i)) open.add(i);
    fill();
    const again = body.querySelector(`[data-path="${i}"]`);
    if (again instanceof HTMLElement) again.focus();
  };

  function fill() {
    /** @type {HTMLElement[]} */
    const rows = [];
    const visit = (/** @type {number} */ parent, /** @type {number} */ depth) => {
      for (const i of under.get(parent) ?? []) {
        const parts = under.get(i)?.length ?? 0;
        rows.push(row(/** @type {ComparedPath} */ (c.paths[i]), i, depth, parts === 0 ? null : open.has(i), () => toggle(i)));
        if (open.has(i)) visit(i, depth + 1);
      }
    };
    visit(-1, 0);
    body.replaceChildren(...rows);
  }
  fill();
  const heads = [['Calls', ''], ['Service', 'opt'], ['Compared', 'opt']].map(([t, cl]) => h('th', { rowspan: 2, scope: 'col', class: cl }, t ?? ''));
  return h('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Calls of both' },
    h('table', { class: 'table compared calls' },
      h('thead', {},
        h('tr', {}, ...heads, ...CALL_MEASURES.map(([, title]) => h('th', { colspan: 3, scope: 'colgroup' }, title))),
        h('tr', {}, ...CALL_MEASURES.flatMap(([, title]) => ['this', 'other', '±'].map((t) => h('th', { scope: 'col', class: t === '±' ? 'num' : 'num opt', 'data-of': title }, t))))),
      body),
    c.leftPaths ? h('p', { class: 'dim' }, `${counted(c.leftPaths, 'path')} that differ less left out.`) : null);
}

/**
 * @param {ComparedPath} p
 * @param {number} i its number
 * @param {number} depth
 * @param {boolean | null} open null where there is nothing to open
 * @param {() => void} toggle
 */
function row(p, i, depth, open, toggle) {
  const [cls, word] = change(p);
  const button = h('button', {
    type: 'button', class: 'toggle', disabled: open === null, 'data-path': i, 'aria-label': `What ${named(p.name)} calls`, 'aria-expanded': open === null ? undefined : String(open), onclick: toggle,
  }, open === null ? '' : open ? '▾' : '▸');
  const cell = h('td', { class: 'cut path' }, button, bdi(named(p.name)));
  cell.style.paddingLeft = `${8 + Math.min(depth, DEEPEST) * 14}px`;
  return h('tr', { class: cls }, cell, h('td', { class: 'cut opt' }, bdi(named(p.service))), h('td', { class: 'opt' }, word),
    ...CALL_MEASURES.flatMap(([key, , words]) => [
      h('td', { class: p.here[key] ? 'num opt' : 'num zero opt' }, words(p.here[key])), h('td', { class: p.there[key] ? 'num opt' : 'num zero opt' }, words(p.there[key])),
      difference(p.here[key] - p.there[key], words)]));
}

/**
 * How a call differs: a class, and a word.
 * @param {ComparedPath} p
 */
function change({ here, there }) {
  if (there.count === 0) return ['only-here', 'only in this'];
  if (here.count === 0) return ['only-there', 'only in the other'];
  if (here.total > there.total) return ['more', 'longer'];
  return here.total < there.total ? ['less', 'shorter'] : ['', ''];
}
