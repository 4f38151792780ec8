// The page of the run: its traces, what they add up to, and its files.

import { json } from '../lib/api.js';
import { bdi, h, inside, outside, showCurrent, webLinks } from '../lib/dom.js';
import { bytes, clock, count, counted, duration, named, relative, spansOf } from '../lib/format.js';
import { format, other } from '../state/address.js';
import { filesView, problemsView } from './files.js';
import { flameView } from './flame.js';
import { findBox, pager } from './lists.js';
import { empty, loading, message } from './message.js';
import { operationsView } from './operations.js';
import { servicesView } from './services.js';

/** @typedef {import('../types').State} State */
/** @typedef {import('../types').Summary} Summary */
/** @typedef {import('../main.js').App} App */

const VIEWS = [['', 'Traces'], ['operations', 'Operations'], ['flame', 'Flame graph'], ['services', 'Services'], ['files', 'Files'], ['problems', 'Problems']];
const PER_PAGE = 200;

/**
 * @param {App} app
 * @param {State} first
 * @returns {import('../main.js').Page}
 */
export function runPage(app, first) {
  const { run } = app;
  const ended = new AbortController();
  const { signal } = ended;
  let view = 'none';
  let listed = '';
  /** @type {ReturnType<typeof operationsView> | null} */
  let table = null;
  /** @type {ReturnType<typeof flameView> | null} */
  let graph = null;
  /** @type {ReturnType<typeof problemsView> | null} */
  let rows = null;
  let asking = new AbortController();
  const when = h('span', {});
  const tabs = h('nav', { class: 'tabs', 'aria-label': 'Views of the run' });
  const content = h('div', { class: 'content' });
  const list = h('div', { class: 'sheet' });
  const found = h('output', { class: 'found' });
  const order = h('select', { 'aria-label': 'Order of the traces' }, ...['newest', 'oldest', 'longest', 'shortest', 'spans', 'errors'].map((o) =>
    h('option', { value: o === 'newest' ? '' : o }, o === 'spans' ? 'most spans' : o === 'errors' ? 'most errors' : o + ' first')));
  const find = findBox(app, 'traces', '', { names: [], services: run.services.map((s) => s.name) }, signal, found, order);
  const tools = h('div', { class: 'tools' }, find.element,
    h('div', { class: 'group' }, h('button', { type: 'button', class: 'err', disabled: run.errors === 0, onclick: () => app.go({ ...app.state(), q: 'error', offset: 0 }, 'push') }, counted(run.errors, 'error')),
      h('button', { type: 'button', onclick: () => app.go({ ...app.state(), q: '', offset: 0 }, 'push') }, 'All')));
  order.addEventListener('change', () => app.go({ ...app.state(), order: order.value, offset: 0 }, 'replace'));

  const element = h('div', { class: 'page run-page' },
    run.note ? h('p', { class: 'note', role: 'status' }, run.note) : null,
    h('div', { class: 'run-head' }, h('h1', {}, bdi(run.title)),
      h('div', { class: 'trace-facts' },
        ...(run.runs.length > 0 ? [] : run.jobs.map((id, i) => inside(`/trace/${id}`, { class: 'whole' }, run.jobs.length > 1 ? `The whole job ${i + 1} in one trace` : 'The whole job in one trace'))),
        run.jobs.length === 2 ? inside(format({ ...other(first, { trace: run.jobs[1] ?? '', view: 'compare' }), compare: run.jobs[0] ?? '' }), { class: 'button whole' }, 'Compare the two') : null,
        run.spans > 0 ? h('span', {}, h('b', {}, duration(run.duration)), ' from ', when) : null,
        h('span', {}, spansOf(run.spans, run.jobSpans, run.jobs.length > 1 ? 'jobs' : 'job')), h('span', {}, counted(run.traces - run.jobs.length, 'trace')),
        h('span', { class: run.errors ? 'err' : '' }, counted(run.errors, 'error')),
        inside('/?view=files', {}, `${counted(run.files, 'file')}, ${bytes(run.bytes)}`),
        run.problems ? inside('/?view=problems', { class: 'warn' }, counted(run.problems, 'problem')) : null,
        ...run.marks.filter((k) => k.count > 0 && k.flag !== 'outside-parent').map((k) => h('span', { class: 'mark-odd', title: k.means }, `${count(k.count)} ${k.text}`)))),
    run.runs.length > 0 ? h('ul', { class: 'runs' }, ...run.runs.map((r) => h('li', {}, r.trace ? inside(`/trace/${r.trace}`, { class: 'whole' }, bdi(r.title)) : bdi(r.title),
      ...(r.run ? [outside(r.run, 'Prow')] : []), ...webLinks(r.links)))) : null,
    tabs, content);
  app.title(`${run.title} · prowtrace`);

  /** @param {State} s */
  function update(s) {
    if (s.trace) return false;
    when.textContent = clock(BigInt(run.start), s.zone, 0);
    tabs.replaceChildren(...VIEWS.map(([v, title]) => inside(format(other(s, { view: v ?? '' })), { 'aria-current': v === s.view ? 'page' : undefined }, title ?? '', v === 'problems' && run.problems ? h('span', { class: 'n' }, count(run.problems)) : null)));
    showCurrent(tabs);
    if (s.view !== view) {
      view = s.view;
      const to = (/** @type {string} */ q) => app.go(other(app.state(), { q }), 'push');
      if (view === 'operations') content.replaceChildren((table = operationsView(app, '', to, signal)).element);
      else if (view === 'flame') content.replaceChildren((graph = flameView(app, '', to, signal)).element);
      else if (view === 'services') content.replaceChildren(servicesView('', to, signal));
      else if (view === 'files') content.replaceChildren((rows = filesView(run, signal)).element);
      else if (view === 'problems') content.replaceChildren((rows = problemsView(signal)).element);
      else content.replaceChildren(tools, list);
    }
    if (view === '') void showTraces(s);
    if (view === 'operations') table?.update(s);
    if (view === 'flame') graph?.update(s);
    if (view === 'files' || view === 'problems') void rows?.update(s);
    return true;
  }

  /** @param {State} s */
  async function showTraces(s) {
    const wanted = [s.q, s.order, s.offset, s.zone].join('\n');
    find.show(s.q);
    order.value = s.order;
    if (wanted === listed) return;
    listed = wanted;
    asking.abort();
    asking = new AbortController();
    const mine = asking.signal;
    const slow = setTimeout(() => list.replaceChildren(loading('Looking…')), 300);
    try {
      const q = new URLSearchParams({ q: s.q, order: s.order || 'newest', offset: String(s.offset), limit: String(PER_PAGE) });
      const r = /** @type {{ traces: Summary[], total: number, offset: number }} */ (await json(`traces?${q}`, mine));
      found.textContent = s.q ? `${count(r.total)} found` : '';
      list.replaceChildren(...tracesTable(app, s, r));
    } catch (e) {
      if (!mine.aborted) list.replaceChildren(message(e));
    } finally {
      clearTimeout(slow);
    }
  }

  update(first);
  return {
    element, update,
    key(e) {
      if (!/^[1-6]$/.test(e.key)) return false;
      app.go(other(app.state(), { view: VIEWS[Number(e.key) - 1]?.[0] ?? '' }), 'push');
      return true;
    },
    leave() {
      ended.abort();
      asking.abort();
    },
  };
}

