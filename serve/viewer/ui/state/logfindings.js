// How the log moves along with the findings beside it.

import { changes } from '../lib/changes.js';
import { isJudged } from './findings.js';

/** @typedef {import('../types').TraceState} TraceState */

export class LogFindings {
  #changedStops = changes();
  #changedStep = changes();

  /**
   * Shows the line of the step that is shown in the trace, or what was logged then; before
   * the visitor has looked for anything, the first line that a finding has.
   * @param {TraceState} s
   * @param {import('./logstore.js').LogStore} log
   */
  follow({ stops, step, address }, log) {
    const { name, logs, focus, chosen } = log.state;
    const place = this.#changedStep(step) ? stops[step.at]?.place : undefined;
    if (place?.log && chosen) log.set({ focus: { line: chosen.from, how: 'near' } }); // it may have been scrolled away
    else if (place && !place.log) void log.showSpan(place.line);
    if (!this.#changedStops(stops)) return;
    log.set({}); // lines have other numbers
    const first = stops.find((stop) => logs.some((l) => l.name === stop.place.log))?.place;
    if (!first?.log || focus.line !== 0 || chosen || (address.log !== '' && address.log !== first.log)) return;
    if (first.log !== name) log.open(first.log);
    log.set({ focus: { line: first.at ?? 0, how: 'top' } });
  }
}

/**
 * The span whose lines are shown at first: the one that broke. Where the run is judged
 * the findings tell, and it is -1.
 * @param {TraceState} s
 */
export function firstSpan(s) {
  return isJudged(s) ? -1 : s.errors.start;
}
