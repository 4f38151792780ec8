// The page of the run: its traces, what they add up to, and its files.

import { changes } from '../lib/changes.js';
import { bdi, h, inside, outside, webLinks } from '../lib/dom.js';
import { bytes, clock, count, counted, duration, spansOf } from '../lib/format.js';
import { format, other } from '../state/address.js';
import { RunStore } from '../state/runstore.js';
import { paneBox } from './panes.js';
import { tabBar } from './tabs.js';
import { tracesPane } from './traces.js';

/** @typedef {import('../types').Run} Run */
/** @typedef {import('../types').RunState} RunState */
/** @typedef {import('../main.js').App} App */
/** @typedef {import('../main.js').PageOfApp} PageOfApp */

/**
 * @param {App} app
 * @returns {PageOfApp}
 */
export function runPage(app) {
  const { run } = app;
  const views = [
    { view: '', title: 'Traces' }, { view: 'operations', title: 'Operations' }, { view: 'flame', title: 'Flame graph' }, { view: 'services', title: 'Services' },
    { view: 'files', title: 'Files' }, { view: 'problems', title: 'Problems', n: run.problems },
  ];
  const store = new RunStore(run, app.navigation);
  const head = runHead(run, store.state.address);
  const tabs = tabBar('Views of the run', views);
  const panes = paneBox(store, {
    '': () => tracesPane(store),
    operations: async () => (await import('./operations.js')).operationsPane(store),
    flame: async () => (await import('./flame.js')).flamePane(store),
    services: async () => (await import('./services.js')).servicesPane(store),
    files: async () => (await import('./files.js')).filesPane(run),
    problems: async () => (await import('./files.js')).problemsPane(),
  });
  store.subscribe((s) => {
    head.update(s);
    tabs.update(s.address.view, (view) => store.inView(view));
    panes.update(s);
  });
  store.follow(app.navigation.address);
  app.title(`${run.title} · prowtrace`);
  return {
    element: h('div', { class: 'page run-page' }, ...head.elements, tabs.element, panes.element),
    shows: (address) => address.trace === '',
    follow: (address) => store.follow(address),
    key(e) {
      const tab = /^[1-9]$/.test(e.key) ? views[Number(e.key) - 1] : undefined;
      if (tab) store.openView(tab.view);
      return tab !== undefined;
    },
    recolour() {},
    leave: () => store.leave(),
  };
}

/**
 * @param {Run} run
 * @param {import('../types').Address} address
 */
function runHead(run, address) {
  const when = h('span', {});
  const changed = changes();
  const marks = run.marks.filter((k) => k.count > 0 && k.flag !== 'outside-parent');
  const facts = h('div', { class: 'trace-facts' },
    ...(run.runs.length > 0 ? [] : run.jobs.map((id, i) => inside(`/trace/${id}`, { class: 'whole' }, run.jobs.length > 1 ? `The whole job ${i + 1} in one trace` : 'The whole job in one trace'))),
    run.jobs.length === 2 ? inside(format(other(address, { trace: run.jobs[1] ?? '', view: 'compare', order: run.runs.length === 2 ? 'phases' : '', compare: run.jobs[0] ?? '' })), { class: 'button whole' }, 'Compare the two') : null,
    run.spans > 0 ? h('span', {}, h('b', {}, duration(run.duration)), ' from ', when) : null,
    h('span', {}, spansOf(run.spans, run.jobSpans, run.jobs.length > 1 ? 'jobs' : 'job')), h('span', {}, counted(run.traces - run.jobs.length, 'trace')),
    h('span', { class: run.errors ? 'err' : '' }, counted(run.errors, 'error')),
    inside('/?view=files', {}, `${counted(run.files, 'file')}, ${bytes(run.bytes)}`),
    run.problems ? inside('/?view=problems', { class: 'warn' }, counted(run.problems, 'problem')) : null,
    ...marks.map((k) => h('span', { class: 'mark-odd', title: k.means }, `${count(k.count)} ${k.text}`)));
  return {
    elements: [
      ...(run.note ? [h('p', { class: 'note', role: 'status' }, run.note)] : []),
      h('div', { class: 'run-head' }, h('h1', {}, bdi(run.title)), facts),
      ...(run.runs.length > 0 ? [h('ul', { class: 'runs' }, ...run.runs.map(runItem))] : []),
    ],
    /** @param {Pick<RunState, 'address'>} s */
    update({ address: { zone } }) {
      if (changed(zone)) when.textContent = clock(BigInt(run.start), zone, 0);
    },
  };
}

/** @param {Run['runs'][number]} r */
function runItem(r) {
  return h('li', {}, r.trace ? inside(`/trace/${r.trace}`, { class: 'whole' }, bdi(r.title)) : bdi(r.title), ...(r.run ? [outside(r.run, 'Prow')] : []), ...webLinks(r.links));
}
