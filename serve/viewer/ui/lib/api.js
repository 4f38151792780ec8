// Asking the server. Every answer is described in docs/api.md.

import { build, decode } from '../model/columns.js';

/** An answer that is an error: what is wrong, and what to do next. */
export class Failure extends Error {
  /**
   * @param {string} what
   * @param {string} next
   * @param {number} status
   */
  constructor(what, next, status) {
    super(what);
    this.next = next;
    this.status = status;
  }
}

/**
 * @param {string} path below /api/v1/
 * @param {AbortSignal} [signal]
 */
async function ask(path, signal) {
  /** @type {Response} */
  let response;
  try {
    response = await fetch('/api/v1/' + path, signal ? { signal } : {});
  } catch (e) {
    if (signal?.aborted) throw e;
    throw new Failure('prowtrace does not answer', 'It has ended, or this page was left open from an earlier run. Start it again and open the address that it prints.', 0);
  }
  if (response.ok) return response;
  const body = await response.json().catch(() => null);
  throw new Failure(body?.error?.what ?? `The server answered ${response.status}`, body?.error?.next ?? '', response.status);
}

/**
 * @template T
 * @param {string} path
 * @param {AbortSignal} [signal]
 * @returns {Promise<T>}
 */
export async function json(path, signal) {
  return (await ask(path, signal)).json();
}

/**
 * @param {string} path
 * @param {AbortSignal} [signal]
 */
export async function text(path, signal) {
  return (await ask(path, signal)).text();
}

const PIECE = 500_000; // lines asked for at a time: some 10 MB

/**
 * Loads a trace: its head, and its columns in pieces.
 * @param {string} id
 * @param {(share: number) => void} progress
 * @param {AbortSignal} signal
 * @returns {Promise<import('../types').Model>}
 */
export async function loadTrace(id, progress, signal) {
  const path = 'traces/' + encodeURIComponent(id);
  const columns = async (/** @type {number} */ from) =>
    decode(await (await ask(`${path}/columns?from=${from}&to=${from + PIECE}`, signal)).arrayBuffer());
  /** @type {[import('../types').TraceHead, import('../types').Part]} */
  const [head, first] = await Promise.all([json(path, signal), columns(0)]);
  const parts = [first];
  for (let from = first.to; from < first.lines; from += PIECE) {
    progress(from / first.lines);
    parts.push(await columns(from));
  }
  return build(head, parts);
}

/**
 * The lines that match a query, in order.
 * @param {string} trace
 * @param {string} q
 * @param {AbortSignal} signal
 */
export async function find(trace, q, signal) {
  const r = await ask(`traces/${encodeURIComponent(trace)}/find?q=${encodeURIComponent(q)}`, signal);
  return new Uint32Array(await r.arrayBuffer());
}
