// What the server tells of lines by their numbers, of many lines in one request.

import { json } from '../lib/api.js';
import { answerNow } from '../lib/source.js';
import { formatRanges } from '../model/ranges.js';

const HELD = 20_000; // lines
const PAUSE = 20; // ms to wait for more lines before asking
const ASKED = 1000; // lines of one request; the server's linesPerAnswer

/**
 * Asks for lines as they are drawn, and keeps what came.
 * @template T what is told of a line
 */
export class LineLoader {
  #pathOf;
  #numberOf;
  #signal;
  #came;
  #failed;
  /** @type {Map<number, T>} */
  #lines = new Map();
  /** @type {Set<number>} */
  #old = new Set(); // lines that are asked for anew
  /** @type {Set<number>} */
  #underway = new Set();
  /** @type {Set<number>} */
  #wanted = new Set();
  #timer = 0;

  /**
   * @param {(numbers: string) => string} pathOf numbers such as 1-40,77
   * @param {(line: T) => number} numberOf
   * @param {AbortSignal} signal
   * @param {() => void} came
   * @param {(e: unknown, path: string) => void} [failed]
   */
  constructor(pathOf, numberOf, signal, came, failed) {
    this.#pathOf = pathOf;
    this.#numberOf = numberOf;
    this.#signal = signal;
    this.#came = came;
    this.#failed = failed;
    signal.addEventListener('abort', () => clearTimeout(this.#timer));
  }

  /** What is known now. */
  current() {
    return { get: (/** @type {number} */ line) => this.#lines.get(line) };
  }

  /** @param {number} line */
  get(line) {
    return this.#lines.get(line);
  }

  /** @param {(line: T) => boolean} holds */
  find(holds) {
    for (const line of this.#lines.values()) if (holds(line)) return line;
    return undefined;
  }

  /** Lines are told otherwise from now on. What is known of them stays until that comes. */
  renew() {
    this.#old = new Set(this.#lines.keys());
    this.#underway = new Set(); // what comes of those is dropped
  }

  /**
   * Lines from one on have other numbers now: all are asked for anew.
   * @param {number} from
   * @param {number} by
   * @param {(line: T, number: number) => T} renumbered
   */
  move(from, by, renumbered) {
    const move = (/** @type {number} */ n) => (n >= from ? n + by : n);
    this.#lines = new Map([...this.#lines].map(([n, line]) => [move(n), renumbered(line, move(n))]));
    this.#wanted.clear();
    this.renew();
  }

  /** @param {number} line */
  #has(line) {
    return this.#lines.has(line) && !this.#old.has(line);
  }

  /** @param {number[]} lines */
  want(lines) {
    for (const line of lines) if (!this.#underway.has(line) && !this.#has(line)) this.#wanted.add(line);
    if (this.#wanted.size > 0 && this.#timer === 0) this.#timer = setTimeout(() => this.#ask(), PAUSE);
  }

  /**
   * Asks for lines and waits for them: a page that is about to be printed cannot be
   * changed later.
   * @param {number[]} lines
   */
  now(lines) {
    const missing = lines.filter((line) => !this.#has(line));
    if (missing.length === 0) return;
    try {
      this.#keep(JSON.parse(answerNow(this.#pathOf(formatRanges(missing, ',')))).lines);
    } catch {
      // what is known is printed all the same
    }
  }

  async #ask() {
    this.#timer = 0;
    const lines = [...this.#wanted].sort((a, b) => a - b).slice(-ASKED); // those scrolled to last are lower, most often
    this.#wanted.clear();
    const underway = this.#underway;
    for (const line of lines) underway.add(line);
    const path = this.#pathOf(formatRanges(lines, ','));
    try {
      const answer = /** @type {{ lines: T[] }} */ (await json(path, this.#signal));
      if (underway !== this.#underway) return;
      this.#keep(answer.lines);
      this.#came();
    } catch (e) {
      this.#failed?.(e, path); // they are asked for again when they are drawn again
    } finally {
      for (const line of lines) underway.delete(line);
    }
  }

  /** @param {T[]} lines */
  #keep(lines) {
    if (this.#lines.size > HELD) this.#lines.clear();
    for (const line of lines) {
      this.#lines.set(this.#numberOf(line), line);
      this.#old.delete(this.#numberOf(line));
    }
  }
}
