// Tests of what the pane of a log holds, beside a trace.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { atRow } from '../ui/model/loglines.js';
import { settled } from '../ui/state/loader.js';
import { readGap, stepMatches, walkLines } from '../ui/state/logmoves.js';
import { LogStore } from '../ui/state/logstore.js';
import { opened, serving } from './page.js';

const START = 1735787045000000000n;

/** Lines of a log: each 10 ns after the one before, those of b from 20 on. */
function line(number, q) {
  const text = q ? [[`line ${number}`, 'found']] : [[`line ${number}`]];
  return { number, text, origin: 'read', time: String(START + BigInt(number * 10)), span: number >= 1 && number <= 3 ? 2 : 0 };
}

let gap = false; // lines 5 and 6 are missing, and those behind are 5 to 8
let fails = false;
const asked = [];

/** A log of ten lines, and one of a step that has two. */
function answer(path) {
  asked.push(path);
  const [what, query] = path.split('?');
  const p = new URLSearchParams(query);
  const log = p.get('log');
  const n = gap ? 8 : 10;
  const head = { name: log, lines: n, errors: 0, size: 100, gaps: gap ? [{ before: 5, place: 40, bytes: 20 }] : [], ...(gap ? { more: true, missing: 20 } : {}) };
  const numbers = (at) => at.split(',').flatMap((part) => {
    const [from, to = from] = part.split('-').map(Number);
    return Array.from({ length: to - from + 1 }, (_, i) => from + i);
  });
  switch (what) {
    case 'log': return head;
    case 'log/at': {
      if (log === 'e2e/a/log') return { first: 1, last: 2, count: p.get('from') === String(START) ? 2 : 0 };
      const [from, to] = ['from', 'to'].map((k) => Number(BigInt(p.get(k)) - START) / 10);
      const first = Math.max(Math.ceil(from), 1);
      const last = Math.min(Math.floor(to), n);
      return first <= last ? { first, last, count: last - first + 1 } : { first: Math.max(first - 1, 0), last: 0, count: 0 };
    }
    case 'log/lines': return { lines: numbers(p.get('at')).map((k) => line(k, p.get('q'))) };
    case 'log/line': return { ...line(Number(p.get('at')), p.get('q')), bytes: 7, place: 0 };
    case 'log/more':
      if (fails) return undefined;
      gap = false;
      return { ...head, lines: 10, gaps: [], more: undefined, missing: undefined };
    case 'log/find': {
      const q = p.get('q');
      if (q === '(') return undefined;
      const found = q === 'some' ? [3, 2, 3, 7, 7] : p.has('from') ? [2, 4, 5] : [n, 1, n];
      return Uint32Array.from(found);
    }
    default: return undefined;
  }
}

serving(answer);

/** Waits until a condition holds. */
async function until(holds) {
  for (let i = 0; i < 200 && !holds(); i++) await new Promise((done) => setTimeout(done, 5));
  assert.ok(holds(), String(holds));
}

/** A pane beside the family at an address. */
function pane(address, logs = ['build-log.txt']) {
  asked.length = 0;
  const page = opened(address);
  const log = new LogStore(page.store, logs.map((name) => ({ name, size: 100 })));
  log.follow(page.store.state);
  page.store.subscribe((s) => log.follow(s));
  return { ...page, log };
}

const rows = ({ log }) => Array.from({ length: log.state.rows.n }, (_, k) => atRow(log.state.rows, k)).map((r) => (r.gap ? 'gap' : r.line)).join();
const questions = (what) => asked.filter((path) => path.startsWith(what + '?')).map((path) => Object.fromEntries(new URLSearchParams(path.split('?')[1])));

test('a log opens at the span that broke, and follows what is chosen in the trace', async () => {
  const p = pane({});
  await until(() => p.log.state.bySpan === 2 && rows(p) === '1,2,3,4,5,6,7,8,9,10');
  assert.deepEqual([p.log.state.chosen, p.log.state.focus.how], [{ from: 1, to: 3 }, 'top']);
  assert.deepEqual(p.went, [], 'the address says nothing that the visitor did not');
  p.store.select(1, true, 'push');
  await until(() => p.log.state.bySpan === 1);
  assert.deepEqual(p.log.state.chosen, { from: 1, to: 3 });
  p.store.closeDetail();
  assert.deepEqual(p.log.state.chosen, { from: 1, to: 3 }, 'lines stay when the details are closed');
});

test('the lines of a step are in its own log', async () => {
  const p = pane({}, ['build-log.txt', 'e2e/n/log', 'e2e/a/log']);
  await until(() => p.log.state.bySpan === 2);
  assert.deepEqual(questions('log/at').map((q) => q.log), ['e2e/n/log'], 'the span is called n');
  assert.equal(p.log.state.name, 'e2e/n/log');
  assert.deepEqual(p.went, [['replace', { log: 'e2e/n/log' }]]);
});

test('lines of the address are shown, with their time and their span', async () => {
  const p = pane({ log: 'build-log.txt:2-3' });
  assert.deepEqual(p.log.state.chosen, { from: 2, to: 3 });
  await until(() => p.store.state.mark === 20);
  assert.equal(p.store.state.focus.line, 2);
  await until(() => p.log.state.whole.value?.number === 2);
  assert.deepEqual([p.log.state.bySpan, questions('log/at')], [-1, []]);
  p.store.follow({ ...p.navigation.address, log: 'build-log.txt:7' });
  assert.deepEqual(p.log.state.chosen, { from: 7, to: 7 }, 'back');
  p.store.follow({ ...p.navigation.address, log: 'build-log.txt' });
  assert.equal(p.log.state.chosen, null);
});

