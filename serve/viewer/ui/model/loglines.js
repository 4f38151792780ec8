// Lines of a log by their numbers, which count from 1: which are on show, which
// match, and in which rows they stand. Pure.

/** @typedef {import('../types').LineSet} LineSet */
/** @typedef {import('../types').LogGap} LogGap */
/** @typedef {import('../types').LogRange} LogRange */
/** @typedef {import('../types').LogRows} LogRows */

import { at } from './columns.js';

/**
 * What an address says of a log: build-log.txt:10-20.
 * @param {string} address
 * @returns {{ name: string, range: LogRange | null }}
 */
export function parseLog(address) {
  const m = /^(.*):(\d{1,9})(?:-(\d{1,9}))?$/.exec(address);
  const from = Number(m?.[2]);
  if (!m || from === 0) return { name: address, range: null };
  return { name: m[1] ?? '', range: { from, to: Math.max(from, Number(m[3] ?? from)) } };
}

/**
 * @param {string} name
 * @param {LogRange | null} range
 */
export function formatLog(name, range) {
  if (!range) return name;
  return `${name}:${range.from}${range.to > range.from ? '-' + range.to : ''}`;
}

/**
 * The log that an address means: that of the name, else one whose path ends so, else the first.
 * @param {{ name: string }[]} logs
 * @param {string} name
 */
export function logNamed(logs, name) {
  return (logs.find((l) => l.name === name) ?? logs.find((l) => l.name.endsWith('/' + name)) ?? logs[0])?.name ?? '';
}

/**
 * The lines that the server has found.
 * @param {Uint32Array} numbers how many, then first and last of each range by turns
 * @returns {LineSet}
 */
export function lineSet(numbers) {
  return { count: numbers[0] ?? 0, ranges: numbers.subarray(1) };
}

/**
 * All lines of a log.
 * @param {number} n
 * @returns {LineSet}
 */
export function allLines(n) {
  return { count: n, ranges: n > 0 ? Uint32Array.of(1, n) : new Uint32Array(0) };
}

/**
 * The lines of a log that can be shown: all, but in a page in a file.
 * @param {import('../types').LogHead} head
 * @returns {LineSet}
 */
export function heldLines({ lines, held }) {
  if (!held) return allLines(lines);
  const ranges = Uint32Array.from(held);
  return { count: linesBefore({ count: 0, ranges }, lines + 1), ranges };
}

/**
 * The place of the first range that does not end before a line, as an index of ranges.
 * @param {LineSet} set
 * @param {number} line
 */
function rangeFrom({ ranges }, line) {
  let lo = 0;
  let hi = ranges.length / 2;
  while (lo < hi) {
    const mid = (lo + hi) >> 1;
    if (at(ranges, 2 * mid + 1) < line) lo = mid + 1;
    else hi = mid;
  }
  return 2 * lo;
}

/**
 * @param {LineSet} set
 * @param {number} line
 */
export function hasLine(set, line) {
  const i = rangeFrom(set, line);
  return i < set.ranges.length && at(set.ranges, i) <= line;
}

/**
 * The next line of a set after (or before) one, around the end; 0 where there is none.
 * @param {LineSet} set
 * @param {number} line
 * @param {1 | -1} by
 */
export function nextLine(set, line, by) {
  const { ranges } = set;
  if (ranges.length === 0) return 0;
  if (by > 0) {
    const i = rangeFrom(set, line + 1);
    return i < ranges.length ? Math.max(at(ranges, i), line + 1) : at(ranges, 0);
  }
  const i = rangeFrom(set, line);
  if (i < ranges.length && at(ranges, i) < line) return line - 1;
  return at(ranges, (i === 0 ? ranges.length : i) - 1);
}

/**
 * How many lines of a set come before one.
 * @param {LineSet} set
 * @param {number} line
 */
export function linesBefore(set, line) {
  let n = 0;
  for (let i = 0; i < set.ranges.length && at(set.ranges, i) < line; i += 2) n += Math.min(at(set.ranges, i + 1) + 1, line) - at(set.ranges, i);
  return n;
}

