// Lists of a page in a file: they are there as a whole, and are cut here. Pure.

import { wordsOf } from './words.js';

/** @typedef {import('../types').LoggedEvent} LoggedEvent */
/** @typedef {import('../types').Summary} Summary */

/**
 * @param {{ events: LoggedEvent[], left: number } | undefined} held
 * @param {URLSearchParams} p
 */
export function eventsOf(held, p) {
  if (!held || p.get('q')) return undefined;
  const offset = Number(p.get('offset'));
  return { events: held.events.slice(offset, offset + Number(p.get('limit') ?? 500)), offset, total: held.events.length, left: held.left };
}

/** @type {Record<string, (a: Summary, b: Summary) => number>} */
const ORDERS = {
  newest: (a, b) => Number(BigInt(b.start) - BigInt(a.start)), oldest: (a, b) => Number(BigInt(a.start) - BigInt(b.start)),
  longest: (a, b) => b.duration - a.duration, shortest: (a, b) => a.duration - b.duration,
  spans: (a, b) => b.spans - a.spans, errors: (a, b) => b.errors - a.errors,
};

/**
 * @param {{ traces: Summary[] } | undefined} held
 * @param {URLSearchParams} p
 */
export function tracesOf(held, p) {
  const words = wordsOf(p.get('q') ?? '');
  const order = ORDERS[p.get('order') ?? 'newest'];
  if (!held || !words || !order) return undefined;
  const meets = (/** @type {Summary} */ t) => words.every((w) => (w === 'error' ? t.errors > 0 : `${t.name} ${t.service} ${t.hint ?? ''}`.toLowerCase().includes(w)));
  const found = held.traces.filter(meets).sort(order);
  const offset = Number(p.get('offset'));
  return { traces: found.slice(offset, offset + Number(p.get('limit') ?? 500)), offset, total: found.length };
}
