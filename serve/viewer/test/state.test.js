// Tests of the stores, with a server and a history that are made up.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { firstFinding, showStop, take, walkFindings } from '../ui/state/findings.js';
import { Loader, settled } from '../ui/state/loader.js';
import { firstError, step, walk, walkIn, walkOut, zoomBy } from '../ui/state/moves.js';
import { wholeSpanJSON } from '../ui/state/spanjson.js';
import { Store } from '../ui/state/store.js';
import { family, firstScreenOf, opened, serving, tick } from './page.js';

test('a store tells of changes, and once of several', () => {
  const store = new Store({ a: 1, b: 1 });
  const told = [];
  store.subscribe((s) => told.push(s));
  const before = store.state;
  store.set({ a: 2 });
  store.batch(() => {
    store.set({ a: 3 });
    store.batch(() => store.set({ b: 3 }));
    assert.deepEqual(store.state, { a: 3, b: 3 }, 'a change is seen at once');
  });
  store.batch(() => {});
  assert.deepEqual(told, [{ a: 2, b: 1 }, { a: 3, b: 3 }]);
  assert.deepEqual(before, { a: 1, b: 1 }, 'a state is a value');
  assert.throws(() => store.batch(() => {
    store.set({ a: 4 });
    throw new Error('odd');
  }));
  store.set({ b: 4 });
  assert.deepEqual(told.at(-1), { a: 4, b: 4 }, 'a store works on after an error');
});

test('a loader keeps to what was asked for last', async () => {
  const answers = [];
  const waiting = new Map();
  const ended = new AbortController();
  const loader = new Loader((key, signal) => new Promise((resolve, reject) => {
    waiting.set(key, { resolve, reject });
    signal.addEventListener('abort', () => reject(signal.reason));
  }), (a) => answers.push(a), ended.signal);
  void loader.ask('a');
  void loader.ask('a');
  void loader.ask('b');
  waiting.get('a').resolve('late');
  await tick();
  assert.ok(!settled(answers.at(-1)));
  waiting.get('b').resolve('B');
  await tick();
  assert.deepEqual(answers.at(-1), { key: 'b', of: 'b', value: 'B', late: false });
  assert.equal(answers.length, 3, 'a and b were asked for once');
  void loader.ask('c');
  assert.deepEqual(answers.at(-1), { key: 'c', of: 'b', value: 'B', late: false }, 'the answer before stays');
  await new Promise((done) => setTimeout(done, 350));
  assert.equal(answers.at(-1).late, true);
  waiting.get('c').reject(new Error('no'));
  await tick();
  assert.equal(answers.at(-1).error.message, 'no');
  assert.ok(settled(answers.at(-1)));
  loader.put('d', 'D');
  assert.equal(answers.at(-1).value, 'D');
  void loader.ask('e');
  const told = answers.length;
  ended.abort();
  waiting.get('e').resolve('E');
  await tick();
  assert.equal(answers.length, told, 'nothing is told after the end');
});

/** A page of a span with attributes. */
function page(attributes, more) {
  return { resourceSpans: [{ resource: {}, scopeSpans: [{ scope: {}, spans: [{ name: 'x', attributes }] }] }], ...more };
}

/** What the server answers, by the end of the path. */
const ANSWERS = {
  'critical?offset=0': { segments: [0, 90, 100, 2, 10, 30], total: 3 },
  'critical?offset=2': { segments: [0, 0, 10], total: 3 },
  'spans/0005/otlp': page([1, 2], { next: 2, left: 1 }),
  'spans/0005/otlp?offset=2': page([3], {}),
  'find?q=b': new Uint32Array([2, 5]),
  'spans/2': { id: '0002', line: 2 },
  'spans/0005': { id: '0005', line: 5 },
};
serving(ANSWERS);

