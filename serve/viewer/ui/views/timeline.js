// The pane of a trace's lines: tools, the whole in small, the lines, and the
// details of one of them.

import { h } from '../lib/dom.js';
import { at } from '../model/columns.js';
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
  const parts = [toolbar(store, focus, pointer), minimap(store), waterfall, details(store, focus)];
  const [tools, small, lines, detail] = parts.map((p) => p.element);
  const split = h('div', { class: 'split' }, lines, detail);
  const element = h('div', { class: 'timeline' }, tools, small, split);
  printing(store, element, split);
  return {
    element, focus, pointer,
    pageSize: () => waterfall.pageSize(),
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
  /** @type {import('../types').Pane<TraceState> | null} */
  let pane = null;
  let loading = false;

  async function load() {
    loading = true;
    try {
      pane = (await import('./detail.js')).detailPane(store, element, toLines);
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
      if (pane) pane.update(s);
      else if (!s.detail) element.replaceChildren();
      else if (!loading) void load();
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
    if (!element.isConnected || paper) return;
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