/**
 * @param {App} app
 * @param {State} s
 * @param {{ traces: Summary[], total: number, offset: number }} r
 */
function tracesTable(app, s, r) {
  const { run } = app;
  if (run.traces === 0) {
    return [empty('No spans in these files', run.files === 0 ? 'No file was given.' : inside('/?view=problems', {}, 'The problems say why.'))];
  }
  if (r.total === 0) return [empty('No trace matches', 'A trace is found when one and the same span meets all terms.')];
  const several = run.services.length > 1;
  const begin = BigInt(run.start);
  const body = r.traces.map((t) => {
    const from = Number(BigInt(t.start) - begin);
    const bar = h('i', { class: t.errors ? 'bad' : '' });
    bar.style.left = `${Math.min(Math.max((from / Math.max(run.duration, 1)) * 100, 0), 99.6)}%`;
    bar.style.width = `${Math.max((t.duration / Math.max(run.duration, 1)) * 100, 0.4)}%`;
    return h('tr', {},
      h('td', { class: 'cut t-name' }, t.errors ? h('span', { class: 'mark-error', title: counted(t.errors, 'error') }, '✕') : null,
        inside(format(other(s, { trace: t.id })), {}, bdi(named(t.name))), ' ', bdi([t.message, t.hint].filter(Boolean).join(' · '), { class: t.message ? 'n-hint said' : 'n-hint' })),
      several ? h('td', { class: 'cut opt' }, bdi(named(t.service))) : null,
      h('td', { class: 'num' }, count(t.spans)), h('td', { class: t.errors ? 'num err' : 'num zero' }, count(t.errors)),
      h('td', { class: 'num opt', title: clock(BigInt(t.start), s.zone, 9) }, relative(from, 1e8)), h('td', { class: 'num' }, duration(t.duration)),
      h('td', { class: 'where opt' }, h('span', { class: 'lane' }, bar)));
  });
  const heads = [['Trace', ''], ...(several ? [['Service', 'opt']] : []), ['Spans', 'num'], ['Errors', 'num'], ['Start', 'num opt'], ['Duration', 'num'], [`When, in ${duration(run.duration)}`, 'opt']];
  return [
    h('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Traces' },
      h('table', { class: 'table traces' }, h('thead', {}, h('tr', {}, ...heads.map(([t, c]) => h('th', { scope: 'col', class: c }, t ?? '')))), h('tbody', {}, ...body))),
    pager(s, r, r.traces.length, PER_PAGE),
  ];
}
