// The address holds what the page shows. Pure.

import { UTC, withZone } from '../model/times.js';

/** @typedef {import('../types').Address} Address */

/** @type {Address} */
export const DEFAULTS = { trace: '', view: '', q: '', mode: 'highlight', span: '', from: null, to: null, zone: 'UTC', level: '', open: '', closed: '', by: '', frame: null, compare: '', critical: '', log: '', olog: '', lq: '', lmode: 'highlight', order: '', offset: 0 };

/**
 * @param {string} path
 * @param {string} search
 * @param {string} [hash] in links like Prow's: lines of a log
 * @returns {Address}
 */
export function parse(path, search, hash = '') {
  const p = new URLSearchParams(search);
  const match = /^\/trace\/([^/]+)/.exec(path);
  const jaeger = p.get('uiFind') ?? ''; // in Jaeger's links: the id of a span, or any text
  const isSpan = /^[\da-f]{16}$/i.test(jaeger);
  return inZone({
    trace: match ? decode(match[1] ?? '') : '',
    view: p.get('view') ?? '',
    q: p.get('q') ?? (isSpan ? '' : jaeger),
    mode: p.get('mode') === 'filter' ? 'filter' : 'highlight',
    span: p.get('span') ?? (isSpan ? jaeger.toLowerCase() : ''),
    from: number(p.get('from')),
    to: number(p.get('to')),
    level: like(/^(all|\d{1,9})$/, p.get('level')),
    open: like(LINES, p.get('open')),
    closed: like(LINES, p.get('closed')),
    by: p.get('by') ?? '',
    frame: number(p.get('frame')),
    compare: p.get('compare') ?? '',
    critical: p.get('critical') === 'off' ? 'off' : '',
    log: p.get('log') ?? inFragment(hash),
    olog: p.get('olog') ?? '',
    lq: p.get('lq') ?? '',
    lmode: p.get('lmode') === 'filter' ? 'filter' : 'highlight',
    order: p.get('order') ?? '',
    offset: number(p.get('offset')) ?? 0,
  }, p.get('zone') ?? '');
}

/**
 * An address whose times are shown in a zone. A time in the query that names no zone
 * is in UTC: where another is shown, the query says so.
 * @param {Omit<Address, 'zone'>} s
 * @param {string} zone
 * @returns {Address}
 */
export function inZone(s, zone) {
  return zone === 'local' ? { ...s, zone, q: withZone(s.q, UTC), lq: withZone(s.lq, UTC) } : { ...s, zone: 'UTC' };
}

/**
 * An address as text; defaults are left out.
 * @param {Address} s
 */
export function format(s) {
  const p = new URLSearchParams();
  for (const key of /** @type {const} */ (['view', 'q', 'mode', 'span', 'from', 'to', 'zone', 'level', 'open', 'closed', 'by', 'frame', 'compare', 'critical', 'log', 'olog', 'lq', 'lmode', 'order', 'offset'])) {
    const value = s[key];
    if (value !== DEFAULTS[key] && value !== null) p.set(key, String(value));
  }
  const query = p.toString();
  return (s.trace ? `/trace/${encodeURIComponent(s.trace)}` : '/') + (query ? '?' + query : '');
}

/**
 * The address of another page: what belongs to the visitor stays, what belongs
 * to this page does not.
 * @param {Address} s
 * @param {Partial<Address>} to
 * @returns {Address}
 */
export function other(s, to) {
  return { ...DEFAULTS, zone: s.zone, ...to };
}

/**
 * The lines that a fragment asks for as Prow's page writes it: #1:build-log.txt%3A10-20.
 * @param {string} hash
 */
function inFragment(hash) {
  return /^#(?:\d+:)?(.+:\d+(?:-\d+)?)$/.exec(decode(hash))?.[1] ?? '';
}

const LINES = /^[\d.-]{1,4000}$/;

/**
 * @param {RegExp} form
 * @param {string | null} s
 */
function like(form, s) {
  return s !== null && form.test(s) ? s : '';
}

/** @param {string | null} s */
function number(s) {
  if (s === null || s === '') return null;
  const n = Number(s);
  return Number.isFinite(n) && n >= 0 ? n : null;
}

/** @param {string} s */
function decode(s) {
  try {
    return decodeURIComponent(s);
  } catch {
    return s;
  }
}
