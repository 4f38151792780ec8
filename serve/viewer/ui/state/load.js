// Loading what is binary: the columns of a trace, and the lines that match a
// query.

import { ask, json } from '../lib/api.js';
import { build, decode } from '../model/columns.js';

const PIECE = 200_000; // lines asked for at a time, up to 5 MB; the server's pieceOfColumns

/**
 * Loads a trace: its head, and its columns in pieces, which the browser has asked
 * for already where the server told it to.
 * @param {string} id
 * @param {(head: import('../types').TraceHead) => void} begun told of the head before the columns have come
 * @param {(share: number) => void} progress
 * @param {AbortSignal} signal
 * @returns {Promise<import('../types').Model>}
 */
export async function loadTrace(id, begun, progress, signal) {
  const path = 'traces/' + encodeURIComponent(id);
  const columns = async (/** @type {number} */ from) =>
    decode(await (await ask(`${path}/columns?from=${from}&to=${from + PIECE}`, signal)).arrayBuffer());
  const heading = async () => {
    /** @type {import('../types').TraceHead} */
    const head = await json(path, signal);
    begun(head);
    return head;
  };
  const [head, first] = await Promise.all([heading(), columns(0)]);
  let come = first.to;
  const rest = [];
  for (let from = first.to; from < first.lines; from += PIECE) rest.push(columns(from).then((part) => {
    come += part.to - part.from;
    progress(come / first.lines);
    return part;
  }));
  return build(head, [first, ...await Promise.all(rest)]);
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
