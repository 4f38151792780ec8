// What is said of why the run failed: asked for, and walked through.

import { json } from '../lib/api.js';
import { count } from '../lib/format.js';
import { at } from '../model/columns.js';
import { rowOf, stopsOf } from '../model/judgement.js';
import { showing } from '../model/timewindow.js';
import { firstError } from './moves.js';

/** @typedef {import('../types').Judgement} Judgement */
/** @typedef {import('../types').TraceState} TraceState */
/** @typedef {import('./tracestore.js').TraceStore} TraceStore */

const PAUSE = 1000; // ms between questions that were answered with nothing new

/**
 * Takes what is said of the run until nothing more comes. The server answers when there
 * is something new.
 * @param {TraceStore} store
 */
export async function followJudgement(store) {
  for (let known = -1; ;) {
    /** @type {Judgement} */
    const judgement = await json(`${store.path}summary?known=${known}`, store.ended);
    if (judgement.version !== known) take(store, judgement);
    else await new Promise((done) => setTimeout(done, PAUSE));
    if (judgement.final) return;
    known = judgement.version;
  }
}

/**
 * @param {TraceStore} store
 * @param {Judgement} judgement
 */
export function take(store, judgement) {
  const fresh = store.state.stops.length === 0 && untouched(store.state);
  store.batch(() => {
    const stops = stopsOf(judgement, store.state.model);
    store.set({ judgement, stops, step: { at: -1 } });
    const { model, lines } = store.state;
    const row = fresh ? rowOf(model, lines, stops.find(({ place }) => place.line >= 0)?.place.line ?? -1) : -1;
    if (row > 0) store.set({ focus: { line: at(lines, row) } });
  });
}

/**
 * Whether the visitor has looked for nothing yet: then the first finding is brought onto
 * the screen.
 * @param {TraceState} s
 */
function untouched({ focus, detail, address, step }) {
  return focus.line === 0 && !detail && step.at < 0 && address.q === '' && address.from === null && !/:\d/.test(address.log);
}

/**
 * Shows a stop: its bar in the waterfall and its line in the log.
 * @param {TraceStore} store
 * @param {number} k
 */
export function showStop(store, k) {
  const { stops, model, window, address } = store.state;
  const stop = stops[k];
  if (!stop) return;
  const { line, log, at: number } = stop.place;
  store.batch(() => {
    if (address.view !== '') store.openView('');
    const shown = stop.time < 0 ? window : showing(window, stop.time, 0, model.length);
    if (shown !== window) store.setWindow(shown, 'soon');
    store.pointAt(stop.time, line, log ? `${log}:${number}` : store.state.address.log, 'push');
    store.set({ step: { at: k } });
  });
  store.say(`${count(k + 1)} of ${count(stops.length)}`);
}

/**
 * Goes to the next or the previous stop, around the end; where nothing is found, it says so.
 * @param {TraceStore} store
 * @param {1 | -1} by
 */
export function walkFindings(store, by) {
  const { stops, step } = store.state;
  if (stops.length === 0) firstFinding(store);
  else if (step.at < 0) showStop(store, by > 0 ? 0 : stops.length - 1);
  else showStop(store, (step.at + by + stops.length) % stops.length);
}

/**
 * Goes to what broke first: the first finding. Only where nobody judges is it the first
 * error that lasted.
 * @param {TraceStore} store
 */
export function firstFinding(store) {
  const { stops, judgement } = store.state;
  if (stops.length > 0) showStop(store, 0);
  else if (!isJudged(store.state)) firstError(store);
  else store.say(judgement?.summary ? 'Nothing was found' : 'The run is being judged');
}

/**
 * Whether somebody says why the run failed, or is about to.
 * @param {TraceState} s
 */
export function isJudged({ model, judgement }) {
  return model.head.judged === true && !(judgement?.final && !judgement.summary);
}
