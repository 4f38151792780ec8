// The files that the traces were read from, and what was wrong with them.

import { changes } from '../lib/changes.js';
import { bdi, h, inside, outside } from '../lib/dom.js';
import { bytes, count } from '../lib/format.js';
import { format, other } from '../state/address.js';
import { FILES_PER_PAGE } from '../state/runstore.js';
import { head, pager, scrolledTable } from './lists.js';
import { drawAnswer, empty } from './message.js';

/** @typedef {import('../types').Address} Address */
/** @typedef {import('../types').Problem} Problem */
/** @typedef {import('../types').RunFile} RunFile */
/** @typedef {import('../types').RunState} RunState */

/** @param {import('../types').Run} run */
export function filesPane(run) {
  const several = run.runs.length > 1;
  const title = (/** @type {RunFile} */ f) => run.runs.find((r) => r.trace && r.trace === f.trace)?.title ?? '';
  const heads = () => [head('File'), ...(several ? [head('Run')] : []), head('Size', 'num'), head('Spans', 'num'), head('Problems', 'num')];
  const row = (/** @type {RunFile} */ f) => h('tr', {},
    h('td', { class: 'wrap' }, link(f.name, f.url)), several ? h('td', { class: 'cut' }, bdi(title(f))) : null,
    h('td', { class: 'num' }, bytes(f.bytes)), h('td', { class: f.spans ? 'num' : 'num zero' }, count(f.spans)),
    h('td', { class: f.problems ? 'num err' : 'num zero' }, f.problems ? inside('/?view=problems', {}, count(f.problems)) : count(0)));
  return listPane((s) => s.files, (list, address) => (list.total === 0 ? [empty('No file was given')]
    : [scrolledTable('Files', 'files', heads(), list.files.map(row)), pager(address, list, list.files.length, FILES_PER_PAGE)]));
}

export function problemsPane() {
  const heads = () => [head('File'), head('At byte', 'num'), head('What'), head('Spans kept', 'num')];
  const row = (/** @type {Problem} */ p, /** @type {Address} */ address) => h('tr', {},
    h('td', { class: 'wrap' }, link(p.source, p.url)), h('td', { class: 'num' }, p.beside ? '' : count(p.offset)),
    h('td', { class: 'wrap' }, bdi(p.what), ...(p.trace ? [' ', inside(format(other(address, { trace: p.trace, span: p.span ?? '' })), {}, 'Show the span')] : [])),
    h('td', { class: 'num' }, p.beside || p.trace ? '' : count(p.kept)));
  return listPane((s) => s.problems, (list, address) => (list.total === 0 ? [empty('Nothing was wrong with the files')]
    : [scrolledTable('Problems', 'problems', heads(), list.problems.map((p) => row(p, address))), pager(address, list, list.problems.length, FILES_PER_PAGE)]));
}

/**
 * @param {string} name
 * @param {string | undefined} url
 */
function link(name, url) {
  return url ? outside(url, name) : bdi(name);
}

/**
 * @template T
 * @param {(s: RunState) => import('../types').Answer<T>} answer
 * @param {(value: T, address: import('../types').Address) => Node[]} draw
 */
function listPane(answer, draw) {
  const element = h('div', { class: 'sheet' });
  const changed = changes();
  return {
    element,
    /** @param {RunState} s */
    update(s) {
      if (changed(answer(s), s.address)) drawAnswer(element, answer(s), 'Loading…', (value) => draw(value, s.address));
    },
  };
}
