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
 * A query that also asks for a term. A term that it asks for already is not
 * repeated; alternatives are put in parentheses, so that the term holds for each.
 * @param {string} query
 * @param {string} added
 */
export function withTerm(query, added) {
  const q = query.trim();
  if (q === '') return added;
  const { terms, open } = topTerms(q);
  const closed = q + ')'.repeat(open);
  if (terms.includes('OR')) return `(${closed}) ${added}`;
  return terms.includes(added) ? q : `${closed} ${added}`;
}

const OR = /^OR(?=\s|\(|$)/u;
const GROUP = /^-?\(/u;
const WORD = /^-?(?:[^\s"=~:<>!]*!?[=~:<>]+)?"(?:\\.|[^"\\])*"|^\S+/su;

/**
 * The terms of a query that are not within parentheses, groups as one term, and
 * how many parentheses are not closed.
 * @param {string} query
 */
function topTerms(query) {
  /** @type {string[]} */
  const terms = [];
  let open = 0;
  for (let rest = query.trim(); rest !== ''; ) {
    const group = GROUP.test(rest) ? groupAt(rest) : null;
    const [term = ''] = group ? [group.text] : (OR.exec(rest) ?? WORD.exec(rest) ?? [rest]);
    open = group ? group.open : 0;
    terms.push(term);
    rest = rest.slice(term.length).trimStart();
  }
  return { terms, open };
}

/**
 * The parentheses that a text begins with.
 * @param {string} text
 */
function groupAt(text) {
  let open = 0;
  for (const m of text.matchAll(/"(?:\\.|[^"\\])*"|[()]/gsu)) {
    if (m[0] === '(') open++;
    else if (m[0] === ')') open--;
    if (open === 0) return { text: text.slice(0, m.index + 1), open };
  }
  return { text, open };
}

/**
 * Whether a key can stand before an operator.
 * @param {string} key
 */
export function searchable(key) {
  return key !== '' && !/[\s=~:<>!"]/.test(key) && !key.startsWith('-') && !key.endsWith('…');
}
