// The head of the trace of a run that is judged: the panel of findings, then the tabs.
// The panel keeps its room from the first rows on; its module is loaded behind them.

import { h, inside } from '../lib/dom.js';
import { counted, duration, spansOf } from '../lib/format.js';
import { hasCause, resultWord } from '../model/judgement.js';
import { servicesKey } from './serviceskey.js';

/** @typedef {import('../types').TraceState} TraceState */
/** @typedef {import('../state/tracestore.js').TraceStore} TraceStore */

/**
 * @param {TraceStore} store
 * @param {HTMLElement} tabs
 */
export function judgedHead(store, tabs) {
  const { head: t } = store.state.model;
  const first = h('div', { class: 'cause-first' },
    h('p', { class: 'cause-verdict' }, h('b', { class: hasCause(t.result) ? 'err' : '' }, resultWord(t.result)), h('span', { class: 'dim' }, ` after ${duration(t.jobDuration ?? t.duration)}`)),
    h('h1', { class: 'dim' }, 'Reading the evidence…'));
  const cause = h('section', { class: hasCause(t.result) ? 'cause' : 'cause brief', 'aria-label': 'Findings', 'aria-busy': 'true' }, first);
  const element = h('div', { class: 'trace-head judged' },
    t.note ? h('p', { class: 'note', role: 'status' }, t.note) : null,
    cause,
    h('div', { class: 'tab-row' }, inside('/', { class: 'up', title: 'All traces of the run' }, '‹ Traces'), tabs,
      h('div', { class: 'trace-facts' },
        h('span', { title: spansOf(t.spans, t.jobSpans ?? 0) }, counted(t.spans, 'span')),
        t.errors > 0 ? h('span', { class: 'err' }, counted(t.errors, 'error')) : h('span', {}, 'no errors'),
        t.orphans > 0 ? h('span', { class: 'warn', title: 'Their parent is in none of the files' }, counted(t.orphans, 'orphan')) : null,
        servicesKey(t))));
  /** @type {ReturnType<typeof import('./cause.js').causePanel> | null} */
  let panel = null;
  return {
    element,
    /** @param {TraceState} s */
    update(s) {
      panel?.update(s);
    },
    /** Loads the panel, which asks what is said of the run. */
    async begin() {
      panel = (await import('./cause.js')).causePanel(store, cause);
      panel.update(store.state);
    },
    /** Folds the panel to its first line, or opens it. */
    fold: () => panel?.fold(),
    /**
     * Folds the panel while the trace is scrolled.
     * @param {number} top px that are scrolled away by hand
     * @param {number} most px that can be
     */
    scrolled: (top, most) => panel?.scrolled(top, most),
  };
}
