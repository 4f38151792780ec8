// The pane of a trace's lines: tools, the whole in small, the lines, and the
// details of one of them.

import { h } from '../lib/dom.js';
import { at } from '../model/columns.js';
import { logPlace } from './logplace.js';
import { message } from './message.js';
import { minimap } from './minimap.js';
import { PRINTED, printedLines, whenPrinted } from './print.js';
import { toolbar } from './toolbar.js';
import { Waterfall } from './waterfall.js';

/** @typedef {import('../types').TraceState} TraceState */
/** @typedef {import('../state/tracestore.js').TraceStore} TraceStore */

/** @param {TraceStore} store */
export function timelinePane(store) {
  const waterfall = new Waterfall(store);
  const focus = () => waterfall.focus();
  const pointer = () => waterfall.pointer;
  const stage = h('div', { class: 'stage' });
  const place = logPlace(stage, store.ended);
  const parts = [toolbar(store, focus, pointer), minimap(store), waterfall, details(store, focus), log(store, focus, place)];
  const [tools, small, lines, detail, logBox] = parts.map((p) => p.element);
  const split = h('div', { class: 'split' }, lines, detail);
  stage.append(split, logBox ?? '');
  const element = h('div', { class: 'timeline' }, tools, small, stage);
  printing(store, stage, split);
  return {
    element, focus, pointer,
    /** Shows the log if it is closed, and takes the focus of the keyboard to its lines. */
    toLog() {
      if (store.state.address.log === 'off') store.toggleLog();
      const lines = logBox?.querySelector('.log');
      if (lines instanceof HTMLElement) lines.focus();
    },
    turnLog: place.turn,
    pageSize: () => waterfall.pageSize(),
    /** @param {(top: number, most: number) => void} told of scrolling by hand */
    onScroll(told) {
      waterfall.scrolled = told;
    },
    /** @param {TraceState} s */
    update(s) {
      for (const p of parts) p.update(s);
    },
  };
}

/**
 * The details, whose modules are loaded when there are any to show.
 * @param {TraceStore} store
 * @param {() => void} toLines
 */
function details(store, toLines) {
  const element = h('div', { class: 'panel-box' });
  return later(element, store, (s) => s.detail !== null, async () => (await import('./detail.js')).detailPane(store, element, toLines));
}

/**
 * The log, whose modules are loaded when there is one and the trace is on the screen.
 * @param {TraceStore} store
 * @param {() => void} toLines
 * @param {import('./logplace.js').LogPlace} place
 */
function log(store, toLines, place) {
  const element = h('div', { class: 'log-box' });
  return later(element, store, hasLog, async () => {
    const pane = (await import('./logpane.js')).logPane(store, toLines, place);
    element.replaceChildren(pane.element);
    return { update: (/** @type {TraceState} */ s) => hasLog(s) && pane.update(s) };
  });
}

/** @param {TraceState} s */
function hasLog(s) {
  const { logs, lost } = s.logs.value ?? { logs: [], lost: [] };
  return s.address.log !== 'off' && logs.length + lost.length > 0;
}

/**
 * A pane that is made when it is first needed, and hidden while it is not.
 * @param {HTMLElement} element
 * @param {TraceStore} store
 * @param {(s: TraceState) => boolean} needed
 * @param {() => Promise<{ update(s: TraceState): unknown }>} make
 */
function later(element, store, needed, make) {
  /** @type {{ update(s: TraceState): unknown } | null} */
  let pane = null;
  let loading = false;

  async function load() {
    loading = true;
    try {
      pane = await make();
      pane.update(store.state);
    } catch (e) {
      element.replaceChildren(h('aside', { class: 'detail' }, message(e)));
    }
    loading = false;
  }
  return {
    element,
    /** @param {TraceState} s */
    update(s) {
      element.hidden = !needed(s);
      if (pane) pane.update(s);
      else if (!loading && needed(s)) void load();
    },
  };
}

/**
 * Shows all lines on paper, in place of those that fit the screen.
 * @param {TraceStore} store
 * @param {HTMLElement} element
 * @param {HTMLElement} split what the screen shows
 */
function printing(store, element, split) {
  /** @type {Element | null} */
  let paper = null;
  whenPrinted(() => {
    if (!element.isConnected || paper || !store.state.model.whole) return;
    const { lines, errors } = store.state;
    const printed = [...lines.subarray(0, PRINTED)];
    store.texts.now([...printed, ...printed.map((line) => at(errors.first, line)).filter((line) => line >= 0)]);
    paper = printedLines({ ...store.state, texts: store.texts });
    element.insertBefore(paper, split);
  }, () => {
    paper?.remove();
    paper = null;
  }, store.ended);
}
