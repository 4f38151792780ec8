// A log of which more has come: lines behind a gap have other numbers. Pure.

import { allLines, logRows, movedLines } from './loglines.js';

/** @typedef {import('../types').LogState} LogState */

/**
 * What changes of a pane when lines are put in before one.
 * @param {Pick<LogState, 'shown' | 'chosen' | 'focus'>} state
 * @param {import('../types').LogHead} head of the log with the lines
 * @param {number} before
 * @param {number} by how many lines
 * @param {boolean} end they are at the end of the gap
 */
export function withMore({ shown, chosen, focus }, head, before, by, end) {
  const move = (/** @type {number} */ line) => (line >= before ? line + by : line);
  const onGap = focus.gap && focus.line === before;
  const leads = onGap && !end && by > 0; // from the gap into its lines
  return {
    moved: { before, by },
    rows: logRows(movedLines(shown.value ?? allLines(0), before, by), head.gaps, head.lines),
    chosen: chosen && { from: move(chosen.from), to: move(chosen.to) },
    focus: leads ? { line: before, how: focus.how } : onGap ? { ...focus } : { ...focus, line: move(focus.line) },
  };
}
