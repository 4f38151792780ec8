// The page of one trace: its head, and one of the views of its spans.

import { changes } from '../lib/changes.js';
import { bdi, downloadLink, h, inside } from '../lib/dom.js';
import { clock, counted, duration, named, spansOf } from '../lib/format.js';
import { firstModel } from '../model/firstscreen.js';
import { loadTrace } from '../state/load.js';
import { TraceStore } from '../state/tracestore.js';
import { copyButton } from './copy.js';
import { judgedHead } from './judgedhead.js';
import { loading, message } from './message.js';
import { paneBox } from './panes.js';
import { servicesKey } from './serviceskey.js';
import { tabBar } from './tabs.js';
import { timelinePane } from './timeline.js';
import { traceKeys } from './tracekeys.js';

/** @typedef {import('../types').Model} Model */
/** @typedef {import('../types').TraceHead} TraceHead */
/** @typedef {import('../types').TraceState} TraceState */
/** @typedef {import('../main.js').App} App */
/** @typedef {import('../main.js').PageOfApp} PageOfApp */

const VIEWS = [
  { view: '', title: 'Timeline' }, { view: 'operations', title: 'Operations' }, { view: 'flame', title: 'Flame graph' }, { view: 'services', title: 'Services' },
  { view: 'compare', title: 'Compare' }, { view: 'spans', title: 'Spans' }, { view: 'events', title: 'Events' },
];

/**
 * @param {App} app
 * @returns {PageOfApp}
 */
export function tracePage(app) {
  const { navigation } = app;
  const id = navigation.address.trace;
  const ended = new AbortController();
  const waiting = loading('Loading the trace…');
  const element = h('div', { class: 'page trace-page' }, waiting);
  /** @type {ReturnType<typeof loadedTrace> | null} */
  let shown = null;

  /** @param {Model} model */
  function show(model) {
    shown = loadedTrace(app, model);
    element.prepend(shown.element);
    shown.draw();
    performance.mark('trace-shown');
  }

  /**
   * Shows the first screen of a large trace. Nothing can be done with it before the trace is whole.
   * @param {TraceHead} head
   */
  function begin(head) {
    if (!head.first || !opensPlainly(navigation.address)) return;
    show(firstModel(head));
    shown?.element.setAttribute('inert', '');
    waiting.classList.add('beside');
  }

  /** @param {Model} model */
  function complete(model) {
    if (shown) shown.store.complete(model);
    else show(model);
    shown?.element.removeAttribute('inert');
    waiting.remove();
    performance.mark('trace-whole');
    afterFrame(() => shown?.begin());
  }

  const progress = (/** @type {number} */ share) => (waiting.textContent = `Loading the trace… ${Math.round(share * 100)}%`);
  loadTrace(id, begin, progress, ended.signal).then(complete)
    .catch((e) => {
      if (!ended.signal.aborted) element.replaceChildren(message(e));
    });
  return {
    element,
    shows: (address) => address.trace === id,
    follow: (address) => shown?.store.follow(address),
    key: (e) => (shown?.store.state.model.whole && shown.key(e)) ?? false,
    recolour: () => shown?.store.recolour(),
    leave() {
      ended.abort();
      shown?.store.leave();
    },
  };
}

/**
 * Whether the first screen is that of the trace as it opens.
 * @param {import('../types').Address} address
 */
function opensPlainly({ view, span, level, open, closed, q, mode }) {
  return !view && !span && !level && !open && !closed && !(q && mode === 'filter');
}

/**
 * Acts when what was drawn is on the screen.
 * @param {() => void} act
 */
function afterFrame(act) {
  requestAnimationFrame(() => setTimeout(act));
}

/**
 * @param {App} app
 * @param {Model} model
 */
function loadedTrace(app, model) {
  const store = new TraceStore(app.run, model, app.navigation, app.say);
  const timeline = timelinePane(store);
  const views = app.run.saved && app.run.jobs.length !== 2 ? VIEWS.filter((v) => v.view !== 'compare') : VIEWS;
  const tabs = tabBar('Views of the trace', views);
  const judged = model.head.judged ? judgedHead(store, tabs.element) : null;
  const head = judged ?? traceHead(model, app.say, tabs.element);
  const panes = paneBox(store, {
    '': () => timeline,
    operations: async () => (await import('./operations.js')).operationsPane(store),
    flame: async () => (await import('./flame.js')).flamePane(store),
    services: async () => (await import('./services.js')).servicesPane(store),
    compare: async () => (await import('./compare.js')).comparePane(store),
    spans: async () => (await import('./spans.js')).spansPane(store),
    events: async () => (await import('./events.js')).eventsPane(store),
  });
  const draw = () => {
    const s = store.state;
    head.update(s);
    tabs.update(s.address.view, (view) => store.inView(view));
    panes.update(s);
  };
  store.subscribe(draw);
  app.title(`${named(model.head.name)} · prowtrace`);
  if (judged) timeline.onScroll(judged.scrolled);
  return {
    store, draw, element: h('div', { class: 'trace' }, head.element, panes.element),
    key: traceKeys(store, timeline, views.map((v) => v.view), () => judged?.fold()),
    /** Asks for what comes behind the lines. */
    begin() {
      store.askLogs();
      void judged?.begin();
    },
  };
}

/**
 * @param {Model} model
 * @param {App['say']} say
 * @param {HTMLElement} tabs
 */
function traceHead({ head: t, startNs }, say, tabs) {
  const when = h('span', {});
  const changed = changes();
  const element = h('div', { class: 'trace-head' },
    t.note ? h('p', { class: 'note', role: 'status' }, t.note) : null,
    h('div', { class: 'trace-title' },
      inside('/', { class: 'up', title: 'All traces of the run' }, '‹ Traces'),
      h('h1', {}, bdi(named(t.name)), ' ', bdi(t.hint ?? '', { class: 'hint' }))),
    h('div', { class: 'trace-facts' },
      t.result ? h('span', { class: t.result === 'failed' || t.result === 'error' ? 'result err' : 'result' }, t.result) : null,
      h('span', {}, h('b', {}, duration(t.jobDuration ?? t.duration)), ' from ', when),
      h('span', {}, spansOf(t.spans, t.jobSpans ?? 0)),
      t.errors > 0 ? h('span', { class: 'err' }, counted(t.errors, 'error')) : h('span', {}, 'no errors'),
      t.orphans > 0 ? h('span', { class: 'warn', title: 'Their parent is in none of the files' }, counted(t.orphans, 'orphan')) : null,
      servicesKey(t),
      h('span', { class: 'trace-id' }, 'trace ', h('code', {}, t.id), ' ', copyButton({ say }, 'Copy', () => Promise.resolve(t.id))),
      downloadLink(`traces/${t.id}/otlp`, 'OTLP JSON')),
    tabs);
  return {
    element,
    /** @param {Pick<TraceState, 'address'>} s */
    update({ address }) {
      if (changed(address.zone)) when.textContent = clock(t.jobStart ? BigInt(t.jobStart) : startNs, address.zone, 3);
    },
  };
}
