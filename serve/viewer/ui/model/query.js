// The text of the find box. The server reads it; this writes it. Pure.

/**
 * A value as it is written behind an operator.
 * @param {string} value
 */
export function quoted(value) {
  if (value !== '' && !/[\s"\\()\p{C}]/u.test(value)) return value;
  // JSON's escapes are also the server's, but for the way surrogates are written.
  return JSON.stringify(value).replace(/\\u(d[89ab][0-9a-f]{2})/gi, '\ufffd');
}

/**
 * A term for a key and a value.
 * @param {string} key
 * @param {string} op
 * @param {string} value
 */
export function term(key, op, value) {
  return key + op + quoted(value);
}

/**
 * Adds a term to a query, once: to all of it, where it is one thing or another.
 * @param {string} query
 * @param {string} added
 */
export function withTerm(query, added) {
  const q = query.trim();
  if (q === '') return added;
  if (` ${q} `.includes(` ${added} `)) return q;
  return hasAlternatives(q) ? `(${q}) ${added}` : `${q} ${added}`;
}

/**
 * Whether there is an OR outside of parentheses.
 * @param {string} query
 */
function hasAlternatives(query) {
  if (query.length > 4096) return false; // the server takes no more
  let rest = query.replace(/"(\\.|[^"\\])*"/gsu, '""');
  for (let before = ''; before !== rest; ) {
    before = rest;
    rest = rest.replace(/\([^()]*\)/gu, ' _ ');
  }
  return /(^|\s)OR(\s|\(|$)/u.test(rest);
}

/**
 * Whether a key can stand before an operator.
 * @param {string} key
 */
export function searchable(key) {
  return key !== '' && !/[\s=~:<>!"]/.test(key) && !key.startsWith('-') && !key.endsWith('…');
}
