// Two traces beside each other: this one and another of the run, by operation
// or as one tree of calls; those of two runs also by what changed.

import { changes } from '../lib/changes.js';
import { bdi, h, inside } from '../lib/dom.js';
import { clock, counted, duration, named } from '../lib/format.js';
import { format, other } from '../state/address.js';
import { settled } from '../state/loader.js';
import { candidatesPane } from './candidates.js';
import { callTree } from './comparedcalls.js';
import { operationsTable } from './comparedoperations.js';
import { besideLogs } from './besidelogs.js';
import { drawAnswer, empty } from './message.js';
import { pairedPhases } from './pairedphases.js';
import { changesOf } from './runchanges.js';

/** @typedef {import('../types').Address} Address */
/** @typedef {import('../types').Comparison} Comparison */
/** @typedef {import('../types').Summary} Summary */
/** @typedef {{ here: Summary, there: Summary }} Pair */
/** @typedef {{ here: { id: string }, there: { id: string } }} Ids */
/** @typedef {Pick<import('../types').TraceState, 'run' | 'address' | 'model' | 'comparison' | 'difference' | 'phases' | 'logDifference' | 'logs' | 'candidates' | 'stops'>} Drawn */
/** @typedef {import('../state/tracestore.js').TraceStore} TraceStore */

/** @param {TraceStore} store */
export function comparePane(store) {
  const candidates = candidatesPane(store);
  const compared = h('div', { class: 'sheet' });
  const top = h('div', { class: 'compare-top' });
  const element = h('div', { class: 'fill' });
  const changed = changes();
  const phases = kept((/** @type {import('../types').Phases} */ d) => pairedPhases(store, d));
  const logs = kept((/** @type {import('../types').LogDifference} */ d) => besideLogs(store, d));
  return {
    element,
    /** @param {Drawn} s */
    update(s) {
      const shown = s.address.compare === '' ? candidates.element : compared;
      if (element.firstChild !== shown) element.replaceChildren(shown);
      if (shown !== compared) candidates.update(s);
      else if (!changed(s.comparison, s.difference, s.phases, s.logDifference, s.logs, s.address, s.stops)) return;
      else if (s.address.order === 'phases') drawKept(s.phases, 'Aligning the phases…', (d) => [traces(s.address, d), tools(store, s.address, d, true)], (d) => phases(d, s.address));
      else if (s.address.order === 'logs') drawLogs(s);
      else if (s.address.order === 'changes') drawAnswer(compared, s.difference, 'Comparing logs and files of the runs…', (d) => [traces(s.address, d), tools(store, s.address, d, true), changesOf(s.address, d)]);
      else drawAnswer(compared, s.comparison, 'Comparing…', (c) => view(store, s.address, c));
    },
  };

  /** @param {Drawn} s */
  function drawLogs(s) {
    const pair = { here: { id: s.model.head.id }, there: { id: s.address.compare } };
    if (s.logs.value && s.logs.value.logs.length === 0) compared.replaceChildren(tools(store, s.address, pair, true), empty('This run has no log', 'Prow’s uploads at the end of the run are missing, or were not fetched.'));
    else drawKept(s.logDifference, 'Comparing the logs…', () => [tools(store, s.address, pair, true)], (d) => logs(d, s.address));
  }

  /**
   * Draws what is above a pane that stays in the document as long as its answer does.
   * @template T
   * @param {import('../types').Answer<T>} answer
   * @param {string} waiting
   * @param {(value: T) => Node[]} above
   * @param {(value: T) => HTMLElement} pane
   */
  function drawKept(answer, waiting, above, pane) {
    if (answer.error !== undefined || !settled(answer) || answer.value === undefined) {
      drawAnswer(compared, answer, waiting, () => []);
      return;
    }
    top.replaceChildren(...above(answer.value));
    const below = pane(answer.value);
    if (compared.lastChild !== below) compared.replaceChildren(top, below);
  }
}

/**
 * Keeps the pane of an answer until there is another one: where the visitor is in it stays.
 * @template T
 * @param {(answer: T) => { element: HTMLElement, update: (address: Address) => void }} make
 */
function kept(make) {
  /** @type {T | undefined} */
  let of;
  /** @type {ReturnType<typeof make> | undefined} */
  let pane;
  return (/** @type {T} */ answer, /** @type {Address} */ address) => {
    if (!pane || answer !== of) pane = make(answer);
    of = answer;
    pane.update(address);
    return pane.element;
  };
}

/**
 * @param {TraceStore} store
 * @param {Address} s
 * @param {Comparison} c
 */
function view(store, s, c) {
  return [traces(s, c), tools(store, s, c, c.runs === true), s.order === 'calls' ? callTree(c) : operationsTable(store, s, c)];
}

/**
 * The two traces.
 * @param {Address} s
 * @param {Pair} c
 */
function traces(s, c) {
  const row = (/** @type {string} */ label, /** @type {Summary} */ t, /** @type {Summary} */ than) => h('tr', {},
    h('th', { scope: 'row' }, label),
    h('td', { class: 'cut' }, inside(format(other(s, { trace: t.id })), {}, bdi(named(t.name))), ' ', bdi(t.hint ?? '', { class: 'n-hint' })),
    h('td', { class: 'num' }, duration(t.duration)), h('td', { class: 'num' }, counted(t.spans, 'span')),
    h('td', { class: t.errors ? 'num err' : 'num' }, counted(t.errors, 'error')), h('td', { class: 'num opt' }, clock(BigInt(t.start), s.zone, 0)),
    h('td', { class: 'num opt' }, t.duration > than.duration ? `${duration(t.duration - than.duration)} longer` : ''));
  return h('div', { class: 'scroll pair', tabindex: '0', role: 'region', 'aria-label': 'The two traces' },
    h('table', { class: 'table' }, h('tbody', {}, row('this', c.here, c.there), row('other', c.there, c.here))));
}

/**
 * In what way they are set beside each other, and ways to others.
 * @param {TraceStore} store
 * @param {Address} s
 * @param {Ids} c
 * @param {boolean} runs they are of two runs
 */
function tools(store, s, c, runs) {
  const ways = WAYS.filter(([, , ofRuns]) => runs || !ofRuns);
  const way = h('select', { 'aria-label': 'How to compare' }, ...ways.map(([value, title]) => h('option', { value }, title)));
  way.value = ways.some(([value]) => value === s.order) ? s.order : '';
  way.addEventListener('change', () => store.change({ order: way.value, frame: null }, 'push'));
  return h('div', { class: 'tools' }, h('div', { class: 'group' }, way,
    inside(format({ ...s, compare: '' }), { class: 'button' }, 'Another trace'),
    inside(format(other(s, { trace: c.there.id, view: 'compare', compare: c.here.id, order: s.order })), { class: 'button' }, 'Swap')),
  h('span', { class: 'dim' }, SAID[s.order] ?? '+ is more in this trace, − more in the other. Click a number to open its spans.'));
}

/** @type {[order: string, title: string, ofRuns: boolean][]} in what ways traces are set beside each other */
const WAYS = [['phases', 'Both timelines', true], ['changes', 'What changed', true], ['logs', 'Both logs', true], ['', 'By operation', false], ['calls', 'As a tree of calls', false]];

/** @type {Record<string, string>} */
const SAID = {
  phases: 'Each phase begins at the same place for both runs. Click a time to open its span.', changes: 'What this run has, compared with the other.', logs: 'Times, numbers and ids are ignored. Click a number to open its line.',
  calls: '+ is more in this trace, − more in the other.',
};
