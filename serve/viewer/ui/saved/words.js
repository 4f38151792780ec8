// The terms of a search in a page in a file, where they are plain ones. Pure.

const TERM = /-?(?:[^\s"=~:<>!()]*(?::=|>=|<=|[:=<>]))?"(?:\\.|[^"\\])*"|\S+/gsu;

/**
 * The terms of a search as they are written.
 * @param {string} q
 * @returns {string[]}
 */
export function termsOf(q) {
  return q.match(TERM) ?? [];
}

/**
 * A value without its quotes.
 * @param {string} value
 */
export function unquoted(value) {
  if (!/^".*"$/su.test(value)) return value;
  try {
    return /** @type {string} */ (JSON.parse(value));
  } catch {
    return value.slice(1, -1);
  }
}

/**
 * The words and phrases of a search in lower case; null where it has other terms.
 * @param {string} q
 * @returns {string[] | null}
 */
export function wordsOf(q) {
  const terms = termsOf(q);
  return terms.every((t) => t.startsWith('"') || !/^-|^OR$|[()=~<>]|:./u.test(t)) ? terms.map((t) => unquoted(t).toLowerCase()) : null;
}
