// Asking for answers. Each is described in docs/api.md.

import { answer } from './source.js';

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
 * A good answer to a request; any other throws a Failure.
 * @param {string} path below /api/v1/
 * @param {AbortSignal} [signal]
 */
export async function ask(path, signal) {
  /** @type {Response} */
  let response;
  try {
    response = await answer(path, signal);
  } catch (e) {
    if (signal?.aborted) throw e;
    throw new Failure('prowtrace does not answer', 'It has ended, or this page was left open from an earlier run. Start it again and open the address that it prints.', 0);
  }
  if (response.ok) {
    sameView(response.headers.get('Prowtrace-View'));
    return response;
  }
  const body = await response.json().catch(() => null);
  throw new Failure(body?.error?.what ?? `The server answered ${response.status}`, body?.error?.next ?? '', response.status);
}

/** @type {string | null} */
let view = null;

/**
 * Loads the page again when the server shows another view of the traces, as it does when
 * logs have come: numbers of lines of one mean nothing in the other. The address keeps
 * what is open.
 * @param {string | null} now
 */
function sameView(now) {
  if (view !== null && now !== view) window.location.reload();
  view = now;
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
