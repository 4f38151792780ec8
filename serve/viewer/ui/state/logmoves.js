// Going through the lines of a log.

import { count } from '../lib/format.js';
import { atRow, linesBefore, nextLine, rowOfFocus } from '../model/loglines.js';

/** @typedef {import('./logstore.js').LogStore} LogStore */

/**
 * Goes to another row.
 * @param {LogStore} log
 * @param {number} by rows
 */
export function walkLines(log, by) {
  const { rows, focus } = log.state;
  if (rows.n === 0) return;
  const { line, gap } = atRow(rows, Math.min(Math.max(rowOfFocus(rows, focus) + by, 0), rows.n - 1));
  if (gap) log.set({ focus: { line: gap.before, gap: true, how: 'near' } });
  else log.choose(line, false, 'soon');
}

/**
 * Goes to the next line that matches, around the end.
 * @param {LogStore} log
 * @param {1 | -1} by
 */
export function stepMatches(log, by) {
  const { matches: { value: set }, focus } = log.state;
  const line = set ? nextLine(set, focus.line, by) : 0;
  if (!set || line === 0) {
    log.trace.say('No match');
    return;
  }
  log.choose(line, false, 'push');
  log.set({ focus: { ...log.state.focus, word: true } });
  log.trace.say(`${count(linesBefore(set, line) + 1)} of ${count(set.count)}`);
}

/**
 * Brings what is missing at the active gap.
 * @param {LogStore} log
 * @param {boolean} end
 */
export function readGap(log, end) {
  const { rows, focus } = log.state;
  const { gap } = atRow(rows, rowOfFocus(rows, focus));
  if (focus.gap && gap) void log.more(gap, end);
}
