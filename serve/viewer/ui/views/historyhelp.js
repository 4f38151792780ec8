// The keys and signs of the page of a history.

import { h } from '../lib/dom.js';
import { openDialog } from './dialog.js';

const KEYS = [
  ['← →', 'from run to run'], ['↑ ↓', 'from strip to strip'], ['Home End', 'the oldest run, the newest run'], ['Enter', 'opens the run'],
  ['j  k', 'next and previous job'], ['t', 'time zone'], ['?', 'this help'],
];

const SIGNS = [
  ['·', 'passed'], ['A … Z', 'failed; each finding has its letter, the worst is A'], ['?', 'failed, but not in a listed finding'], ['–', 'aborted or unknown'], ['…', 'running'], ['~', 'a case failed and passed'],
  ['◆', 'an unusual duration: 3.5 spreads or more from the median of passing runs'],
];

/** Opens the help; Esc closes it. */
export function showHistoryHelp() {
  const list = (/** @type {string[][]} */ rows) => h('dl', { class: 'keys' }, ...rows.flatMap(([key, what]) => [h('dt', {}, h('kbd', {}, key)), h('dd', {}, what)]));
  openDialog('Keys and signs', h('div', { class: 'help-columns' }, h('div', {}, h('h3', {}, 'Keys'), list(KEYS)), h('div', {}, h('h3', {}, 'Signs'), list(SIGNS))));
}
