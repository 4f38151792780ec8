// The address holds what the page shows. Pure.

/** @typedef {import('../types').Address} Address */

/** @type {Address} */
export const DEFAULTS = { trace: '', view: '', q: '', mode: 'highlight', span: '', from: null, to: null, zone: 'UTC', level: '', open: '', closed: '', by: '', frame: null, compare: '', critical: '', order: '', offset: 0 };

/**
 * @param {string} path
 * @param {string} search
 * @returns {Address}
 */
export function parse(path, search) {
  const p = new URLSearchParams(search);
  const match = /^\/trace\/([^/]+)/.exec(path);
  return {
    trace: match ? decode(match[1] ?? '') : '',
    view: p.get('view') ?? '',
    q: p.get('q') ?? '',
    mode: p.get('mode') === 'filter' ? 'filter' : 'highlight',
    span: p.get('span') ?? p.get('uiFind') ?? '', // Jaeger's links say uiFind
    from: number(p.get('from')),
    to: number(p.get('to')),
    zone: p.get('zone') === 'local' ? 'local' : 'UTC',
    level: like(/^(all|\d{1,9})$/, p.get('level')),
    open: like(LINES, p.get('open')),
    closed: like(LINES, p.get('closed')),
    by: p.get('by') ?? '',
    frame: number(p.get('frame')),
    compare: p.get('compare') ?? '',
    critical: p.get('critical') === 'off' ? 'off' : '',
    order: p.get('order') ?? '',
    offset: number(p.get('offset')) ?? 0,
  };
}

/**
 * An address as text; defaults are left out.
 * @param {Address} s
 */
export function format(s) {
  const p = new URLSearchParams();
  for (const key of /** @type {const} */ (['view', 'q', 'mode', 'span', 'from', 'to', 'zone', 'level', 'open', 'closed', 'by', 'frame', 'compare', 'critical', 'order', 'offset'])) {
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
