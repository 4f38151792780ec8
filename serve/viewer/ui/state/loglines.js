// The lines of a log that are on the screen, some in one request.

import { json } from '../lib/api.js';
import { formatNumbers } from '../model/loglines.js';

/** @typedef {import('../types').LogLine} LogLine */

const HELD = 20_000; // lines
const PAUSE = 20; // ms to wait for more lines before asking
const ASKED = 1000; // lines of one request; the server's linesPerAnswer

export class LogLines {
  #path;
  #signal;
  #came;
  /** @type {Map<number, LogLine>} */
  #lines = new Map();
  /** @type {Set<number>} */
  #underway = new Set();
  /** @type {Set<number>} */
  #wanted = new Set();
  #timer = 0;

  /**
   * @param {string} path of the lines of one log
   * @param {AbortSignal} signal
   * @param {() => void} came
   */
  constructor(path, signal, came) {
    this.#path = path;
    this.#signal = signal;
    this.#came = came;
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

  /** @param {number[]} lines */
  want(lines) {
    for (const line of lines) if (!this.#underway.has(line) && !this.#lines.has(line)) this.#wanted.add(line);
    if (this.#wanted.size > 0 && this.#timer === 0) this.#timer = setTimeout(() => this.#ask(), PAUSE);
  }

  /**
   * Asks for lines and waits for them: a page that is about to be printed cannot be
   * changed later.
   * @param {number[]} lines
   */
  now(lines) {
    const missing = lines.filter((line) => !this.#lines.has(line));
    if (missing.length === 0) return;
    const request = new XMLHttpRequest();
    try {
      request.open('GET', `/api/v1/${this.#path}&at=${formatNumbers(missing)}`, false);
      request.send();
      this.#keep(JSON.parse(request.responseText).lines);
    } catch {
      // what is known is printed all the same
    }
  }

  async #ask() {
    this.#timer = 0;
    const lines = [...this.#wanted].sort((a, b) => a - b).slice(-ASKED); // those scrolled to last are lower, most often
    this.#wanted.clear();
    for (const line of lines) this.#underway.add(line);
    try {
      const answer = /** @type {{ lines: LogLine[] }} */ (await json(`${this.#path}&at=${formatNumbers(lines)}`, this.#signal));
      this.#keep(answer.lines);
      this.#came();
    } catch {
      // they are asked for again when they are drawn again
    } finally {
      for (const line of lines) this.#underway.delete(line);
    }
  }

  /** @param {LogLine[]} lines */
  #keep(lines) {
    if (this.#lines.size > HELD) this.#lines.clear();
    for (const l of lines) this.#lines.set(l.number, l);
  }
}
