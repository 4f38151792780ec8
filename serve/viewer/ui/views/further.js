// What the panel of findings says below the chain: what to do next, what else went
// wrong, what could not be seen.

import { bdi, h, outside } from '../lib/dom.js';
import { counted } from '../lib/format.js';
import { showStop } from '../state/findings.js';
import { placesOf } from './chain.js';

/** @typedef {import('../types').RunSummary} RunSummary */
/** @typedef {import('../types').TraceState} TraceState */
/** @typedef {import('../state/tracestore.js').TraceStore} TraceStore */

/**
 * @param {TraceStore} store
 * @param {TraceState} s
 * @param {string} wrong what was, when the server was asked
 */
export function furtherOf(store, s, wrong) {
  const { judgement: j, stops } = s;
  const why = wrong || j?.failed;
  const broken = why ? [h('p', { class: 'cause-line warn' }, bdi(why))] : [];
  if (!j?.summary) return broken;
  const [first] = j.summary.findings;
  const others = stops.flatMap((stop, k) => stop.n > 0 ? [] : [h('span', { class: 'also' },
    h('button', { type: 'button', class: 'link', 'data-stop': k, onclick: () => showStop(store, k) }, bdi(stop.text)), ' ', ...placesOf(store, stop, k))]);
  const more = first && j.summary.other_findings > 0 ? [h('span', { class: 'also' }, `${counted(j.summary.other_findings, 'other error')} not listed: consequences, or after the failure.`)] : [];
  const unseen = gapsOf(j.summary);
  const also = [...others, ...more, ...(first ? unseen : [])];
  return [
    first?.next ? line('Next', bdi(first.next)) : '',
    also.length > 0 ? line('Also', ...also) : '',
    ...childrenOf(j.summary),
    unseen.length > 0 && !first ? line('Missing', ...unseen) : '',
    ...broken,
  ];
}

/**
 * The runs that a run waited for, with what broke first in them.
 * @param {RunSummary} summary
 */
function childrenOf({ children = [] }) {
  if (children.length === 0) return [];
  return [line('Runs', h('ul', { class: 'gaps' }, ...children.map(({ job, build, url, result, title }) => {
    const named = `${job} ${build}`.trim();
    return h('li', {}, url ? outside(url, named) : bdi(named), ` ${result}`, title ? `: ${title}` : '');
  })))];
}

/**
 * @param {string} label
 * @param {...(Node | string)} said
 */
function line(label, ...said) {
  return h('div', { class: 'cause-line' }, h('b', {}, label), h('div', {}, ...said));
}

/**
 * What could not be seen: folded away behind a cause, in sight where none was found.
 * @param {RunSummary} summary
 */
function gapsOf({ gaps, findings, verdict }) {
  if (gaps.length === 0 || verdict.result === 'passed') return [];
  const list = h('ul', { class: 'gaps' }, ...gaps.map((g) => h('li', {}, h('b', {}, bdi(g.what)), g.why ? `: ${g.why}` : '', g.next ? `. ${g.next}` : '')));
  if (findings.length === 0) return [list];
  list.classList.add('closed');
  const button = h('button', { type: 'button', class: 'link', title: 'What could not be seen', 'aria-expanded': 'false', onclick: () => button.setAttribute('aria-expanded', String(!list.classList.toggle('closed'))) },
    counted(gaps.length, 'gap'));
  return [button, list];
}