test('lines open and close, and the address says so', () => {
  const { store, went, lines, navigation } = opened({});
  assert.equal(lines(), '0,1,2,3');
  store.toggle(3, 'push');
  assert.equal(lines(), '0,1,2,3,4,5');
  store.toggle(1, 'soon');
  assert.equal(lines(), '0,1,3,4,5');
  assert.deepEqual(went, [['push', { open: '3' }], ['soon', { closed: '1' }]]);
  store.set({ focus: { line: 5 } });
  store.setLevel('1');
  assert.equal(lines(), '0,1,3');
  assert.equal(store.state.focus.line, 3, 'what the active line is under stands for it');
  store.follow({ ...navigation.address, level: '', open: '3', closed: '' });
  assert.equal(lines(), '0,1,2,3,4,5', 'back');
  walk(store, 99);
  assert.equal(store.state.focus.line, 5);
  walkOut(store);
  assert.equal(store.state.focus.line, 3);
  walkOut(store);
  assert.equal(lines(), '0,1,2,3');
  walkIn(store);
  walkIn(store);
  assert.equal(store.state.focus.line, 4);
});

test('a search marks and filters', async () => {
  const { store, lines, went, said } = opened({ q: 'b', mode: 'filter' });
  assert.equal(lines(), '', 'nothing is shown before the server has answered');
  await tick();
  assert.equal(lines(), '0,1,2,3,5');
  assert.deepEqual([...store.state.marked], [0, 0, 1, 0, 0, 1]);
  store.setMode('highlight');
  assert.equal(lines(), '0,1,2,3');
  store.setMode('filter');
  step(store, 'matches', 1);
  assert.deepEqual([store.state.focus.line, said.at(-1)], [2, '1 of 2']);
  step(store, 'matches', -1);
  assert.deepEqual([store.state.focus.line, said.at(-1)], [5, '2 of 2']);
  store.goTo(4);
  assert.equal(lines(), '0,1,2,3,4,5', 'what is gone to is shown in spite of the filter');
  assert.ok(went.some(([how, change]) => how === 'replace' && change.mode === 'highlight'));
  store.search('(', 'push');
  await tick();
  assert.match(store.state.matches.error.message, /^nothing at/);
  assert.equal(store.state.marked, null);
  store.addTerm('k=v');
  assert.equal(store.state.address.q, '() k=v');
});

test('a first screen is completed: its lines stay, and what the address asks for is done then', async () => {
  const { store, navigation, went, lines } = opened({ from: 10, to: 60, q: 'b' }, firstScreenOf(family(), [0, 1]));
  assert.equal(lines(), '0,1');
  assert.deepEqual([store.state.rows, store.state.window], [4, { from: 10, to: 60 }]);
  store.follow({ ...navigation.address, closed: '1' });
  await tick();
  assert.deepEqual([lines(), store.state.matches.key], ['0,1', null], 'nothing is asked before');
  store.complete(family());
  assert.equal(lines(), '0,1,3');
  assert.deepEqual([store.state.rows, store.state.window], [3, { from: 10, to: 60 }]);
  await tick();
  assert.deepEqual([...store.state.marked], [0, 0, 1, 0, 0, 1]);
  assert.deepEqual(store.state.errors.all, [2, 5]);
  assert.deepEqual(went, []);
});

test('details are of the span in the address, which gets its id', async () => {
  const { store, navigation, went, lines } = opened({ span: '0005' });
  assert.deepEqual(store.state.detail, { ref: '0005', line: -1 });
  await tick();
  assert.equal(store.state.detail.line, 5);
  assert.equal(lines(), '0,1,2,3,4,5', 'it is revealed');
  went.length = 0;
  store.select(2, false, 'replace');
  assert.deepEqual(went, [['replace', { span: '@2' }]]);
  await tick();
  assert.equal(navigation.address.span, '0002', 'an id is good for other layouts, too');
  assert.deepEqual([store.state.detail.ref, store.state.span.value.id], ['@2', '0002']);
  store.select(3, false, 'replace');
  await tick();
  assert.equal(navigation.address.span, '@3', 'a fold has no id');
  store.closeDetail();
  assert.equal(store.state.detail, null);
  store.select(2, false, 'replace');
  assert.equal(store.state.detail, null, 'walking opens no details');
  firstError(store);
  assert.equal(store.state.focus.line, store.state.errors.start);
  await tick();
  step(store, 'critical', 1);
  assert.equal(store.state.focus.line, 0);
});

