// The texts of lines: what the columns do not hold.

import { json } from '../lib/api.js';

/** @typedef {import('../types').Model} Model */
/** @typedef {import('../types').LineText} LineText */

/**
 * The texts of the lines on show, asked for in one request a frame at most.
 * @param {Model} m
 * @param {AbortSignal} signal
 * @param {() => void} came
 */
export function newTexts(m, signal, came) {
  /** @type {Map<number, LineText>} */
  const have = new Map();
  /** @type {Map<string, number>} */
  const byID = new Map();
  /** @type {Set<number>} */
  const underway = new Set();
  let waiting = 0;
  /** @type {Set<number>} */
  let wanted = new Set();

  async function askFor() {
    waiting = 0;
    const lines = [...wanted];
    wanted = new Set();
    for (const l of lines) underway.add(l);
    try {
      const r = /** @type {{ lines: LineText[] }} */ (await json(`traces/${m.head.id}/lines?at=${lines.join(',')}`, signal));
      if (have.size > 50_000) have.clear();
      for (const t of r.lines) {
        have.set(t.line, t);
        if (t.id && !t.only) byID.set(t.id, t.line);
      }
      came();
    } catch {
      // the lines show their names all the same, and are asked for again when they are drawn again
    } finally {
      for (const l of lines) underway.delete(l);
    }
  }

  return {
    get: (/** @type {number} */ line) => have.get(line),
    /**
     * Asks for texts and waits for them: a page that is about to be printed
     * cannot be changed later.
     * @param {number[]} lines
     */
    now(lines) {
      const wanted = lines.filter((l) => !have.has(l));
      if (wanted.length === 0) return;
      const request = new XMLHttpRequest();
      try {
        request.open('GET', `/api/v1/traces/${m.head.id}/lines?at=${wanted.join(',')}`, false);
        request.send();
        for (const t of /** @type {LineText[]} */ (JSON.parse(request.responseText).lines)) have.set(t.line, t);
      } catch {
        // the names are printed all the same
      }
    },
    lineOf: (/** @type {string} */ id) => byID.get(id),
    /** @param {number[]} lines */
    want(lines) {
      for (const l of lines) if (!underway.has(l)) wanted.add(l);
      if (wanted.size > 0 && waiting === 0) waiting = setTimeout(askFor, 30);
    },
  };
}