test('lines are chosen, and walked through', async () => {
  const p = pane({ log: 'build-log.txt:2' });
  await until(() => rows(p) !== '' && p.store.state.mark === 20);
  p.went.length = 0;
  p.log.choose(4, false, 'push');
  await until(() => p.store.state.mark === 40);
  assert.deepEqual(p.went[0], ['push', { log: 'build-log.txt:4' }]);
  p.log.choose(2, true, 'push');
  assert.deepEqual(p.log.state.chosen, { from: 2, to: 4 });
  p.log.choose(6, true, 'push');
  assert.deepEqual(p.log.state.chosen, { from: 2, to: 6 });
  walkLines(p.log, 1);
  assert.deepEqual(p.log.state.chosen, { from: 7, to: 7 });
  walkLines(p.log, Infinity);
  walkLines(p.log, 1);
  assert.deepEqual(p.log.state.chosen, { from: 10, to: 10 });
  walkLines(p.log, -Infinity);
  assert.equal(p.navigation.address.log, 'build-log.txt:1');
});

test('what is looked for is marked and gone through', async () => {
  const p = pane({ log: 'build-log.txt:5' });
  await until(() => rows(p) !== '');
  p.log.want([2]);
  await until(() => p.log.line(2));
  p.log.search('some', 'push');
  await until(() => settled(p.log.state.matches) && p.log.state.matches.value?.count === 3);
  assert.equal(p.log.line(2).text[0][1], undefined, 'what is known stays until the marks come');
  p.log.want([2]);
  await until(() => p.log.line(2).text[0][1] === 'found');
  await until(() => p.log.state.whole.value?.text[0][1] === 'found');
  for (const [by, at, said] of [[1, 7, '3 of 3'], [1, 2, '1 of 3'], [-1, 7, '3 of 3'], [-1, 3, '2 of 3']]) {
    stepMatches(p.log, by);
    assert.deepEqual([p.log.state.chosen.from, p.said.at(-1)], [at, said]);
  }
  p.store.change({ lmode: 'filter' }, 'replace');
  await until(() => settled(p.log.state.shown) && p.log.state.shown.value.count === 3);
  assert.equal(rows(p), '2,3,7');
  walkLines(p.log, 1);
  assert.equal(p.log.state.chosen.from, 7);
  p.log.search('(', 'push');
  await until(() => p.log.state.matches.error);
  p.log.want([2]);
  await until(() => p.log.line(2).text[0][1] === undefined);
  stepMatches(p.log, 1);
  assert.equal(p.said.at(-1), 'No match');
});

test('the lines on show are those of the time that the trace shows', async () => {
  const p = pane({ from: 40, to: 50, log: 'build-log.txt:4' });
  await until(() => rows(p) === '4,5');
  assert.ok(p.log.state.within);
  assert.deepEqual(questions('log/find'), [{ log: 'build-log.txt', from: String(START + 40n), to: String(START + 50n) }]);
  p.store.setWindow({ from: 0, to: 100 }, 'push');
  assert.equal(rows(p), '4,5', 'not while the window moves');
  await until(() => rows(p) === '1,2,3,4,5,6,7,8,9,10');
  assert.ok(!p.log.state.within);
});

test('what is missing comes to its place', async () => {
  gap = true;
  const p = pane({ log: 'build-log.txt:5' });
  await until(() => rows(p) === '1,2,3,4,gap,5,6,7,8' && p.log.state.whole.value?.number === 5);
  p.log.want([4, 5]);
  await until(() => p.log.line(4) && p.log.line(5));
  assert.equal(questions('log/lines').at(-1).missing, '20', 'numbers mean something beside their gaps');
  walkLines(p.log, -1);
  assert.deepEqual(p.log.state.focus, { line: 5, gap: true, how: 'near' });
  assert.deepEqual(p.log.state.chosen, { from: 5, to: 5 }, 'a gap is not chosen');
  fails = true;
  readGap(p.log, false);
  await until(() => p.said.at(-1)?.startsWith('nothing at') && !p.log.state.reading);
  assert.equal(rows(p), '1,2,3,4,gap,5,6,7,8');
  fails = false;
  const known = p.log.line(5);
  readGap(p.log, true);
  assert.equal(p.log.state.reading.place, 40);
  readGap(p.log, true);
  await until(() => rows(p) === '1,2,3,4,5,6,7,8,9,10');
  assert.deepEqual(questions('log/more').map(({ place, size, missing }) => [place, size, missing]), [['40', '20', '20'], ['40', '20', '20']], 'one question at a time');
  assert.deepEqual([p.log.state.chosen, p.navigation.address.log], [{ from: 7, to: 7 }, 'build-log.txt:7']);
  assert.deepEqual([p.log.line(7).text, p.log.line(7).number, p.log.line(5)], [known.text, 7, undefined]);
  assert.deepEqual(p.log.state.moved, { before: 5, by: 2 });
  await until(() => p.log.state.whole.value?.number === 7 && !p.log.state.reading);
  p.log.want([7]);
  await until(() => p.log.line(7).text[0][0] === 'line 7');
});
