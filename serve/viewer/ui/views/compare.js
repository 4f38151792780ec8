// Two traces beside each other: this one and another of the run, by operation
// or as one tree of calls.

import { json } from '../lib/api.js';
import { bdi, h, inside } from '../lib/dom.js';
import { clock, count, counted, duration, named } from '../lib/format.js';
import { treeOf } from '../model/comparetree.js';
import { term } from '../model/query.js';
import { format, other } from '../state/address.js';
import { empty, loading, message } from './message.js';

/** @typedef {import('../types').State} State */
/** @typedef {import('../types').Summary} Summary */
/** @typedef {import('../types').Comparison} Comparison */
/** @typedef {import('../types').ComparedPath} ComparedPath */
/** @typedef {import('../types').Sums} Sums */
/** @typedef {import('../main.js').App} App */

/** @type {[keyof Sums, string, (n: number) => string][]} */
const MEASURES = [['count', 'Count', count], ['errors', 'Errors', count], ['total', 'Total', duration], ['self', 'Self', duration]];

/**
 * @param {App} app
 * @param {Summary} head of this trace
 * @param {AbortSignal} signal
 */
export function compareView(app, head, signal) {
  const box = h('div', { class: 'sheet' });
  let shown = '\n';
  /** @type {Comparison | null} */
  let c = null;

  /** @param {State} s */
  async function update(s) {
    const wanted = format(s); // which the links are made of, too
    if (wanted === shown) return;
    shown = wanted;
    if (s.compare === '') {
      c = null;
      box.replaceChildren(...chooser(app, head, signal));
      return;
    }
    if (c?.there.id !== s.compare) {
      c = null;
      box.replaceChildren(loading('Comparing…'));
      try {
        c = /** @type {Comparison} */ (await json(`traces/${head.id}/compare?with=${encodeURIComponent(s.compare)}`, signal));
      } catch (e) {
        if (!signal.aborted && shown === wanted) box.replaceChildren(message(e));
        return;
      }
    }
    if (shown === wanted) box.replaceChildren(...pair(app, c), s.order === 'calls' ? callTree(c) : operations(app, c));
  }
  return { element: box, update };
}

/**
 * The two traces, and in what way they are set beside each other.
 * @param {App} app
 * @param {Comparison} c
 */
function pair(app, c) {
  const s = app.state();
  const one = (/** @type {string} */ label, /** @type {Summary} */ t, /** @type {Summary} */ than) => h('tr', {},
    h('th', { scope: 'row' }, label),
    h('td', { class: 'cut' }, inside(format(other(s, { trace: t.id })), {}, bdi(named(t.name))), ' ', bdi(t.hint ?? '', { class: 'n-hint' })),
    h('td', { class: 'num' }, duration(t.duration)), h('td', { class: 'num' }, counted(t.spans, 'span')),
    h('td', { class: t.errors ? 'num err' : 'num' }, counted(t.errors, 'error')), h('td', { class: 'num opt' }, clock(BigInt(t.start), s.zone, 0)),
    h('td', { class: 'num opt' }, t.duration > than.duration ? `${duration(t.duration - than.duration)} longer` : ''));
  const way = h('select', { 'aria-label': 'How to compare' }, h('option', { value: '' }, 'By operation'), h('option', { value: 'calls' }, 'As a tree of calls'));
  way.value = s.order === 'calls' ? 'calls' : '';
  way.addEventListener('change', () => app.go({ ...app.state(), order: way.value }, 'push'));
  return [
    h('div', { class: 'scroll pair', tabindex: '0', role: 'region', 'aria-label': 'The two traces' }, h('table', { class: 'table' }, h('tbody', {}, one('this', c.here, c.there), one('other', c.there, c.here)))),
    h('div', { class: 'tools' }, h('div', { class: 'group' }, way,
      inside(format({ ...s, compare: '' }), { class: 'button' }, 'Another trace'),
      inside(format(other(s, { trace: c.there.id, view: 'compare', compare: c.here.id, order: s.order })), { class: 'button' }, 'Swap')),
    h('span', { class: 'dim' }, '+ is more in this trace, − more in the other.' + (s.order === 'calls' ? '' : ' Numbers lead to their spans.'))),
  ];
}

/**
 * @param {App} app
 * @param {Comparison} c
 */
