// What the page of a history shows of its runs: signs, short names, drawings of durations.
// Pure.

/** @typedef {import('../historytypes').Job} Job */
/** @typedef {import('../historytypes').HistoryRun} HistoryRun */
/** @typedef {import('../historytypes').Mark} Mark */
/** @typedef {import('../historytypes').Piece} Piece */
/** @typedef {import('../historytypes').Chart} Chart */

/**
 * The letter of a finding, the same as in the text of prowtrace history.
 * @param {number} finding its number
 */
export function letter(finding) {
  return String.fromCharCode(65 + Math.min(finding, 25));
}

/**
 * How each run of a job is marked.
 * @param {Job} job
 * @returns {Mark[]}
 */
export function marksOf(job) {
  /** @type {Map<number, number>} */
  const findings = new Map();
  job.findings.forEach((f, n) => f.runs.forEach((run) => findings.set(run, n)));
  return job.runs.map((run, i) => {
    const finding = findings.get(i);
    if (finding !== undefined) return { kind: 'failed', sign: letter(finding), finding };
    switch (run.result) {
      case 'passed':
        return { kind: 'passed', sign: '·', finding: -1 };
      case 'failed':
      case 'error':
        return { kind: 'failed', sign: '?', finding: -1 };
      case 'running':
        return { kind: 'running', sign: '…', finding: -1 };
    }
    return { kind: 'aborted', sign: '–', finding: -1 };
  });
}

/**
 * Names for builds without their middles, each another one: 1899…731.
 * @param {string[]} builds
 * @returns {Map<string, string>}
 */
export function shortNames(builds) {
  for (let digits = 4; digits < 12; digits++) {
    const names = new Map(builds.map((b) => [b, /^\d{16,}$/.test(b) ? `${b.slice(0, digits)}…${b.slice(-3)}` : b]));
    if (new Set(names.values()).size === names.size) return names;
  }
  return new Map(builds.map((b) => [b, b]));
}

/**
 * Cuts a sentence at the builds that it names.
 * @param {string} sentence
 * @param {HistoryRun[]} runs
 * @returns {Piece[]}
 */
export function withRuns(sentence, runs) {
  const known = new Map(runs.map((r) => [r.build, r]));
  return sentence.split(/(\d{8,})/).filter((part) => part !== '').map((part) => {
    const run = known.get(part);
    return run ? { text: part, run } : { text: part };
  });
}

/**
 * What is said of unusual durations: "8m00s in 4 failed runs".
 * @param {number} n how many there are
 * @param {boolean} failed whether all of them are of runs that failed
 * @param {string} took
 */
export function unusual(n, failed, took) {
  return n === 0 ? '' : `${took} in ${n}${failed ? ' failed' : ''} ${n === 1 ? 'run' : 'runs'}`;
}

/**
 * What is said of a limit.
 * @param {import('../historytypes').BudgetUse} b
 * @param {(ns: number) => string} duration words a duration
 */
export function budgetSaid({ share, limit_ns, slope_ns, meets_after }, duration) {
  const used = `${Math.round(share * 100)}% of ${duration(limit_ns)} used`;
  return meets_after === undefined ? used : `${used}, ${duration(slope_ns)} more per run: reached in about ${meets_after} ${meets_after === 1 ? 'run' : 'runs'}`;
}

const MARGIN = 4;

/** How much room there is above what is usual, as a multiple of that. */
const ROOM = 1.6;

/**
 * Draws durations from zero up. Runs without one interrupt the line.
 * @param {number[]} values of each run; -1 is none
 * @param {{ width: number, height: number, usual?: number, limit?: number }} o
 * @returns {Chart}
 */
export function chartOf(values, { width, height, usual, limit }) {
  const top = Math.max(1, (usual ?? 0) * ROOM, limit ?? 0, ...values);
  const x = (/** @type {number} */ i) => round(values.length < 2 ? width / 2 : MARGIN + (i * (width - 2 * MARGIN)) / (values.length - 1));
  const y = (/** @type {number} */ v) => round(height - MARGIN - (v * (height - 2 * MARGIN)) / top);
  const points = values.map((v, i) => /** @type {[number, number] | null} */ (v < 0 ? null : [x(i), y(v)]));
  /** @type {[number, number][][]} */
  const lines = [[]];
  for (const p of points) {
    if (p) lines[lines.length - 1]?.push(p);
    else if (lines[lines.length - 1]?.length) lines.push([]);
  }
  return { points, lines: lines.filter((l) => l.length > 0), usual: usual === undefined ? null : y(usual), limit: limit === undefined ? null : y(limit) };
}

/** @param {number} v */
function round(v) {
  return Math.round(v * 10) / 10;
}

/**
 * The square that a key leads to, among strips of some lengths; null where it means nothing.
 * @param {string} key
 * @param {number} strip
 * @param {number} square
 * @param {number[]} lengths of the strips
 * @returns {[strip: number, square: number] | null}
 */
export function squareAt(key, strip, square, lengths) {
  const last = (lengths[strip] ?? 1) - 1;
  switch (key) {
    case 'ArrowLeft':
      return [strip, Math.max(0, square - 1)];
    case 'ArrowRight':
      return [strip, Math.min(last, square + 1)];
    case 'Home':
      return [strip, 0];
    case 'End':
      return [strip, last];
    case 'ArrowUp':
    case 'ArrowDown': {
      const to = Math.min(lengths.length - 1, Math.max(0, strip + (key === 'ArrowUp' ? -1 : 1)));
      return [to, Math.min(square, (lengths[to] ?? 1) - 1)];
    }
  }
  return null;
}

/** How many runs can be chosen to be looked at, where so many are known. */
const CHOICES = [5, 10, 20, 30, 50, 100, 200];

/**
 * @param {number} most runs of the job that has most
 */
export function choices(most) {
  return [...CHOICES.filter((n) => n < most), most];
}
