// The texts of lines: what the columns do not hold.

import { json } from '../lib/api.js';

/** @typedef {import('../types').LineText} LineText */

const HELD = 50_000; // lines
const PAUSE = 30; // ms to wait for more lines before asking

/** The texts of the lines that were asked for, some in one request. */
export class LineTexts {
  #path;
  #signal;
  #came;
  /** @type {Map<number, LineText>} */
  #texts = new Map();
  /** @type {Map<string, number>} */
  #lines = new Map();
  /** @type {Set<number>} */
  #underway = new Set();
  /** @type {Set<number>} */
  #wanted = new Set();
  #timer = 0;

  /**
   * @param {string} path of the trace
   * @param {AbortSignal} signal
   * @param {() => void} came
   */
  constructor(path, signal, came) {
    this.#path = path;
    this.#signal = signal;
    this.#came = came;
  }

  /** What is known now. */
  current() {
    return { get: (/** @type {number} */ line) => this.#texts.get(line) };
  }

  /** @param {number} line */
  get(line) {
    return this.#texts.get(line);
  }

  /** @param {string} id of a span */
  lineOf(id) {
    return this.#lines.get(id);
  }

  /** @param {number[]} lines */
  want(lines) {
    for (const line of lines) if (!this.#underway.has(line)) this.#wanted.add(line);
    if (this.#wanted.size > 0 && this.#timer === 0) this.#timer = setTimeout(() => this.#ask(), PAUSE);
  }

  /**
   * Asks for texts and waits for them: a page that is about to be printed
   * cannot be changed later.
   * @param {number[]} lines
   */
  now(lines) {
    const missing = lines.filter((line) => !this.#texts.has(line));
    if (missing.length === 0) return;
    const request = new XMLHttpRequest();
    try {
      request.open('GET', `/api/v1/${this.#path}lines?at=${missing.join(',')}`, false);
      request.send();
      for (const t of /** @type {LineText[]} */ (JSON.parse(request.responseText).lines)) this.#texts.set(t.line, t);
    } catch {
      // the names are printed all the same
    }
  }

  async #ask() {
    this.#timer = 0;
    const lines = [...this.#wanted];
    this.#wanted.clear();
    for (const line of lines) this.#underway.add(line);
    try {
      const r = /** @type {{ lines: LineText[] }} */ (await json(`${this.#path}lines?at=${lines.join(',')}`, this.#signal));
      if (this.#texts.size > HELD) this.#texts.clear();
      for (const t of r.lines) {
        this.#texts.set(t.line, t);
        if (t.id && !t.only) this.#lines.set(t.id, t.line);
      }
      this.#came();
    } catch {
      // the lines show their names all the same, and are asked for again when they are drawn again
    } finally {
      for (const line of lines) this.#underway.delete(line);
    }
  }
}