function operations(app, c) {
  if (c.operations.length === 0) return empty('No spans to compare');
  const s = app.state();
  const by = /^(name|count|errors|total)$/.test(s.order) ? s.order : 'self';
  const sorted = [...c.operations].sort((a, b) => {
    if (by === 'name') return a.name.localeCompare(b.name);
    const key = /** @type {keyof Sums} */ (by);
    return Math.abs(b.here[key] - b.there[key]) - Math.abs(a.here[key] - a.there[key]);
  });
  const sort = (/** @type {string} */ key, /** @type {string} */ title) => h('button', { type: 'button', onclick: () => app.go({ ...app.state(), order: key === 'self' ? '' : key }, 'replace') }, title);
  const row = (/** @type {import('../types').ComparedOperation} */ o) => {
    const link = (/** @type {Summary} */ t, /** @type {string} */ terms, /** @type {string} */ text) => (o.exact ? inside(format(other(s, { trace: t.id, q: terms, mode: 'filter' })), { title: 'Show its spans' }, text) : text);
    const cells = MEASURES.flatMap(([key, , words]) => {
      const number = (/** @type {Summary} */ t, /** @type {Sums} */ x, /** @type {string} */ service) => {
        const q = `${term('name', '=', o.name)} ${term('service', '=', service)}`;
        return h('td', { class: x[key] ? 'num opt' : 'num zero opt' }, x.count > 0 && (key === 'count' || (key === 'errors' && x.errors > 0)) ? link(t, key === 'errors' ? q + ' error' : q, words(x[key])) : words(x[key]));
      };
      return [number(c.here, o.here, o.hereService ?? o.service), number(c.there, o.there, o.thereService ?? o.service), difference(o.here[key] - o.there[key], words)];
    });
    return h('tr', {}, h('td', { class: 'cut' }, bdi(named(o.name))), h('td', { class: 'cut opt' }, bdi(named(o.service))), ...cells);
  };
  const sorting = (/** @type {string} */ key) => ({ scope: 'col', 'aria-sort': key === by ? (key === 'name' ? 'ascending' : 'descending') : 'none' });
  return h('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Operations of both' },
    h('table', { class: 'table compared' },
      h('thead', {},
        h('tr', {}, h('th', { rowspan: 2, ...sorting('name') }, sort('name', 'Operation')), h('th', { rowspan: 2, scope: 'col', class: 'opt' }, 'Service'), ...MEASURES.map(([, title]) => h('th', { colspan: 3, scope: 'colgroup' }, title))),
        h('tr', {}, ...MEASURES.flatMap(([key, title]) => [h('th', { scope: 'col', class: 'num opt' }, 'this'), h('th', { scope: 'col', class: 'num opt' }, 'other'), h('th', { class: 'num', 'data-of': title, ...sorting(key) }, sort(key, '±'))]))),
      h('tbody', {}, ...sorted.map(row))),
    c.leftOperations ? h('p', { class: 'dim' }, `${counted(c.leftOperations, 'operation')} that differ less left out.`) : null);
}

/**
 * @param {number} by
 * @param {(n: number) => string} words
 */
function difference(by, words) {
  return h('td', { class: by > 0 ? 'num diff more' : by < 0 ? 'num diff less' : 'num diff zero' }, by === 0 ? '=' : (by > 0 ? '+' : '−') + words(Math.abs(by)));
}

/**
 * The calls of both traces in one tree: what only one has, what takes longer.
 * @param {Comparison} c
 */
