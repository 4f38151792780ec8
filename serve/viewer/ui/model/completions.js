// What a query can go on with: words of the grammar, and the names, services,
// attributes and values that there are. Pure.

import { quoted, searchable } from './query.js';

/** @typedef {import('../types').AttributeKey} AttributeKey */
/** @typedef {{ names: string[], services: string[], keys: AttributeKey[] }} Vocabulary */

const WORDS = ['error', 'kind:client', 'kind:server', 'kind:internal', 'dur>1s', 'self>1s', 'flag:unfinished', 'flag:orphan', 'has:', 'after:', 'before:'];
const OFFERED = 30;

/**
 * Queries that go on from a text.
 * @param {string} text
 * @param {Vocabulary} v
 * @returns {string[]}
 */
export function completions(text, v) {
  const [, before = '', last = ''] = /^(.*\s|)(\S*)$/su.exec(text) ?? [];
  if ((before.match(/"/g)?.length ?? 0) % 2 === 1) return []; // within a quote
  const [not = ''] = /^[-(]*/.exec(last) ?? [];
  const term = last.slice(not.length);
  const asked = /^([^=!~<>:"]+)(!?=)"?(.*)$/u.exec(term);
  /** @type {string[]} */
  let all;
  if (asked) {
    const [, key = '', op = '', part = ''] = asked;
    const values = key === 'name' ? v.names : key === 'service' ? v.services : (v.keys.find((k) => k.key === key)?.values ?? []);
    all = values.filter((x) => x.toLowerCase().includes(part.toLowerCase())).map((x) => key + op + quoted(x));
  } else {
    const part = term.toLowerCase();
    if (part === '') return [];
    const known = [...WORDS, 'name=', 'service=', ...v.keys.filter((k) => searchable(k.key)).map((k) => k.key + '=')];
    // What begins so stands before what has it somewhere.
    all = [...known.filter((w) => w.toLowerCase().startsWith(part)), ...known.filter((w) => w.toLowerCase().indexOf(part) > 0)];
  }
  return all.slice(0, OFFERED).map((t) => before + not + t).filter((t) => t !== text);
}
