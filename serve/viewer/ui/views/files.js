// The files that the traces were read from, and what was wrong with them.

import { json } from '../lib/api.js';
import { bdi, h, inside, outside } from '../lib/dom.js';
import { bytes, count } from '../lib/format.js';
import { pager } from './lists.js';
import { empty, loading, message } from './message.js';

/** @typedef {import('../types').RunFile} RunFile */
/** @typedef {import('../types').Problem} Problem */
/** @typedef {import('../types').State} State */

const PER_PAGE = 500;

/**
 * @param {import('../types').Run} run
 * @param {AbortSignal} signal
 */
export function filesView(run, signal) {
  const several = run.runs.length > 1;
  const title = (/** @type {RunFile} */ f) => run.runs.find((r) => r.trace && r.trace === f.trace)?.title ?? '';
  return listView('files', signal, 'No file was given', 'Files', [['File'], ...(several ? [['Run']] : []), ['Size', 'num'], ['Spans', 'num'], ['Problems', 'num']],
    (/** @type {RunFile} */ f) => [
      h('td', { class: 'wrap' }, where(f.name, f.url)), ...(several ? [h('td', { class: 'cut' }, bdi(title(f)))] : []),
      h('td', { class: 'num' }, bytes(f.bytes)), h('td', { class: f.spans ? 'num' : 'num zero' }, count(f.spans)),
      h('td', { class: f.problems ? 'num err' : 'num zero' }, f.problems ? inside('/?view=problems', {}, count(f.problems)) : count(0))]);
}

/** @param {AbortSignal} signal */
export function problemsView(signal) {
  return listView('problems', signal, 'Nothing was wrong with the files', 'Problems', [['File'], ['At byte', 'num'], ['What'], ['Spans kept', 'num']],
    (/** @type {Problem} */ p) => [h('td', { class: 'wrap' }, where(p.source, p.url)), h('td', { class: 'num' }, count(p.offset)), h('td', { class: 'wrap' }, bdi(p.what)), h('td', { class: 'num' }, count(p.kept))]);
}

/**
 * @param {string} name
 * @param {string | undefined} url
 */
function where(name, url) {
  return url ? outside(url, name) : bdi(name);
}

/**
 * A table of what the server lists under a name.
 * @template T
 * @param {'files' | 'problems'} path
 * @param {AbortSignal} signal
 * @param {string} none
 * @param {string} label
 * @param {string[][]} heads texts and classes
 * @param {(entry: T) => HTMLElement[]} cells
 */
function listView(path, signal, none, label, heads, cells) {
  const box = h('div', { class: 'sheet' }, loading('Loading…'));
  let shown = -1;

  /** @param {State} s */
  async function update(s) {
    if (s.offset === shown) return;
    shown = s.offset;
    try {
      const r = /** @type {{ total: number, offset: number } & Record<string, T[]>} */ (await json(`${path}?offset=${s.offset}&limit=${PER_PAGE}`, signal));
      if (shown !== s.offset) return;
      const entries = r[path] ?? [];
      if (r.total === 0) {
        box.replaceChildren(empty(none));
        return;
      }
      box.replaceChildren(h('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': label }, h('table', { class: `table ${path}` },
        h('thead', {}, h('tr', {}, ...heads.map(([text, cls]) => h('th', { scope: 'col', class: cls }, text)))),
        h('tbody', {}, ...entries.map((e) => h('tr', {}, ...cells(e)))))),
      pager(s, r, entries.length, PER_PAGE));
    } catch (e) {
      if (!signal.aborted && shown === s.offset) box.replaceChildren(message(e));
    }
  }
  return { element: box, update };
}
