// Asking the server for one thing at a time.

/**
 * @template T
 * @typedef {import('../types').Answer<T>} Answer
 */

const LATE = 300; // ms

/** @type {Answer<never>} */
export const UNASKED = Object.freeze({ key: null, of: null, late: false });

/**
 * Whether an answer is the one to what was asked for last.
 * @param {Answer<unknown>} answer
 */
export function settled(answer) {
  return answer.error !== undefined || answer.of === answer.key;
}

/**
 * Loads what a key stands for. Another key takes the place of one that is not
 * answered yet; the same key is not asked for again.
 * @template T
 */
export class Loader {
  /** @type {Answer<T>} */
  #answer = UNASKED;
  #asking = new AbortController();

  /**
   * @param {(key: string, signal: AbortSignal) => Promise<T>} load
   * @param {(answer: Answer<T>) => void} changed
   * @param {AbortSignal} ended after which nothing is told
   */
  constructor(load, changed, ended) {
    this.load = load;
    this.changed = changed;
    ended.addEventListener('abort', () => this.#asking.abort());
  }

  /** @param {string} key */
  async ask(key) {
    if (key === this.#answer.key) return;
    const { signal } = this.#begin();
    const before = { of: this.#answer.of, value: this.#answer.value };
    this.#tell({ ...before, key, late: false });
    const timer = setTimeout(() => this.#tell({ ...before, key, late: true }), LATE);
    try {
      const value = await this.load(key, signal);
      if (!signal.aborted) this.#tell({ key, of: key, value, late: false });
    } catch (error) {
      if (!signal.aborted) this.#tell({ key, of: null, error, late: false });
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * Answers a key without the server.
   * @param {string} key
   * @param {T} value
   */
  put(key, value) {
    if (key === this.#answer.key) return;
    this.#begin();
    this.#tell({ key, of: key, value, late: false });
  }

  #begin() {
    this.#asking.abort();
    this.#asking = new AbortController();
    return this.#asking;
  }

  /** @param {Answer<T>} answer */
  #tell(answer) {
    this.#answer = answer;
    this.changed(answer);
  }
}
