// The keys, and what can be asked in the find box.

import { h } from '../lib/dom.js';
import { live } from '../lib/source.js';
import { openDialog } from './dialog.js';

const KEYS = [
  ['Trace', [
    ['↑ ↓', 'the line before, the line after'], ['→ ←', 'open and close; into and out of a line'], ['Enter', 'details of the line'],
    ['Home End PgUp PgDn', 'far'], ['f  F', 'next and previous step of the findings; without findings, the first error that lasted'], ['p', 'fold and open the findings'], ['n  N', 'next and previous error that lasted'], ['x  X', 'next and previous error of all'], ['c', 'along the critical path'],
    ['[  ]', 'one level less, one level more'], ['{  }', 'close all, open all'],
  ]],
  ['Time', [
    ['w s', 'closer, farther (also Ctrl + wheel, pinch)'], ['a d', 'earlier, later (also Shift + wheel, drag)'], ['z', 'zoom to the line'],
    ['0', 'the whole trace'], ['Shift + drag', 'zoom to a piece'], ['t', 'time zone'],
  ]],
  ['Find', [
    ['/', 'into the find box'], ['Enter  Shift + Enter', 'next and previous match'], ['g  G', 'the same, from the lines'],
    ['m', 'highlight or filter'], ['Esc', 'close the details; empty the find box'],
  ]],
  ['Log', [
    ['l', 'into the log; Esc back'], ['L', 'the log beside the waterfall, or under it'], ['↑ ↓ PgUp PgDn Home End', 'from line to line; the trace shows its time'], ['n  N', 'next and previous line that matches'],
    ['Enter  Shift + Enter', 'at missing lines: read the first, or the last of them'], ['click, Shift + click', 'choose a line, or all up to it'],
  ]],
  ['Two runs', [
    ['↑ ↓ → ←', 'both timelines: from row to row, open and close'], ['z  0', 'only the phase; all phases'], ['Enter  Shift + Enter', 'the span in this run, in the other'],
    ['n  N', 'both logs: next and previous new lines'], ['x  X', 'lines only in the other'], ['Enter', 'folded lines; ← → move long lines'],
  ]],
  ['Everywhere', [['1 … 7', 'the views'], ['?', 'this help'], ['Backspace', 'up to the run']]],
];

const TERMS = [
  ['no such host', 'each of the words, in the name, service, attributes, events or status; also the id of a span or a trace'], ['"no such host"', 'the phrase'],
  ['error', 'the status is an error'], ['kind:client', 'internal, server, client, producer, consumer'],
  ['key=value', 'an attribute, or an element of an array; also name, service, scope, id, status, message'], ['key!=value', 'any other value, or none'], ['"odd key"=value', 'an attribute whose key has spaces or signs in it'], ['key~regex', 'a regular expression (RE2)'],
  ['code>=500', 'an attribute by its number'], ['dur>5s', 'the duration, such as 1.5ms, 2m30s, 1d12h or 2w; self>5s the self time'], ['name:part', 'a part of the name; so service:, scope:, peer: (what is called) and link: (a service that is linked to)'],
  ['after:12:03', 'starts then or later, in the chosen zone; before:12:05:30.5; also 14:03+02:00, 2025-03-13T12:03Z, or +5m from the start of the trace'], ['has:key', 'has an attribute'], ['flag:unfinished', 'orphan, conflict, unfinished, negative, outside-parent, inferred…'], ['-term', 'not so'], ['a b OR c', 'both of these, or that one'], ['(a OR b) -(c d)', 'parentheses make one term of several'],
];

/** What is answered in a page in a file. */
const SAVED_TERMS = [
  ['no such host', 'each of the words, in the name, the service or the text of the line; also the id of a span'], ['"no such host"', 'the phrase'], ['error  status:ok', 'the status'],
  ['kind:client', 'internal, server, client, producer, consumer'], ['name:part', 'a part of it; so service:'], ['dur>5s', 'the duration, such as 1.5ms or 2m30s; self>5s the self time'], ['-term', 'not so'],
];

const SAVED_LOG_TERMS = [['no such host  "a phrase"', 'in the line, in any case'], ['sev:warning', 'of that severity or worse: debug, info, warning, error, fatal']];

const LOG_TERMS = [
  ['no such host  "a phrase"', 'in the line, in any case'], ['~regex  ~"a b"', 'a regular expression (RE2) of the line'], ['sev:warning', 'of that severity or worse: debug, info, warning, error, fatal'],
  ['after:12:03  before:+5m', 'written then or later, or before: times as above'], ['-term  OR  ( )', 'as above'],
];

/** Opens the help; Esc closes it. */
export function showHelp() {
  const list = (/** @type {string[][]} */ rows) =>
    h('dl', { class: 'keys' }, ...rows.flatMap(([key, what]) => [h('dt', {}, h('kbd', {}, key)), h('dd', {}, what)]));
  openDialog('Keys and searches',
    h('div', { class: 'help-columns' },
      h('div', {}, ...KEYS.flatMap(([title, rows]) => [h('h3', {}, /** @type {string} */ (title)), list(/** @type {string[][]} */ (rows))])),
      h('div', {}, h('h3', {}, 'In the find box: terms with spaces between; one span matches all'), list(live ? TERMS : SAVED_TERMS),
        h('h3', {}, 'In the find box of the log: one line matches all'), list(live ? LOG_TERMS : SAVED_LOG_TERMS),
        h('h3', {}, 'What the lines show'),
        h('ul', { class: 'legend' },
          h('li', {}, h('span', { class: 'mark-error' }, '✕'), ' the span itself has an error; ', h('span', { class: 'mark-error good' }, '✕'), ' recovered: the same operation on the same target succeeded later, under the same parent'),
          h('li', {}, 'an error lasted if it was not recovered and none under it lasted; a closed line has the message of the first error under it'),
          h('li', {}, h('span', { class: 'mark-below' }, '3 below'), ' errors under it'),
          h('li', {}, 'solid: self time; pale: a child was running; the thin line under a bar: the critical path'),
          h('li', {}, 'a bar that fades: the span has no end, its process was killed'),
          h('li', {}, 'a dashed bar: a parent that is in no file'),
          h('li', {}, '12 × name: similar calls in a row, folded into one line'),
          h('li', {}, '≈: the parent was found by time, not reported'),
          h('li', {}, 'small strokes in a bar: events')))));
}
