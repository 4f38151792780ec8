// The lines of a log that a page in a file has. Pure.

import { termsOf, unquoted } from './words.js';

/** @typedef {import('../types').WholeLine} WholeLine */
/** @typedef {{ lines: WholeLine[] } | undefined} HeldLines in order */

/**
 * Those that are asked for by their numbers, such as 1-40,77.
 * @param {HeldLines} held
 * @param {URLSearchParams} p
 */
export function linesAt(held, p) {
  const q = p.get('q') ?? '';
  return held && { lines: (p.get('at') ?? '').split(',').flatMap((part) => {
    const [from = 0, to = from] = part.split('-').map(Number);
    const first = indexOf(held.lines, from);
    return held.lines.slice(first, indexOf(held.lines, to + 1)).map((l) => (q ? withFound(l, q) : l));
  }) };
}

/**
 * The index of the first line with a number, or behind it.
 * @param {WholeLine[]} lines
 * @param {number} number
 */
function indexOf(lines, number) {
  let lo = 0;
  let hi = lines.length;
  while (lo < hi) {
    const mid = (lo + hi) >> 1;
    if (/** @type {WholeLine} */ (lines[mid]).number < number) lo = mid + 1;
    else hi = mid;
  }
  return lo;
}

/**
 * Whether a line is of a time, in Unix ns.
 * @param {URLSearchParams} p
 * @returns {(l: WholeLine) => boolean}
 */
function ofTime(p) {
  const [from, to] = [p.get('from'), p.get('to')];
  if (from === null && to === null) return () => true;
  return ({ time }) => time !== undefined && (from === null || BigInt(time) >= BigInt(from)) && (to === null || BigInt(time) <= BigInt(to));
}

/**
 * Which lines are of a time: as the server's log/at.
 * @param {HeldLines} held
 * @param {URLSearchParams} p
 */
export function linesOfTime(held, p) {
  if (!held) return undefined;
  const found = held.lines.filter(ofTime(p));
  const [first, last] = [found[0], found[found.length - 1]];
  if (first && last) return { first: first.number, last: last.number, count: found.length };
  const before = held.lines.filter(ofTime(new URLSearchParams({ to: p.get('from') ?? '' })));
  return { first: before[before.length - 1]?.number ?? 0, last: 0, count: 0 };
}

const SEVERITIES = ['', 'debug', 'info', 'warning', 'error', 'fatal'];

/**
 * The lines that a search finds, as the server's log/find; undefined where it asks for more
 * than words, phrases and severities.
 * @param {HeldLines} held
 * @param {URLSearchParams} p
 * @returns {Uint8Array<ArrayBuffer> | undefined}
 */
export function linesFound(held, p) {
  const terms = termsOf(p.get('q') ?? '').map(termOf);
  if (!held || !terms.every((t) => t !== null)) return undefined;
  const within = ofTime(p);
  const found = held.lines.filter((l) => within(l) && terms.every((meets) => meets(l))).map((l) => l.number);
  const ranges = [];
  for (const n of found) {
    if (ranges.length > 0 && ranges[ranges.length - 1] === n - 1) ranges[ranges.length - 1] = n;
    else ranges.push(n, n);
  }
  return new Uint8Array(Uint32Array.from([found.length, ...ranges]).buffer);
}

/**
 * @param {string} term
 * @returns {((l: WholeLine) => boolean) | null}
 */
function termOf(term) {
  const least = SEVERITIES.indexOf(/^sev:(.+)$/.exec(term)?.[1]?.toLowerCase() ?? '-');
  if (least > 0) return (l) => SEVERITIES.indexOf(l.severity ?? '') >= least;
  if (!term.startsWith('"') && (/^(?:sev|after|before):|^[-~(]|^OR$|\)$/u.test(term))) return null;
  const word = unquoted(term).toLowerCase();
  return (l) => textOf(l).toLowerCase().includes(word);
}

/** @param {WholeLine} l */
function textOf(l) {
  return l.text.map(([text]) => text).join('');
}

/**
 * A line with the words of a search marked.
 * @param {WholeLine} l
 * @param {string} q
 * @returns {WholeLine}
 */
function withFound(l, q) {
  const words = termsOf(q).filter((t) => !t.startsWith('sev:')).map((t) => unquoted(t).toLowerCase()).filter(Boolean);
  const lower = textOf(l).toLowerCase();
  const marked = new Uint8Array(lower.length);
  for (const word of words) for (let i = lower.indexOf(word); i >= 0; i = lower.indexOf(word, i + word.length)) marked.fill(1, i, i + word.length);
  /** @type {[text: string, style?: string][]} */
  const text = [];
  let at = 0;
  for (const [piece, style = ''] of l.text) {
    for (let i = 0; i < piece.length;) {
      let end = i + 1;
      while (end < piece.length && marked[at + end] === marked[at + i]) end++;
      const styles = [style, marked[at + i] ? 'found' : ''].filter(Boolean).join(' ');
      text.push(styles ? [piece.slice(i, end), styles] : [piece.slice(i, end)]);
      i = end;
    }
    at += piece.length;
  }
  return { ...l, text };
}