function callTree(c) {
  const { under, open } = treeOf(c.paths);
  const body = h('tbody', {});
  const change = (/** @type {ComparedPath} */ p) => p.there.count === 0 ? ['only-here', 'only in this'] : p.here.count === 0 ? ['only-there', 'only in the other']
    : p.here.total > p.there.total ? ['more', 'longer'] : p.here.total < p.there.total ? ['less', 'shorter'] : ['', ''];

  function fill() {
    /** @type {HTMLElement[]} */
    const rows = [];
    const visit = (/** @type {number} */ parent, /** @type {number} */ depth) => {
      for (const i of under.get(parent) ?? []) {
        const p = /** @type {ComparedPath} */ (c.paths[i]);
        const [cls, word] = change(p);
        const parts = under.get(i)?.length ?? 0;
        const toggle = h('button', { type: 'button', class: 'toggle', disabled: parts === 0, 'data-path': i, 'aria-label': `What ${named(p.name)} calls`, 'aria-expanded': parts === 0 ? undefined : String(open.has(i)), onclick: () => {
          if (!open.delete(i)) open.add(i);
          fill();
          const again = body.querySelector(`[data-path="${i}"]`);
          if (again instanceof HTMLElement) again.focus();
        } }, parts === 0 ? '' : open.has(i) ? '▾' : '▸');
        const cell = h('td', { class: 'cut path' }, toggle, bdi(named(p.name)));
        cell.style.paddingLeft = `${8 + Math.min(depth, 30) * 14}px`;
        rows.push(h('tr', { class: cls }, cell, h('td', { class: 'cut opt' }, bdi(named(p.service))), h('td', { class: 'opt' }, word),
          ...MEASURES.slice(0, 3).flatMap(([key, , words]) => [h('td', { class: p.here[key] ? 'num opt' : 'num zero opt' }, words(p.here[key])), h('td', { class: p.there[key] ? 'num opt' : 'num zero opt' }, words(p.there[key])), difference(p.here[key] - p.there[key], words)])));
        if (open.has(i)) visit(i, depth + 1);
      }
    };
    visit(-1, 0);
    body.replaceChildren(...rows);
  }
  fill();
  return h('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Calls of both' },
    h('table', { class: 'table compared calls' },
      h('thead', {},
        h('tr', {}, ...[['Calls', ''], ['Service', 'opt'], ['Compared', 'opt']].map(([t, cl]) => h('th', { rowspan: 2, scope: 'col', class: cl }, t ?? '')), ...MEASURES.slice(0, 3).map(([, title]) => h('th', { colspan: 3, scope: 'colgroup' }, title))),
        h('tr', {}, ...MEASURES.slice(0, 3).flatMap(([, title]) => ['this', 'other', '±'].map((t) => h('th', { scope: 'col', class: t === '±' ? 'num' : 'num opt', 'data-of': title }, t))))),
      body),
    c.leftPaths ? h('p', { class: 'dim' }, `${counted(c.leftPaths, 'path')} that differ less left out.`) : null);
}

/**
 * The list to choose the other trace from.
 * @param {App} app
 * @param {Summary} head
 * @param {AbortSignal} signal
 */
function chooser(app, head, signal) {
  const s = app.state();
  const to = (/** @type {string} */ id) => format(other(s, { trace: head.id, view: 'compare', compare: id }));
  const list = h('div', { class: 'sheet' }, loading('Looking…'));
  const input = h('input', { type: 'search', class: 'find', placeholder: 'Find the trace to compare with', 'aria-label': 'Find the trace to compare with', spellcheck: 'false', autocomplete: 'off' });
  const jobs = app.run.jobs.filter((id) => id !== head.id);
  let typing = 0;
  let asking = new AbortController();
  const ask = async () => {
    asking.abort();
    const mine = (asking = new AbortController());
    try {
      const q = new URLSearchParams({ q: input.value.trim(), order: 'longest', limit: '100' });
      const r = /** @type {{ traces: Summary[] }} */ (await json(`traces?${q}`, mine.signal));
      if (mine.signal.aborted || signal.aborted) return;
      const others = r.traces.filter((t) => t.id !== head.id);
      list.replaceChildren(others.length === 0 ? empty('No other trace', input.value ? 'Search for something else.' : 'This run has one trace only. Give prowtrace two runs to compare one with the other.')
        : h('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Traces to compare with' }, h('table', { class: 'table choose' },
          h('thead', {}, h('tr', {}, ...['Trace', 'Spans', 'Errors', 'Duration'].map((t, i) => h('th', { scope: 'col', class: i ? 'num' : '' }, t)))),
          h('tbody', {}, ...others.map((t) => h('tr', {}, h('td', { class: 'cut t-name' }, inside(to(t.id), {}, bdi(named(t.name))), ' ', bdi([t.message, t.hint].filter(Boolean).join(' · '), { class: 'n-hint' })),
            h('td', { class: 'num' }, count(t.spans)), h('td', { class: t.errors ? 'num err' : 'num zero' }, count(t.errors)), h('td', { class: 'num' }, duration(t.duration))))))));
    } catch (e) {
      if (!mine.signal.aborted && !signal.aborted) list.replaceChildren(message(e));
    }
  };
  input.addEventListener('input', () => {
    clearTimeout(typing);
    typing = setTimeout(ask, 250);
  });
  void ask();
  return [
    h('div', { class: 'tools' }, h('div', { class: 'group find-group', role: 'search' }, input),
      h('div', { class: 'group' }, ...jobs.map((id, i) => inside(to(id), { class: 'button' }, app.run.runs.find((r) => r.trace === id)?.title ?? (jobs.length > 1 ? `Another job ${i + 1}` : 'The other job')))),
      jobs.length === 0 ? h('span', { class: 'dim' }, 'Two runs are compared by ', h('code', {}, 'prowtrace GOOD BAD')) : null),
    list,
  ];
}