test('the window is finer than its address', () => {
  const { store, navigation, went } = opened({ from: 10, to: 60 });
  assert.deepEqual(store.state.window, { from: 10, to: 60 });
  store.setWindow({ from: 10.25, to: 60.25 }, 'soon');
  assert.deepEqual(store.state.window, { from: 10.25, to: 60.25 });
  assert.deepEqual(went, [['soon', {}]]);
  zoomBy(store, 100, -1);
  assert.deepEqual([navigation.address.from, navigation.address.to], [null, null]);
  store.follow({ ...navigation.address, from: 5, to: 15 });
  assert.deepEqual(store.state.window, { from: 5, to: 15 });
});

test('a long critical path and a span of many parts come in pages', async () => {
  const { store } = opened({ span: '0005' });
  await tick();
  await tick();
  assert.deepEqual([...store.state.critical].sort(), [[0, [0, 10, 90, 100]], [2, [10, 30]]]);
  assert.deepEqual(JSON.parse(await wholeSpanJSON(store)), page([1, 2, 3], {}));
});

/** A judgement of the family: a span of b, a line of a log in y, and a further finding in a. */
const judgement = {
  version: 1, final: true, compared: 0, toCompare: 0,
  summary: { run: { baseline: [] }, time: [], findings: [
    { chain: [{ text: 'b', time: '2025-01-02T03:04:05.00000002Z' }, { text: 'y', time: '2025-01-02T03:04:05.00000009Z' }], evidence: [{}] }, { title: 'a', chain: [], evidence: [{}] },
  ] },
  places: [{ chain: [{ line: 2 }, { line: 5, log: 'l', at: 7 }], evidence: [{ line: 2 }] }, { chain: [], evidence: [{ line: 1 }] }],
};

test('a walk through the findings shows spans and lines of logs', () => {
  const { store, navigation, said, lines } = opened({});
  take(store, judgement);
  assert.equal(store.state.focus.line, 2, 'the first finding is on the screen');
  walkFindings(store, 1);
  assert.deepEqual([store.state.step.at, store.state.focus.line, store.state.mark, navigation.address.log], [0, 2, 20, '']);
  walkFindings(store, 1);
  assert.deepEqual([store.state.step.at, store.state.focus.line, store.state.mark, navigation.address.log], [1, 5, 90, 'l:7']);
  assert.equal(lines(), '0,1,2,3,4,5', 'what a step is under is open');
  walkFindings(store, 1);
  assert.deepEqual([store.state.step.at, store.state.focus.line], [2, 1]);
  walkFindings(store, 1);
  walkFindings(store, -1);
  assert.equal(store.state.step.at, 2, 'it goes around the end');
  firstFinding(store);
  assert.deepEqual(said, ['1 of 3', '2 of 3', '3 of 3', '1 of 3', '3 of 3', '1 of 3']);
  store.pointAt(90, 5, 'l:7', 'push');
  assert.equal(store.state.step.at, 1, 'a line of a log is its step');
  store.select(3, false, 'replace');
  assert.equal(store.state.step.at, -1);
  store.openView('events');
  showStop(store, 0);
  assert.deepEqual([navigation.address.view, store.state.step.at], ['', 0]);
});

test('the first error is the first finding, but where nobody judges', () => {
  const { store, said } = opened({});
  firstFinding(store);
  assert.equal(store.state.focus.line, 2, 'nobody judges');
  const { store: waiting, said: told } = opened({});
  waiting.state.model.head.judged = true;
  firstFinding(waiting);
  take(waiting, { ...judgement, final: false, summary: { ...judgement.summary, findings: [] } });
  firstFinding(waiting);
  assert.deepEqual([waiting.state.focus.line, told], [0, ['The run is being judged', 'Nothing was found']]);
  take(waiting, { ...judgement, summary: undefined, failed: 'odd' });
  firstFinding(waiting);
  assert.equal(waiting.state.focus.line, 2, 'it could not be judged');
  assert.deepEqual(said, []);
});

test('a judgement does not move who has looked for something', () => {
  const { store } = opened({});
  store.set({ focus: { line: 3 } });
  take(store, judgement);
  assert.equal(store.state.focus.line, 3);
});
