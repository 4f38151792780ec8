// The keys of the page of a trace.

import { walkFindings } from '../state/findings.js';
import { changeLevel, CLOSER, FARTHER, panBy, step, walk, walkIn, walkOut, wholeTrace, zoomBy, zoomToLine } from '../state/moves.js';

/** @typedef {import('../state/tracestore.js').TraceStore} TraceStore */
/** @typedef {ReturnType<typeof import('./timeline.js').timelinePane>} Timeline */

/** @type {Record<string, ((store: TraceStore, timeline: Timeline) => void) | undefined>} */
const KEYS = {
  ArrowDown: (store) => walk(store, 1),
  ArrowUp: (store) => walk(store, -1),
  PageDown: (store, timeline) => walk(store, timeline.pageSize()),
  PageUp: (store, timeline) => walk(store, -timeline.pageSize()),
  Home: (store) => walk(store, -Infinity),
  End: (store) => walk(store, Infinity),
  ArrowRight: walkIn,
  ArrowLeft: walkOut,
  Enter: (store) => store.select(store.state.focus.line, true, 'push'),
  f: (store) => walkFindings(store, 1),
  F: (store) => walkFindings(store, -1),
  n: (store) => step(store, 'errors', 1),
  N: (store) => step(store, 'errors', -1),
  x: (store) => step(store, 'allErrors', 1),
  X: (store) => step(store, 'allErrors', -1),
  g: (store) => step(store, 'matches', 1),
  G: (store) => step(store, 'matches', -1),
  c: (store) => step(store, 'critical', 1),
  '[': (store) => changeLevel(store, -1),
  ']': (store) => changeLevel(store, 1),
  '{': (store) => store.setLevel('0'),
  '}': (store) => store.setLevel('all'),
  w: (store, timeline) => zoomBy(store, CLOSER, timeline.pointer()),
  s: (store, timeline) => zoomBy(store, FARTHER, timeline.pointer()),
  a: (store) => panBy(store, -0.25),
  d: (store) => panBy(store, 0.25),
  z: zoomToLine,
  0: wholeTrace,
  l: (_, timeline) => timeline.toLog(),
  L: (_, timeline) => timeline.turnLog(),
  m: (store) => store.setMode(store.state.address.mode === 'filter' ? 'highlight' : 'filter'),
};

/**
 * Makes a function that tells whether a key meant something.
 * @param {TraceStore} store
 * @param {Timeline} timeline
 * @param {string[]} views in the order of their tabs
 * @param {() => void} fold folds the panel of findings, or opens it
 * @returns {(e: KeyboardEvent) => boolean}
 */
export function traceKeys(store, timeline, views, fold) {
  return (e) => {
    const view = /^[1-9]$/.test(e.key) ? views[Number(e.key) - 1] : undefined;
    if (view !== undefined) {
      store.openView(view);
      return true;
    }
    if (e.key === 'p') {
      fold();
      return true;
    }
    if (store.state.address.view !== '') return false;
    if (e.key === 'Escape' && store.state.detail) {
      store.closeDetail();
      timeline.focus();
      return true;
    }
    const onButton = e.target instanceof HTMLElement && e.target.closest('button, a, summary') !== null;
    const act = KEYS[e.key];
    if (!act || (onButton && (e.key === 'Enter' || e.key.startsWith('Arrow')))) return false;
    act(store, timeline);
    return true;
  };
}
