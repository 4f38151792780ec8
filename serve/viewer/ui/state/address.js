// The address holds the whole state of the page. Pure.

/** @typedef {import('../types').State} State */

/** @type {State} */
export const DEFAULTS = { trace: '', view: '', q: '', mode: 'highlight', span: '', from: null, to: null, zone: 'UTC', level: '', open: '', closed: '', by: '', frame: null, compare: '', critical: '', order: '', offset: 0 };

/**
 * @param {string} path
 * @param {string} search
 * @returns {State}
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
 * The address of a state; defaults are left out.
 * @param {State} s
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
 * The state of another page: what belongs to the visitor stays, what belongs
 * to this page does not.
 * @param {State} s
 * @param {Partial<State>} to
 * @returns {State}
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
