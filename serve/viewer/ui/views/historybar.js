// The bar on top of the page of a history: its jobs, how many runs are looked at, and what
// the visitor prefers.

import { text } from '../lib/api.js';
import { bdi, h } from '../lib/dom.js';
import { linkHref } from '../lib/place.js';
import { themeButton } from '../lib/theme.js';
import { choices } from '../model/history.js';
import { copyButton } from './copy.js';

/** @typedef {import('../historytypes').History} History */

/** The address of the page's icon. */
function icon() {
  return document.querySelector('link[rel=icon]')?.getAttribute('href') ?? '';
}

/**
 * @param {History} history
 * @param {object} o
 * @param {number} o.n how many runs of each job are shown
 * @param {string} o.zone
 * @param {(job: string) => Node} o.link
 * @param {(n: number) => void} o.setRuns
 * @param {(zone: string) => void} o.setZone
 * @param {(text: string) => void} o.say
 * @param {() => void} o.help
 */
export function historyBar(history, { n, zone, link, setRuns, setZone, say, help }) {
  const runs = select('Runs of each job', choices(history.most).map((c) => [String(c), `${c} runs`]), String(n), (v) => setRuns(Number(v)));
  const zones = select('Time zone of all times', [['UTC', 'UTC'], ['local', 'Local time']], zone, setZone);
  return h('header', { class: 'top' },
    h('a', { href: linkHref('/'), class: 'brand' }, h('img', { src: icon(), alt: '', width: 18, height: 18 }), h('span', {}, 'prowtrace')),
    h('nav', { class: 'run', 'aria-label': 'Jobs' }, ...history.jobs.flatMap((j, i) => [i > 0 ? ' · ' : '', history.jobs.length > 1 ? link(j.job) : bdi(j.job)])),
    runs, copyButton({ say }, 'Copy as issue', () => text(`history/issue?n=${n}`)), zones, themeButton(() => {}),
    h('button', { type: 'button', class: 'icon', title: 'Keys and signs (?)', 'aria-label': 'Help: keys and signs', onclick: help }, '?'));
}

/**
 * @param {string} label
 * @param {[string, string][]} options
 * @param {string} value
 * @param {(value: string) => void} choose
 */
function select(label, options, value, choose) {
  const element = h('select', { 'aria-label': label, title: label }, ...options.map(([v, t]) => h('option', { value: v }, t)));
  element.value = value;
  element.addEventListener('change', () => choose(element.value));
  return element;
}
