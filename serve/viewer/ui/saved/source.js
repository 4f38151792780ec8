// Where a page in a file has its answers from: they are in it, word for word as the server
// gives them; what is asked in many ways is worked out of them. It stands in the place of
// lib/source.js.

import { linesAt, linesFound, linesOfTime } from './loglines.js';
import { unpack } from './pack.js';
import { linesMatching } from './spanfind.js';
import { eventsOf, tracesOf } from './lists.js';

/** @typedef {import('../types').LineText} LineText */

/**
 * The answers that are held, decoded when they are first asked for.
 * @typedef {object} Held
 * @property {(path: string) => any} json undefined where it is not there
 * @property {(path: string) => Uint8Array<ArrayBuffer> | undefined} bytes
 */

export const live = false;

/**
 * @param {string} _path
 * @returns {string | undefined}
 */
export function download(_path) {
  return undefined;
}

/** @type {Held | null} */
let held = null;

const coming = unpack(document.getElementById('answers')?.textContent ?? '').then((answers) => {
  const decoded = new Map();
  held = {
    bytes: (path) => answers.get(path),
    json(path) {
      const bytes = answers.get(path);
      if (bytes && !decoded.has(path)) decoded.set(path, JSON.parse(new TextDecoder().decode(bytes)));
      return decoded.get(path);
    },
  };
  document.getElementById('answers')?.remove();
  return held;
});

/**
 * @param {string} path
 * @param {AbortSignal} [signal]
 * @returns {Promise<Response>}
 */
export async function answer(path, signal) {
  const all = await coming;
  signal?.throwIfAborted();
  return respond(all, path);
}

/**
 * @param {string} path
 * @returns {string}
 */
export function answerNow(path) {
  if (!held) return '{}';
  const [of, p] = split(path);
  return JSON.stringify(answerTo(held, of, p) ?? {});
}

/** @param {string} path */
function split(path) {
  const at = path.indexOf('?');
  return /** @type {const} */ ([decodeURIComponent(at < 0 ? path : path.slice(0, at)), new URLSearchParams(at < 0 ? '' : path.slice(at))]);
}

/** What is asked for where it is not there. */
const MISSING = /** @type {[RegExp, string][]} */ ([
  [/^traces\/[^/]+\/find$/, 'This search is not answered in a file: it finds words in names, and name:, service:, status:, kind:, dur> and id:'],
  [/\/log\/find$/, 'This search is not answered in a file: it finds words, "phrases" and sev:'],
  [/\/events$/, 'Events are not searched in a file'],
  [/^traces$/, 'Traces are found by their names and services in a file'],
  [/\/spans\//, 'The details of this span are not in this file'],
  [/^traces\/[^/]+$/, 'This trace is not in this file'],
]);

/**
 * @param {Held} all
 * @param {string} path
 */
function respond(all, path) {
  const [of, p] = split(path);
  const found = answerTo(all, of, p);
  if (found instanceof Uint8Array) return new Response(/** @type {Uint8Array<ArrayBuffer>} */ (found));
  if (found !== undefined) return Response.json(found);
  const open = all.json('run')?.saved?.open;
  const what = MISSING.find(([form]) => form.test(of))?.[1] ?? 'This is not in this file';
  return Response.json({ error: { what, next: open ? `The run itself has all: ${open}` : 'Ask for it where this file comes from.' } }, { status: 404 });
}

/** What is worked out: of a trace, by the end of its path. @type {Record<string, (held: Held, trace: string, p: URLSearchParams) => unknown>} */
const WORKED_OUT = {
  '/lines': (all, trace, p) => pick(all.json(`${trace}/lines`)?.lines, p.get('at') ?? ''),
  '/find': (all, trace, p) => all.bytes(`${trace}/find/${p.get('q')}`) ?? linesMatching(all, trace, p.get('q') ?? ''),
  '/events': (all, trace, p) => eventsOf(all.json(`${trace}/events`), p),
  '/compare': (all, trace, p) => all.json(`${trace}/compare/${p.get('with')}`),
  '/diff': (all, trace, p) => all.json(`${trace}/diff/${p.get('with')}`),
  '/operations': (all, trace, p) => (p.get('by') ? undefined : all.json(`${trace}/operations`)),
  '/log': (all, trace, p) => all.json(`${trace}/log/${p.get('log')}`),
  '/log/lines': (all, trace, p) => linesAt(all.json(`${trace}/log/lines/${p.get('log')}`), p),
  '/log/line': (all, trace, p) => linesAt(all.json(`${trace}/log/lines/${p.get('log')}`), p)?.lines[0],
  '/log/at': (all, trace, p) => linesOfTime(all.json(`${trace}/log/lines/${p.get('log')}`), p),
  '/log/find': (all, trace, p) => linesFound(all.json(`${trace}/log/lines/${p.get('log')}`), p),
};

/**
 * @param {Held} all
 * @param {string} of
 * @param {URLSearchParams} p
 * @returns {unknown} undefined where it is not there
 */
function answerTo(all, of, p) {
  const [, trace = '', end = ''] = /^(traces\/[^/]+)(\/.*)$/.exec(of) ?? [];
  const work = WORKED_OUT[end];
  if (work) return work(all, trace, p);
  if (end.startsWith('/spans/')) return all.json(`${trace}/spans/${spanLine(all, trace, end.slice('/spans/'.length))}`);
  if (of === 'traces') return tracesOf(all.json('traces'), p);
  if (of === 'operations' && p.get('by') || Number(p.get('offset')) > 0) return undefined;
  return end === '/columns' || end === '/issue' ? all.bytes(of) : all.json(of);
}

/**
 * The line of a span, which is named by its id or its line.
 * @param {Held} all
 * @param {string} trace
 * @param {string} ref
 */
function spanLine(all, trace, ref) {
  if (!/^[\da-f]{16}$/i.test(ref)) return ref;
  return all.json(`${trace}/lines`)?.lines.find((/** @type {LineText} */ t) => t.id === ref.toLowerCase() && !t.only)?.line;
}

/**
 * Some of a list, by numbers such as 0-40,77.
 * @param {LineText[] | undefined} lines
 * @param {string} at
 */
function pick(lines, at) {
  return lines && { lines: at.split(',').flatMap((part) => {
    const [from = 0, to = from] = part.split('-').map(Number);
    return lines.slice(from, to + 1);
  }) };
}
