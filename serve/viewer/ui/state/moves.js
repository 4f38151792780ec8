// Going from line to line of a trace, and through its time.

import { count } from '../lib/format.js';
import { at } from '../model/columns.js';
import { lowerBound, nextOf } from '../model/sorted.js';
import { around, pan, zoom } from '../model/timewindow.js';
import { shownDepth } from '../model/visible.js';

/** @typedef {import('../types').TraceState} TraceState */
/** @typedef {import('./tracestore.js').TraceStore} TraceStore */

export const CLOSER = 1 / 1.6; // what a step of zooming makes of a window
export const FARTHER = 1.6;

/** What one can step through: the lines, and what to say where there are none. */
export const STEPS = {
  /** @param {TraceState} s */
  matches: (s) => ({ lines: s.matches.value ?? [], none: 'No match' }),
  /** Those that lasted, where any did. @param {TraceState} s */
  errors: ({ errors }) => ({ lines: errors.lasting.length > 0 ? errors.lasting : errors.all, none: 'No errors' }),
  /** @param {TraceState} s */
  allErrors: (s) => ({ lines: s.errors.all, none: 'No errors' }),
  /** @param {TraceState} s */
  critical: (s) => ({ lines: Int32Array.from(s.critical.keys()).sort(), none: 'No critical path' }),
};

/**
 * Goes to the next of some lines, around the end.
 * @param {TraceStore} store
 * @param {keyof typeof STEPS} what
 * @param {1 | -1} by
 */
export function step(store, what, by) {
  const { lines, none } = STEPS[what](store.state);
  const { focus, detail } = store.state;
  // Nobody has been at the first line yet.
  const fresh = by > 0 && focus.line === 0 && !detail && lines[0] === 0;
  const line = fresh ? 0 : nextOf(lines, focus.line, by);
  if (line < 0) {
    store.say(none);
    return;
  }
  store.goTo(line);
  store.say(`${count(lowerBound(lines, line) + 1)} of ${count(lines.length)}`);
}

/** @param {TraceStore} store */
export function firstError(store) {
  const { errors } = store.state;
  const line = errors.start < 0 ? errors.all[0] : errors.start;
  if (line === undefined) store.say('No errors');
  else store.goTo(line);
}

/**
 * @param {TraceStore} store
 * @param {number} by lines of those on show
 */
export function walk(store, by) {
  const { lines, focus } = store.state;
  if (lines.length === 0) return;
  const k = Math.min(Math.max(lowerBound(lines, focus.line) + by, 0), lines.length - 1);
  store.select(at(lines, k), false, 'replace');
}

/**
 * Opens the active line, or goes into it.
 * @param {TraceStore} store
 */
export function walkIn(store) {
  const { model, closed, focus } = store.state;
  if (at(model.members, focus.line) === 0) return;
  if (closed[focus.line]) store.toggle(focus.line, 'soon');
  else walk(store, 1);
}

/**
 * Closes the active line, or goes to the one that it is under.
 * @param {TraceStore} store
 */
export function walkOut(store) {
  const { model, closed, focus } = store.state;
  const parent = at(model.parent, focus.line);
  if (at(model.members, focus.line) > 0 && !closed[focus.line]) store.toggle(focus.line, 'soon');
  else if (parent >= 0) store.select(parent, false, 'replace');
}

/**
 * @param {TraceStore} store
 * @param {1 | -1} by levels that are open
 */
export function changeLevel(store, by) {
  const { model, lines } = store.state;
  store.setLevel(String(Math.max(shownDepth(model, lines) + by, 0)));
}

/**
 * @param {TraceStore} store
 * @param {number} factor below 1 is closer
 * @param {number} pointer the time under the mouse, which stays there; -1 is none
 */
export function zoomBy(store, factor, pointer) {
  const { window, model } = store.state;
  const middle = pointer >= window.from && pointer <= window.to ? pointer : (window.from + window.to) / 2;
  store.setWindow(zoom(window, factor, middle, model.length), 'soon');
}

/**
 * @param {TraceStore} store
 * @param {number} part of the window; below 0 is earlier
 */
export function panBy(store, part) {
  const { window, model } = store.state;
  store.setWindow(pan(window, part, model.length), 'soon');
}

/** @param {TraceStore} store */
export function zoomToLine(store) {
  const { model, focus } = store.state;
  store.setWindow(around(at(model.start, focus.line), at(model.duration, focus.line), model.length), 'push');
}

/** @param {TraceStore} store */
export function wholeTrace(store) {
  store.setWindow({ from: 0, to: store.state.model.length }, 'push');
}
