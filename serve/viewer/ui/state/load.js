// Loading what comes in pieces or is binary: the columns of a trace, its critical path,
// and the lines that match a query.

import { ask, json } from '../lib/api.js';
import { builder } from '../model/build.js';
import { decode } from '../model/columns.js';
import { putBefore, segmentsByLine } from '../model/criticalpath.js';

const PIECE = 200_000; // lines asked for at a time, up to 5 MB; the server's pieceOfColumns

/**
 * Loads a trace: its head, and its columns in pieces, which the browser has asked
 * for already where the server told it to. The trace is built as they come.
 * @param {string} id
 * @param {(head: import('../types').TraceHead) => void} begun told of the head before the columns have come
 * @param {(share: number) => void} progress
 * @param {AbortSignal} signal
 * @returns {Promise<import('../types').Model>}
 */
export async function loadTrace(id, begun, progress, signal) {
  const path = 'traces/' + encodeURIComponent(id);
  const columns = (/** @type {number} */ from) => {
    const part = ask(`${path}/columns?from=${from}&to=${from + PIECE}`, signal).then((r) => r.arrayBuffer()).then(decode);
    part.catch(() => {}); // it fails where it is waited for
    return part;
  };
  const parts = [columns(0)];
  /** @type {import('../types').TraceHead} */
  const head = await json(path, signal);
  for (let from = PIECE; from < head.lines; from += PIECE) parts.push(columns(from));
  begun(head);
  const { add, model } = builder(head);
  for (const part of parts) {
    const come = await part;
    add(come);
    progress(come.to / head.lines);
  }
  return model();
}

/**
 * Loads the critical path. Its end comes first, and is told of first; the rest of a long
 * one is told of at once.
 * @param {string} path of the trace
 * @param {(critical: import('../types').Segments) => void} came
 * @param {AbortSignal} signal
 */
export async function loadCritical(path, came, signal) {
  /** @type {Map<number, number[]>} */
  const critical = new Map();
  for (let offset = 0, total = 1; offset < total;) {
    const page = /** @type {{ segments: number[], total: number }} */ (await json(`${path}critical?offset=${offset}`, signal));
    const first = offset === 0;
    putBefore(critical, segmentsByLine(page.segments));
    offset += page.segments.length / 3;
    total = page.segments.length > 0 ? page.total : 0;
    if (first || offset >= total) came(offset < total ? new Map(critical) : critical);
  }
}

/**
 * The lines that match a query, in order.
 * @param {string} path of the trace
 * @param {string} q
 * @param {AbortSignal} signal
 */
export async function find(path, q, signal) {
  const r = await ask(`${path}find?q=${encodeURIComponent(q)}`, signal);
  return new Uint32Array(await r.arrayBuffer());
}
