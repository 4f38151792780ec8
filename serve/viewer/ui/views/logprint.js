// A log on paper: the chosen lines, or those on the screen.

import { bdi, h } from '../lib/dom.js';
import { pieces, timeOf } from './loggrid.js';
import { whenPrinted } from './print.js';

const PRINTED = 500; // lines

/**
 * Shows the lines on paper, in place of the pane.
 * @param {import('../state/logstore.js').LogStore} store
 * @param {import('./loggrid.js').LogGrid} grid
 * @param {HTMLElement} pane
 */
export function printedLog(store, grid, pane) {
  /** @type {Element | null} */
  let paper = null;
  whenPrinted(() => {
    if (!pane.isConnected || paper) return;
    const { chosen, name, address } = store.state;
    const numbers = chosen ? Array.from({ length: Math.min(chosen.to - chosen.from + 1, PRINTED) }, (_, i) => chosen.from + i) : grid.onScreen();
    store.now(numbers);
    const lines = numbers.map((n) => store.line(n)).filter((l) => l !== undefined);
    paper = h('div', { class: 'printed printed-log' }, h('h2', {}, bdi(name)), h('table', {}, h('tbody', {}, ...lines.map((l) =>
      h('tr', { class: l.severity ?? '' }, h('td', { class: 'num' }, String(l.number)), h('td', { class: 'num' }, timeOf(l, address.zone)), h('td', { class: 'log-text' }, ...pieces(l)))))),
      chosen && chosen.to - chosen.from >= PRINTED ? h('p', {}, `The first ${PRINTED} of the chosen lines.`) : null);
    pane.after(paper);
  }, () => {
    paper?.remove();
    paper = null;
  }, store.trace.ended);
}