/**
 * The rows of some lines, and of the gaps at them.
 * @param {LineSet} set
 * @param {LogGap[]} gaps in order
 * @param {number} lines that the log has
 * @returns {LogRows}
 */
export function logRows(set, gaps, lines) {
  /** @type {import('../types').LogPiece[]} */
  const pieces = [];
  let row = 0;
  let g = 0;
  const put = (/** @type {LogGap} */ gap, /** @type {number} */ first) => pieces.push({ row: row++, first, gap });
  for (let i = 0; i < set.ranges.length; i += 2) {
    let first = at(set.ranges, i);
    const last = at(set.ranges, i + 1);
    const behind = last === lines ? last + 1 : last;
    while (g < gaps.length && (gaps[g]?.before ?? 0) < first) g++;
    for (; g < gaps.length && (gaps[g]?.before ?? 0) <= behind; g++) {
      const gap = /** @type {LogGap} */ (gaps[g]);
      const { before } = gap;
      if (before > first) {
        pieces.push({ row, first, gap: null });
        row += before - first;
      }
      put(gap, before);
      first = before;
    }
    if (first <= last) {
      pieces.push({ row, first, gap: null });
      row += last + 1 - first;
    }
  }
  if (lines === 0) for (const gap of gaps) put(gap, 1);
  return { n: row, pieces };
}

/**
 * The last piece for which a condition holds that holds of no piece behind one of
 * which it does not.
 * @param {LogRows} rows
 * @param {(p: import('../types').LogPiece) => boolean} holds
 */
function lastPiece({ pieces }, holds) {
  let lo = 0;
  let hi = pieces.length;
  while (lo < hi) {
    const mid = (lo + hi) >> 1;
    if (holds(/** @type {import('../types').LogPiece} */ (pieces[mid]))) lo = mid + 1;
    else hi = mid;
  }
  return lo - 1;
}

/**
 * What stands in a row: a line, or a gap.
 * @param {LogRows} rows
 * @param {number} row
 * @returns {{ line: number, gap: LogGap | null }}
 */
export function atRow(rows, row) {
  const p = rows.pieces[lastPiece(rows, (q) => q.row <= row)];
  if (!p || p.gap) return { line: 0, gap: p?.gap ?? null };
  return { line: p.first + row - p.row, gap: null };
}

/**
 * The row of a line, or of the first one behind it that is on show; else the last row.
 * @param {LogRows} rows
 * @param {number} line
 */
export function rowOf(rows, line) {
  const k = lastPiece(rows, (q) => q.first <= line);
  const p = rows.pieces[k];
  if (!p) return 0;
  const next = rows.pieces[k + 1]?.row ?? rows.n;
  return Math.min(p.gap ? p.row + 1 : p.row + line - p.first, next, rows.n - 1);
}

/**
 * The row of the gap before a line; else that of the line.
 * @param {LogRows} rows
 * @param {number} before
 */
export function gapRow(rows, before) {
  const p = rows.pieces[lastPiece(rows, (q) => q.first < before || (q.first === before && q.gap !== null))];
  return p?.gap && p.first === before ? p.row : rowOf(rows, before);
}

/**
 * A set of lines after others were put in before a line: those have no part in it.
 * @param {LineSet} set
 * @param {number} before
 * @param {number} by how many
 * @returns {LineSet}
 */
export function movedLines({ count, ranges }, before, by) {
  const out = [];
  for (let i = 0; i < ranges.length; i += 2) {
    const first = at(ranges, i);
    const last = at(ranges, i + 1);
    if (first < before && last >= before) out.push(first, before - 1, before + by, last + by);
    else out.push(...(first < before ? [first, last] : [first + by, last + by]));
  }
  return { count, ranges: Uint32Array.from(out) };
}

/**
 * The row of the active line, or gap.
 * @param {import('../types').LogRows} rows
 * @param {import('../types').LogFocus} focus
 */
export function rowOfFocus(rows, { line, gap }) {
  return gap ? gapRow(rows, line) : rowOf(rows, line);
}
